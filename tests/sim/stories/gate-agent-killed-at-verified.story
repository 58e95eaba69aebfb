# SPDX-License-Identifier: LGPL-2.1-or-later
story The executor's agent is killed when it has told that the gate is verified: another one goes on, and it opens once all agents are there again and prove that all is well
set gate.mode enforce
set gate.release 10s
set gate.step_limit 100s     # n2's chronyd slews it back: not the point
ha whole master n2
at 50s agent-kill-at all verified for 250s
at 60s step n2 +30s
at 150s chrony-start n2
by 115s record verified
from 115s to 310s ha closed
by 310s opens 0
by 360s ha open
by 360s record undone
by 360s gate open
by 360s closes 1
by 360s opens 1
alerts
  gate-closed raised 75s..115s cleared 315s..360s seen-by n2,n3
  gate-closed raised 300s..310s cleared 315s..360s seen-by n1
  whatever all cluster-breached
