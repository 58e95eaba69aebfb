# SPDX-License-Identifier: LGPL-2.1-or-later
story The same where one node is of an old release: no command for all, which would never get done; each node closes itself, also those that know it
set gate.mode enforce
set gate.release 10s
ha whole master n2 old n3
watchdogs
at 60s server-step s1 +1h
at 300s chrony-start all
never not ha open
by 112s ha-of n2 open
by 150s ha-of all closed
from 150s to 310s gate closed
from 150s to 310s ha-of all closed
by 300s closes 3
by 350s gate open
by 350s ha-of all open
by 900s opens 3
by 900s resets 0
alerts
  pending-step raised 92s..130s cleared 328s..335s
  gate-closed raised 115s..150s cleared 315s..350s
  whatever all cluster-breached cluster-split two-authorities
