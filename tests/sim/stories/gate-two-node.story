# SPDX-License-Identifier: LGPL-2.1-or-later
story Two nodes under two_node: the one that is left when the other loses power proves what there is to prove, and opens
nodes 2
flags two_node
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
