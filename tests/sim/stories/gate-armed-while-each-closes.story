# SPDX-License-Identifier: LGPL-2.1-or-later
story Every node closes itself; an administrator starts the HA services again while they are being stopped: that counts, they are not stopped again
set gate.mode enforce
set gate.release 600s
set gate.step_limit 100s
ha each master n2
at 60s step n2 +30s
at 70s ha-arm
by 71s closes 2
by 300s closes 2
by 300s ha open
alerts
  whatever all node-beyond gate-taken gate-failed
