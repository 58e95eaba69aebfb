# SPDX-License-Identifier: LGPL-2.1-or-later
story Every node closes itself; the administrator holds while the first ones close and the manager waits: it closes nothing more
set gate.mode enforce
set gate.release 600s
set gate.step_limit 100s
ha each master n2
at 60s step n2 +30s
by 70s closes 2
at 70s gate-hold n1
by 300s closes 2
alerts
  whatever all node-beyond gate-failed
