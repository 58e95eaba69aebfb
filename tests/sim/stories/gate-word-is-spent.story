# SPDX-License-Identifier: LGPL-2.1-or-later
story Every node closes itself, an administrator lets the gate open at once, and while it opens a clock is wrong again: his word was for that opening, the next one waits for gate.release
set gate.mode enforce
set gate.release 60s
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
at 200s server-step s2 -30s
at 201s chrony-start n1,n2
by 100s gate closed
from 170s to 255s gate closed
from 170s to 255s ha closed
by 300s gate open
by 300s ha open
alerts
  gate-closed raised 65s..100s cleared 110s..125s
  gate-closed raised 130s..170s cleared 265s..300s
  whatever all cluster-breached cluster-split two-authorities
