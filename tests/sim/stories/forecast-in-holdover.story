# SPDX-License-Identifier: LGPL-2.1-or-later
story n3 loses its source and its oscillator slows by 40 ppm: when the budget will be crossed is told long before, and is so
budget 50ms
wander all 0ppm
server s2 10.0.0.253 stratum 3
server s3 10.0.0.252 stratum 3
set source.alias 10.0.0.254 10.0.0.253 10.0.0.252
follow n3 s2
follow n1 s3
at 0s server-step s3 +3ms     # n1 is the first that n3 leaves behind: a breach with nobody to blame, until n2 follows
at 0s agent-stop n1 for 4s    # n2 is the lower of the first two that agree, and remains the reference
at 0s agent-stop n3 for 8s
at 120s server-die s2
at 140s oscillator n3 -40ppm
by 110s all ok
by 110s reference n2
from 10s to 150s cluster agreed
by 260s n3 holdover
by 560s forecast n3 within 10%     # chronyd of n2 polls at 6 to 7 s of each 16, and slews for 2 s
by 800s forecast n3 within 10%
by 1200s forecast n3 within 10%
from 260s to 1050s n3 holdover
by 1130s n3 unsynchronised
from 10s to 1180s not n3 beyond
by 1050s apart n1 n3 below 50ms
by 1700s apart n2 n3 above 50ms
by 1700s n3 beyond
from 10s to 1750s n1,n2 ok
alerts
  node-holdover n3 raised 235s..260s cleared 1055s..1125s
  node-drifting n3 raised 200s..500s cleared 1190s..1710s
  node-unsynchronised n3 raised 1050s..1120s
  cluster-breached raised 1080s..1650s
  node-beyond n3 raised 1180s..1700s
