# SPDX-License-Identifier: LGPL-2.1-or-later
story n3 gates itself alone, and its agent is killed right after the command: nobody can prove whose closing it was, all say so, until an administrator opens it
set gate.mode enforce
set gate.release 10s
set gate.step_limit 100s
ha whole
at 50s agent-kill-at n3 accepted for 200s
at 60s step n3 +30s
at 150s chrony-start n3
at 350s ha-go n3
by 300s record-of n3 unclear
from 110s to 350s ha-of n3 closed
by 350s record-of n3 unclear
by 400s record-of n3 undone
by 400s ha-of n3 open
by 400s opens 0
by 300s apart n1 n3 below 1s
never not record none
alerts
  gate-unclear raised 250s..290s cleared 352s..390s
  whatever all cluster-breached cluster-unproven
