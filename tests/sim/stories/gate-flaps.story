# SPDX-License-Identifier: LGPL-2.1-or-later
story The same fault comes again and again: from the fourth transition in an hour on, each opening waits twice as long as the one before
set gate.mode enforce
set gate.release 10s
set gate.step_limit 100s     # what chronyd has to correct is not the point
ha whole master n2
at 60s step n2 +30s
at 100s chrony-start n2
at 160s step n2 +30s
at 200s chrony-start n2
at 260s step n2 +30s
at 300s chrony-start n2
at 360s step n2 +30s
at 400s chrony-start n2
by 200s damping 0
by 300s damping 1
by 400s damping 2
by 142s gate open
by 242s gate open
from 300s to 319s gate closed
by 360s gate open
from 400s to 439s gate closed
by 490s gate open
by 490s closes 4
by 490s opens 4
alerts
  gate-closed raised 70s..100s cleared 113s..142s
  gate-closed raised 170s..200s cleared 213s..242s
  gate-closed raised 270s..300s cleared 323s..360s
  gate-closed raised 370s..400s cleared 443s..490s
  whatever all cluster-breached cluster-unproven cluster-split
