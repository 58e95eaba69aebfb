# SPDX-License-Identifier: LGPL-2.1-or-later
story With gate.release_ack a word lets one opening begin, danger comes again, and an agent begins anew: the word stays spent
set gate.mode enforce
set gate.release 60s
set gate.release_ack yes
set gate.step_limit 100s
ha each master n2
server s2 10.0.0.253 stratum 3
follow n1,n2 s2
at 60s server-step s2 +30s
at 61s chrony-start n1,n2
at 100s server-step s2 -30s
at 101s chrony-start n1,n2
at 110s gate-release n1
at 113s server-step s2 +30s
at 113.1s chrony-start n1,n2
at 190s agent-kill n1 for 2s
at 200s server-step s2 -30s
at 201s chrony-start n1,n2
by 100s gate closed
from 170s to 189s gate closed
from 195s to 255s gate closed
from 170s to 600s ha closed
alerts
  whatever all cluster-breached cluster-split two-authorities gate-closed node-mute
