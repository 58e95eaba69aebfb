# SPDX-License-Identifier: LGPL-2.1-or-later
story Every node closes itself; the record could not be stored while there was danger; when the disks have room again the danger is long gone: nothing is closed
set gate.mode enforce
set gate.release 60s
set gate.step_limit 100s
ha each master n2
at 50s disk-full all for 300s
at 60s step n2 +30s
at 300s chrony-start n2
by 340s closes 0
by 340s apart n1 n2 below 10ms
by 500s closes 0
from 0s to 500s ha open
alerts
  whatever all node-beyond gate-failed
