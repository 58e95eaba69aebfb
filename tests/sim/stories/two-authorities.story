# SPDX-License-Identifier: LGPL-2.1-or-later
seed 2
story Two boundary servers lose the world and fall back to their own clocks, which drift apart: two authorities, and at last a split
nodes 4
budget 50ms
server s2 10.0.0.253 stratum 3
server s3 10.0.0.244 stratum 3          # another address of s1
server s4 10.0.0.243 stratum 3          # another address of s2
set source.alias 10.0.0.254 10.0.0.244
set source.alias 10.0.0.253 10.0.0.243
follow n1 s3
follow n3 s2
follow n4 s4
at 0s step n1 +20ms         # so that n1 or n2, which follow one server, is the reference
at 0s step n3 -20ms
at 0s agent-stop n4 for 8s
at 0s server-step s3 -3ms   # n1 and n4 are the first that come too far apart: a breach with nobody to blame
at 0s server-step s4 +3ms
at 60s server-local s1
at 60s server-local s2
at 60s server-local s3
at 60s server-local s4
at 60s server-rate s1 -100ppm
at 60s server-rate s2 +100ppm
at 60s server-rate s3 -100ppm
at 60s server-rate s4 +100ppm
by 20s not reference n3
by 20s not reference n4
by 20s cluster at-risk
by 20s stratum n1 4
by 100s stratum n1 11
by 100s stratum n2 11
by 100s stratum n3 11
by 100s stratum n4 11
by 20s source none
by 20s reason more than one authority: 10.0.0.244 and 10.0.0.243
from 20s to 250s pair n1 n4 within
from 20s to 500s pair n1 n2 within
from 20s to 500s pair n3 n4 within
from 420s to 500s cluster split
by 400s apart n1 n3 above 50ms
never somebody beyond
alerts
  two-authorities raised 2s..12s
  node-foreign-source n3,n4 raised 2s..12s
  node-drifting n3,n4 raised 100s..200s cleared 300s..420s
  cluster-breached raised 270s..330s     # it is not over before its pair is within again
  cluster-split raised 290s..370s
