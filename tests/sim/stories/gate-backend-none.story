# SPDX-License-Identifier: LGPL-2.1-or-later
story While the gate is closed its backend is switched off on all nodes: what was closed is opened all the same
set gate.mode enforce
set gate.release 60s
set gate.step_limit 100s
ha whole master n2
at 60s step n2 +30s
at 150s configure all gate.backend none
at 200s chrony-start n2
by 149s gate closed
by 5000s ha open
alerts
  whatever all node-beyond gate-closed
