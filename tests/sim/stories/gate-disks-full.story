# SPDX-License-Identifier: LGPL-2.1-or-later
story Two disks of three are full: a record that no quorum has on disk closes nothing; when there is room it does
set gate.mode enforce
set gate.release 10s
set gate.step_limit 100s     # what chronyd has to correct is not the point
ha whole master n2
at 50s disk-full n2,n3 for 70s
at 60s step n2 +30s
by 119s record intent
by 119s closes 0
by 119s ha open
by 150s gate closed
by 150s closes 1
alerts
  gate-failed raised 62s..70s cleared 175s..190s seen-by n2,n3
  gate-closed raised 125s..150s
  whatever all cluster-breached cluster-unproven cluster-split
