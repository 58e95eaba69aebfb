# SPDX-License-Identifier: LGPL-2.1-or-later
story n3 follows another private server than the cluster: no offset, but no proof that both servers agree
server s2 10.0.0.253 stratum 3
by 20s all ok
at 60s follow n3 s2
at 120s follow n3 s1
by 75s n3 foreign-source
by 75s n1,n2 ok
by 75s cluster at-risk
by 75s source 10.0.0.254
by 75s why n3 follows 10.0.0.253 while the cluster follows 10.0.0.254
from 125s to 150s all ok
alerts
  node-foreign-source n3 raised 62s..66s cleared 125s..130s

