# SPDX-License-Identifier: LGPL-2.1-or-later
story One node has another gate limit: nothing is closed before all have the same
set gate.mode enforce
set gate.release 10s
set gate.step_limit 100s     # chronyd slews it back: not the point
set gate.offset_limit 6s on n3
ha whole master n2
at 60s step n2 +30s
at 100s configure n3 gate.offset_limit 5s
by 100s record none
by 100s closes 0
by 140s gate closed
by 140s closes 1
alerts
  configuration-differs raised 5s..7s cleared 104s..107s
  gate-blocked raised 62s..70s cleared 125s..135s
  gate-closed raised 105s..140s
  whatever all cluster-breached cluster-unproven
