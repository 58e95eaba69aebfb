# SPDX-License-Identifier: LGPL-2.1-or-later
story n3 loses its source while chronyd runs its clock 40 ppm too slow: the forecast follows at once
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
at 300s rate n3 -40ppm
by 290s reference n2
by 320s forecast n3 within 10%
by 800s forecast n3 within 10%
by 1200s forecast n3 within 10%
by 1200s apart n1 n3 below 50ms
by 1850s apart n1 n3 above 50ms
by 1850s n3 beyond
from 10s to 1900s n1,n2 ok
alerts
  node-holdover n3 raised 235s..260s cleared 1050s..1120s
  node-drifting n3 raised 305s..320s cleared 1360s..1860s
  node-unsynchronised n3 raised 1050s..1120s
  cluster-breached raised 1250s..1800s
  node-beyond n3 raised 1350s..1850s
