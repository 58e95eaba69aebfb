# SPDX-License-Identifier: LGPL-2.1-or-later
story Every node closes itself; the record could not be stored; the administrator holds the gate, then the disks have room: nothing is closed
set gate.mode enforce
set gate.release 60s
set gate.step_limit 100s
ha each master n2
at 50s disk-full all for 300s
at 60s step n2 +30s
at 320s gate-hold n3
by 340s closes 0
by 500s closes 0
alerts
  whatever all node-beyond gate-failed gate-blocked
