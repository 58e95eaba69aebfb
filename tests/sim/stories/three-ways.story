# SPDX-License-Identifier: LGPL-2.1-or-later
story All three nodes are more than the budget apart: the cluster is split and nobody is blamed
poll all 10
at 60.3s step n1 -1500ms for 60s
at 60.3s step n3 +1500ms for 60s
from 61.4s to 120s cluster split
by 61.5s set none
by 61.5s reference none
by 63s reason no group of nodes holds a majority
never somebody beyond
by 130s cluster agreed
by 130s all ok
until 190s
alerts
  node-stepped n1,n3 raised 60.3s..60.5s cleared 185s..188s
  cluster-split raised 61.8s..63s cleared 123s..125s
  node-claim-contradicted n2,n3 raised 63.3s..65s cleared 130s..133s
