# SPDX-License-Identifier: LGPL-2.1-or-later
story The reference loses its source and drifts away: it is the one that drifts, not the two that follow theirs
budget 50ms
wander all 0ppm
server s2 10.0.0.253 stratum 3
set source.alias 10.0.0.254 10.0.0.253
follow n3 s2
at 0s server-step s2 -3ms   # n3 is the lower of the first two that agree ...
at 0s agent-stop n1 for 4s
at 0s agent-stop n2 for 8s  # ... and remains the reference
at 120s server-die s2
at 140s oscillator n3 -40ppm
by 110s reference n3
by 260s not reference n3
from 10s to 150s cluster agreed
from 10s to 1750s n1,n2 ok
by 1700s n3 beyond
alerts
  node-holdover n3 raised 235s..260s cleared 1055s..1125s
  node-drifting n3 raised 200s..500s cleared 1190s..1710s
  node-unsynchronised n3 raised 1050s..1120s
  cluster-breached raised 1080s..1650s
  node-beyond n3 raised 1180s..1700s
