# SPDX-License-Identifier: LGPL-2.1-or-later
story The source jumps by an hour, which chronyd slews: the gate is closed before anybody restarts chronyd, so no watchdog bites, and it opens again
set gate.mode enforce
set gate.release 10s
ha whole
watchdogs
at 60s server-step s1 +1h
at 300s chrony-start all
from 140s to 310s gate closed
from 140s to 310s ha closed
by 140s closed-by timeguard
by 300s closes 1
by 350s gate open
by 350s record undone
by 350s ha open
by 350s wrong all above 59m
by 900s resets 0
by 900s opens 1
alerts
  pending-step raised 92s..130s cleared 328s..335s
  gate-closed raised 105s..140s cleared 315s..350s
  whatever all cluster-breached cluster-split two-authorities
