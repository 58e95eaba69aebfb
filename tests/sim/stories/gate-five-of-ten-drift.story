# SPDX-License-Identifier: LGPL-2.1-or-later
story Five of ten run away at 8 %: one vote more than can be spared, so the cluster is closed early
nodes 10
set gate.mode enforce
set gate.release 10s
set gate.step_limit 100s     # what chronyd has to correct is not the point
ha whole
at 60s chrony-stop n6-n10
at 60s rate n6-n10 +80000ppm for 70s
at 135s chrony-start n6-n10
by 59s margin 4
by 100s apart n1 n10 below 5s
from 100s to 140s ha closed
by 140s record verified
by 200s ha open
by 200s record undone
by 200s closes 1
by 200s opens 1
alerts
  gate-closed raised 68s..100s cleared 145s..200s
  whatever all cluster-breached cluster-unproven cluster-split
