# SPDX-License-Identifier: LGPL-2.1-or-later
story Two nodes with two_node: a step of one is a split, for nobody can say whose fault it is; alone, a node proves nothing
nodes 2
flags two_node,wait_for_all
poll all 10
at 60.3s step n2 +2s for 20s
at 120s power-off n2
by 58s cluster agreed
by 58s margin 1
from 61.4s to 80s cluster split
never somebody beyond
by 100s cluster agreed
from 126s to 180s seen-by n1 cluster unproven
by 130s seen-by n1 reason absent: n2
by 130s seen-by n1 margin 0
alerts
  node-stepped n2 raised 60.3s..60.5s
  node-stepped n2 raised before cleared 145s..150s seen-by n1
  cluster-split raised 61.8s..63s cleared 83s..85s
  node-claim-contradicted n2 raised 63.3s..65s cleared 90s..93s
  cluster-unproven raised 151s..156s seen-by n1
