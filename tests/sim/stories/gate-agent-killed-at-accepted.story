# SPDX-License-Identifier: LGPL-2.1-or-later
story The executor's agent is killed while its command runs (accepted): nobody can prove whose closing it was, so nobody opens it, and all say so
set gate.mode enforce
set gate.release 10s
set gate.step_limit 100s     # n2's chronyd slews it back: not the point
ha whole master n2
at 50s agent-kill-at all accepted for 250s
at 60s step n2 +30s
at 150s chrony-start n2
by 98s closes 1
by 115s record unclear
from 115s to 500s seen-by n2,n3 record unclear
by 400s apart n2 n3 below 1s
from 115s to 500s ha closed
from 115s to 500s seen-by n2,n3 gate open    # of timeguard's: it holds nothing closed
by 310s record unclear
by 310s gate open
by 500s opens 0
by 500s closed-by timeguard    # in truth
until 500s
alerts
  gate-unclear raised 95s..115s seen-by n2,n3
  gate-unclear raised 300s..310s seen-by n1
  whatever all cluster-breached
