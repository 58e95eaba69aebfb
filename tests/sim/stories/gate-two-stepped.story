# SPDX-License-Identifier: LGPL-2.1-or-later
story A bad source steps two of three: the third, which is right and alone, is never gated alone; the cluster is
set gate.mode enforce
set gate.release 10s
set gate.step_limit 100s    # what chronyd has pending is not the point
ha whole master n2
server s2 10.0.0.253 stratum 3
follow n1,n2 s2
at 60s server-step s2 +30s
at 70s chrony-start n1,n2
at 200s server-step s2 -30s
at 201s chrony-start n1,n2
from 120s to 205s ha closed
by 205s record verified
never not record-of n3 none
never not ha-of all open
by 300s gate open
by 300s ha open
by 300s closes 1
by 300s opens 1
alerts
  gate-closed raised 80s..120s cleared 212s..250s
  whatever all cluster-breached cluster-split two-authorities
