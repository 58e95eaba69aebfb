# SPDX-License-Identifier: LGPL-2.1-or-later
story Sixteen nodes, eight of them 2 s ahead: split, and nobody is blamed
nodes 16
poll all 10
at 40.3s step n9-n16 +2s for 20s
by 39s cluster agreed
from 41.4s to 60s cluster split
by 42s pair n1 n9 beyond
by 42s pair n1 n8 within
by 42s pair n9 n16 within
never somebody beyond
by 75s cluster agreed
alerts
  node-stepped n9-n16 raised 40.3s..40.5s
  cluster-split raised 41.8s..43s cleared 63s..65s
  node-claim-contradicted n9-n16 raised 43.3s..45s cleared 70s..73s
