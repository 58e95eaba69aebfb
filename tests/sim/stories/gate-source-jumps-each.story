# SPDX-License-Identifier: LGPL-2.1-or-later
story The same where every node closes itself: the HA manager's node is the last, and no watchdog bites
set gate.mode enforce
set gate.release 10s
ha each master n2
watchdogs
at 60s server-step s1 +1h
at 300s chrony-start all
by 112s ha-of n2 open
from 150s to 310s gate closed
from 150s to 310s ha closed
by 150s closed-by timeguard
by 300s closes 3
by 350s gate open
by 350s ha open
by 900s opens 3
by 900s resets 0
alerts
  pending-step raised 92s..130s cleared 328s..335s
  gate-closed raised 115s..150s cleared 315s..350s
  whatever all cluster-breached cluster-split two-authorities
