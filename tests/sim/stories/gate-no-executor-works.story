# SPDX-License-Identifier: LGPL-2.1-or-later
story No executor works: all take turns, ever more slowly, and all say so; when one works again the gate is closed
set gate.mode enforce
set gate.release 10s
set gate.step_limit 100s     # what chronyd has to correct is not the point
ha whole master n2
at 50s executor-fails all for 60s
at 60s step n2 +30s
by 110s closes 0
by 110s ha open
by 200s closes 1
by 200s gate closed
alerts
  gate-failed raised 63s..80s
  gate-closed raised 115s..200s
  whatever all cluster-breached cluster-unproven cluster-split
