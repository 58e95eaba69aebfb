# SPDX-License-Identifier: LGPL-2.1-or-later
story An administrator has stopped n3's HA services, and the manager waits for them: it is never closed, and yet what was begun is taken back
set gate.mode enforce
set gate.release 10s
set gate.step_limit 100s     # what chronyd has to correct is not the point
ha whole master n2
at 20s ha-stop n3
at 60s step n2 +30s
at 150s chrony-start n2
from 100s to 150s ha closing
by 150s closes 1
by 300s ha open
by 300s record undone
by 300s opens 1
until 350s
alerts
  gate-failed raised 120s..150s cleared 150s..350s
  whatever all cluster-breached gate-closed
