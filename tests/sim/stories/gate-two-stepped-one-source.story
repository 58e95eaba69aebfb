# SPDX-License-Identifier: LGPL-2.1-or-later
story The one source jumps by 30 s for a minute, and two of three are restarted and stepped just then: when it is right again, it contradicts two and not the third
set gate.mode enforce
set gate.release 10s
ha whole master n2
at 60s server-step s1 +30s for 60s
at 70s chrony-start n1,n2
at 300s chrony-start n1,n2
from 120s to 300s ha closed
by 300s record verified
never not record-of n3 none
never not ha-of all open
by 400s gate open
by 400s ha open
by 400s closes 1
alerts
  gate-closed raised 80s..120s cleared 312s..350s
  pending-step raised 140s..200s cleared 325s..360s
  whatever all cluster-breached cluster-split two-authorities
