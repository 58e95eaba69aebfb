# SPDX-License-Identifier: LGPL-2.1-or-later
story An administrator holds the gate for good, and another one releases it on another node
set gate.mode enforce
set gate.release 10s
set gate.step_limit 100s     # chronyd slews it back: not the point
ha whole master n2
at 50s gate-hold n3
at 60s step n2 +30s
at 100s gate-release n1
from 51s to 99s gate held
by 100s closes 0
from 101.5s to 110s not gate held
by 140s gate closed
alerts
  gate-blocked raised 62s..70s cleared 125s..135s
  gate-closed raised 105s..140s
  whatever all cluster-breached cluster-unproven
