# SPDX-License-Identifier: LGPL-2.1-or-later
story n3 has no vote: when n1 and n2 differ, neither is a majority, whatever n3 says
votes n3 0
poll all 10
at 60.3s step n3 +2s for 20s
at 120.3s step n1 +2s for 20s
by 58s cluster agreed
by 58s margin 0
by 62s n3 beyond
by 62s n1,n2 ok
from 121.4s to 140s cluster split
by 130s nobody beyond
alerts
  node-stepped n3 raised 60.3s..60.5s cleared 145s..150s
  node-beyond n3 raised 60.3s..60.6s cleared 83s..86s
  node-claim-contradicted n3 raised 63.3s..65s cleared 90s..94s
  node-stepped n1 raised 120.3s..120.5s cleared 205s..210s
  cluster-split raised 121.8s..123s cleared 143s..146s
  node-claim-contradicted n2,n3 raised 123.3s..125s cleared 150s..154s
