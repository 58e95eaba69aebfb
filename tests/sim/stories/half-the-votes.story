# SPDX-License-Identifier: LGPL-2.1-or-later
story n1 has three of six votes and is 2 s off: neither it nor the others are a majority
nodes 4
poll all 10
votes n1 3
at 60.3s step n1 +2s for 30s
from 60.5s to 90s cluster split
never somebody beyond
by 58s margin 2
by 100s cluster agreed
alerts
  node-stepped n1 raised 60.3s..60.5s
  cluster-split raised 61.8s..63s cleared 93s..95s
  node-claim-contradicted n2-n4 raised 63.3s..65s cleared 100s..103s
