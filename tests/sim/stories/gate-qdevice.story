# SPDX-License-Identifier: LGPL-2.1-or-later
story Two nodes and a qdevice: they close and open with its vote, and so does the one that is left
nodes 2
qdevice 1
set gate.mode enforce
set gate.release 10s
set gate.step_limit 100s     # what chronyd has to correct is not the point
ha whole master n2
at 60s step n2 +30s
at 100s power-off n1
by 100s ha closed
by 100s record verified
from 160s to 200s record undone
by 160s ha open
by 200s opens 1
by 200s closes 1
alerts
  gate-closed raised 68s..100s cleared 115s..160s seen-by n2
  gate-closed raised 68s..100s seen-by n1
  whatever all cluster-breached cluster-unproven cluster-split
