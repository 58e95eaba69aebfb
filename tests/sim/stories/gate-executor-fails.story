# SPDX-License-Identifier: LGPL-2.1-or-later
story n1's executor fails, and says so: n2 closes, and opens
set gate.mode enforce
set gate.release 10s
set gate.step_limit 100s     # what chronyd has to correct is not the point
ha whole master n2
at 50s executor-fails n1 for 300s
at 60s step n2 +30s
at 250s chrony-start n2
by 110s ha closed
by 110s closes 1
by 110s record verified
by 310s ha open
by 310s record undone
by 310s opens 1
until 350s
alerts
  gate-failed raised 63s..70s cleared 320s..350s seen-by n1
  gate-closed raised 75s..110s cleared 265s..310s
  whatever all cluster-breached cluster-unproven cluster-split
