# SPDX-License-Identifier: LGPL-2.1-or-later
story The gate has been closed for longer than gate.max_hold: it is said, also where the agents were restarted meanwhile
set gate.mode enforce
set gate.release 600s
set gate.max_hold 10m
set gate.step_limit 100s
ha whole master n2
at 60s step n2 +30s
at 60s chrony-stop n2
at 500s agent-kill all
at 502s agent-start all
by 150s gate closed
by 740s raised gate-max-hold
alerts
  whatever all node-beyond gate-closed gate-max-hold
