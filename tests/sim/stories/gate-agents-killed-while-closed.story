# SPDX-License-Identifier: LGPL-2.1-or-later
story All agents are killed at once while it is closed: what they have on disk opens it, after a proof
set gate.mode enforce
set gate.release 10s
set gate.step_limit 100s     # chronyd slews it back: not the point
ha whole master n2
at 60s step n2 +30s
at 110s agent-kill all for 60s
at 150s chrony-start n2
by 110s record verified
by 170.5s record verified
by 179s ha closed
by 250s record undone
by 250s ha open
by 250s closes 1
by 250s opens 1
alerts
  gate-closed raised 75s..110s
  gate-closed raised 170s..171s cleared 185s..250s
  whatever all cluster-breached cluster-unproven
