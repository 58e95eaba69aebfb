# SPDX-License-Identifier: LGPL-2.1-or-later
story Two nodes lose their qdevice: both together are quorate, and can close and open
nodes 2
qdevice 1
set gate.mode enforce
set gate.release 10s
set gate.step_limit 100s     # what chronyd has to correct is not the point
ha whole master n2
at 10s qdevice-lost
at 60s step n2 +30s
at 110s chrony-start n2
by 30s margin 0
by 110s ha closed
by 160s ha open
by 160s record undone
alerts
  gate-closed raised 68s..110s cleared 120s..160s
  whatever all cluster-breached cluster-unproven cluster-split
