# SPDX-License-Identifier: LGPL-2.1-or-later
story The budget is narrower than what this network can prove, the gate limit is not: it closes and opens all the same
budget 5ms
delay loaded
set gate.mode enforce
set gate.release 10s
set gate.offset_limit 50ms
set gate.step_limit 100s
ha whole master n2
at 60s step n2 +3s
by 110s ha closed
by 200s smallest above 4ms
by 200s ha open
by 200s gate open
alerts
  gate-closed raised 70s..110s cleared 100s..180s
  whatever all cluster-breached budget-unprovable cluster-unproven cluster-split
