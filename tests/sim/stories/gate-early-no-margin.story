# SPDX-License-Identifier: LGPL-2.1-or-later
story One of three is down and the other two spare no vote: n2 runs away at 8 %, and the gate is closed long before the limit is crossed
set gate.mode enforce
set gate.release 10s
set gate.step_limit 100s     # what chronyd has to correct is not the point
ha whole master n2
at 20s power-off n3
at 60s chrony-stop n2
at 60s rate n2 +80000ppm for 70s
at 135s chrony-start n2
by 59s margin 0
by 95s apart n1 n2 below 5s
from 95s to 140s ha closed
from 95s to 140s gate closed
by 200s ha open
by 200s record undone
by 200s closes 1
by 200s opens 1
alerts
  gate-closed raised 68s..95s cleared 145s..200s seen-by n1,n2
  whatever all cluster-breached cluster-unproven cluster-split
