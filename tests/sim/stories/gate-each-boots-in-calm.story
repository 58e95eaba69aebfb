# SPDX-License-Identifier: LGPL-2.1-or-later
story Every node has closed itself, the clocks agree again, a node reboots before gate.release is over: it does not close itself without a danger, in boot grace
set gate.mode enforce
set gate.release 600s
set gate.step_limit 100s
ha each master n2
at 60s step n2 +30s
by 150s record verified
at 160s chrony-start n2
by 199s apart n1 n2 below 10ms
at 200s power-off n3 for 30s
by 199s closes 3
from 231s to 400s closes 3
from 231s to 400s ha-of n3 open
alerts
  whatever all node-beyond gate-closed
