# SPDX-License-Identifier: LGPL-2.1-or-later
story All three nodes are more than the budget apart: the cluster is split and nobody is blamed
poll all 10
at 60s step n1 -1500ms for 60s
at 60s step n3 +1500ms for 60s
from 60.3s to 120s cluster split
by 61s set none
by 61s reference none
by 63s reason no group of nodes holds a majority
never somebody beyond
by 130s cluster agreed
by 130s all ok
until 190s
alerts
  node-stepped n1,n3 raised 60s..60.3s cleared 185s..187s
  cluster-split raised 61.5s..62.2s cleared 123s..124s
  node-claim-contradicted n2,n3 raised 63s..64s cleared 130s..131.5s
