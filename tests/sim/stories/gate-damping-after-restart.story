# SPDX-License-Identifier: LGPL-2.1-or-later
story Two closings within half a day, then an agent restart: the next closing is the first of its hour, and is not damped
set gate.mode enforce
set gate.release 60s
set gate.step_limit 100s
ha whole master n2
at 60s step n2 +30s
at 100s chrony-start n2
at 7200s step n2 +30s
at 7240s chrony-start n2
at 40000s agent-kill all
at 40002s agent-start all
at 40100s step n2 +30s
by 39000s closes 2
by 39000s opens 2
by 40000s damping 0
by 40200s gate closed
by 40200s damping 0
alerts
  whatever all node-beyond gate-closed
