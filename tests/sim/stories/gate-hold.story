# SPDX-License-Identifier: LGPL-2.1-or-later
story An administrator holds the gate for a minute: nothing is closed in that time, on no node, and it is said why
set gate.mode enforce
set gate.release 10s
set gate.step_limit 100s     # chronyd slews it back: not the point
ha whole master n2
at 50s gate-hold n3 for 60s
at 60s step n2 +30s
from 51s to 108s gate held
by 108s record none
by 108s closes 0
by 150s gate closed
by 150s closes 1
alerts
  gate-blocked raised 62s..70s cleared 135s..145s
  gate-closed raised 115s..150s
  whatever all cluster-breached cluster-unproven
