# SPDX-License-Identifier: LGPL-2.1-or-later
story n3 loses its source and its oscillator warms by 40 ppm: when the budget will be crossed is told long before, and is so
budget 50ms
wander all 0ppm
server s2 10.0.0.253 stratum 3
set source.alias 10.0.0.254 10.0.0.253
follow n3 s2
at 0s step n1 +10ms        # so that n2 becomes the reference
at 0s agent-stop n3 for 8s
at 120s server-die s2
at 300s oscillator n3 +40ppm
by 110s all ok
by 110s reference n2
from 10s to 240s cluster agreed
by 260s n3 holdover
by 800s forecast n3 within 10%     # the others are not slewed just then: chronyd polls at 6 to 7 s of each 16
by 1200s forecast n3 within 10%
by 1000s n3 holdover
by 1200s n3 unsynchronised
from 10s to 1450s not n3 beyond
by 1500s apart n1 n3 below 50ms
by 1650s apart n1 n3 above 50ms
by 1650s n3 beyond
from 10s to 1700s n1,n2 ok
alerts
  node-holdover n3 raised 235s..260s cleared 1055s..1125s
  node-drifting n3 raised 310s..700s cleared 1510s..1660s
  node-unsynchronised n3 raised 1050s..1120s
  cluster-breached raised 1500s..1650s
  node-beyond n3 raised 1500s..1650s
