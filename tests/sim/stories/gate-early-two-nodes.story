# SPDX-License-Identifier: LGPL-2.1-or-later
story Two nodes without two_node spare no vote: n2 runs away at 8 %, and the gate is closed long before the limit is crossed, and before n2's vote is lost
nodes 2
set gate.mode enforce
set gate.release 10s
set gate.step_limit 100s     # what chronyd has to correct is not the point
ha whole master n2
at 60s chrony-stop n2
at 60s rate n2 +80000ppm
at 115s power-off n2
by 62s margin 0
by 95s apart n1 n2 below 5s
from 95s to 114s ha closed
by 114s record verified
by 150s seen-by n1 reason not quorate
by 180s ha closed
by 180s closes 1
until 180s
alerts
  gate-closed raised 68s..95s
  whatever all cluster-breached cluster-unproven cluster-split
