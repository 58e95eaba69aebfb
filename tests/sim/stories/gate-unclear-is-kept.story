# SPDX-License-Identifier: LGPL-2.1-or-later
story It is unclear who closed n4; then n5 is gated alone and opened again; that n4 is still closed is said all the time
nodes 5
set gate.mode enforce
set gate.release 10s
ha whole
at 20s agent-kill-at n4 accepted for 70s
at 60s step n4 +30s
at 150s chrony-start n4
at 300s step n5 +30s
at 500s chrony-start n5
by 290s raised gate-unclear
by 290s ha-of n4 closed
by 800s ha-of n4 closed
by 800s ha-of n5 open
by 800s raised gate-unclear
alerts
  whatever all node-stepped gate-unclear gate-closed gate-failed
