# SPDX-License-Identifier: LGPL-2.1-or-later
story Services are just being recovered: the HA stack is left alone until that is over
set gate.mode enforce
set gate.release 10s
set gate.step_limit 100s     # chronyd slews it back: not the point
ha whole master n2
at 30s ha-busy for 70s
at 60s step n2 +30s
by 100s closes 0
by 100s record none
by 140s gate closed
by 140s closes 1
alerts
  gate-blocked raised 62s..75s cleared 125s..145s
  gate-closed raised 105s..140s
  whatever all cluster-breached cluster-unproven
