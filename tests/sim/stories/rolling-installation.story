# SPDX-License-Identifier: LGPL-2.1-or-later
story The agents are installed one after the other: unproven, then a majority, then all
install n1
at 60s agent-start n2
at 120s agent-start n3
from 10s to 60s seen-by n1 cluster unproven
by 70s seen-by n1,n2 n3 mute
by 70s seen-by n1,n2 cluster at-risk
by 70s seen-by n1,n2 set n1,n2
by 125s all ok
by 125s cluster agreed
until 150s
alerts
  cluster-unproven raised 28s..45s cleared 65s..70s seen-by n1
  node-mute n2 raised 12s..25s cleared 62s..65s seen-by n1
  node-mute n3 raised 12s..25s seen-by n1
  node-mute n3 raised 76s..80s seen-by n2
  node-mute n3 raised before cleared 122s..125s seen-by n1,n2
