# SPDX-License-Identifier: LGPL-2.1-or-later
story The agent that opens the cluster's gate is killed when its command is accepted; the HA stack is open within seconds; half a minute later an administrator disarms: nobody opens what he has closed
set gate.mode enforce
set gate.release 10s
set gate.step_limit 100s     # n2's chronyd slews it back: not the point
ha whole master n2
at 50s agent-kill-at n1 open-accepted for 500s
at 60s step n2 +30s
at 150s chrony-start n2
at 198s ha-disarm            # at 204 s the others know it open, and n1 is dead
by 160s opens 0
by 180s opens 1
by 197s ha open
by 197s record opening
from 220s to 900s ha closed
by 900s closed-by administrator
by 900s opens 1
until 900s
alerts
  whatever all node-beyond gate-closed gate-unclear node-mute
