# SPDX-License-Identifier: LGPL-2.1-or-later
story n1, the first in turn, has just booted and may close nothing for two minutes: n2 does it
set gate.mode enforce
set gate.release 10s
set gate.step_limit 100s     # what chronyd has to correct is not the point
set boot_grace 120s
ha whole master n2
at 40s power-off n1
at 60s power-on n1 +0s
at 150s step n3 +30s
by 200s ha closed
by 200s record verified
by 200s closes 1
alerts
  gate-closed raised 155s..200s
  whatever all cluster-breached cluster-unproven cluster-split
