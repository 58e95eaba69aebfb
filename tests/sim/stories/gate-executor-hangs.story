# SPDX-License-Identifier: LGPL-2.1-or-later
story No unit of n1's executor ends: what its command may have done is read by n2, which goes on with it
set gate.mode enforce
set gate.release 10s
set gate.step_limit 100s     # what chronyd has to correct is not the point
ha whole master n2
at 50s executor-hangs n1 for 350s
at 60s step n2 +30s
at 250s chrony-start n2
by 94s not record verified
by 150s ha closed
by 150s record verified
by 150s closes 1
by 320s ha open
by 320s record undone
by 320s opens 1
alerts
  gate-closed raised 95s..150s cleared 262s..320s
  whatever all cluster-breached cluster-unproven cluster-split
