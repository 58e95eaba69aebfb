# SPDX-License-Identifier: LGPL-2.1-or-later
story Every node has closed itself; the administrator holds; a node reboots: it is not closed against the hold
set gate.mode enforce
set gate.release 600s
set gate.step_limit 100s
ha each master n2
at 60s step n2 +30s
by 150s record verified
at 160s gate-hold n1
at 200s power-off n3 for 30s
by 199s closes 3
from 231s to 600s closes 3
alerts
  whatever all node-beyond gate-closed cluster-breached
