# SPDX-License-Identifier: LGPL-2.1-or-later
story The executor's agent is killed when its intent has just been told: after the time that its run could take, the next one closes; it opens when all agents are there again
set gate.mode enforce
set gate.release 10s
set gate.step_limit 100s     # n2's chronyd slews it back: not the point
ha whole master n2
at 50s agent-kill-at all intent for 250s
at 60s step n2 +30s
at 150s chrony-start n2
by 90s closes 0
by 125s record verified
by 125s closed-by timeguard
from 120s to 310s ha closed
by 310s opens 0
by 340s ha open
by 340s record undone
by 340s closes 1
by 340s opens 1
alerts
  gate-closed raised 100s..125s cleared 315s..340s seen-by n2,n3
  gate-closed raised 300s..301s cleared 315s..340s seen-by n1
  whatever all cluster-breached
