# SPDX-License-Identifier: LGPL-2.1-or-later
story With gate.release_ack the gate opens at an administrator's word and not before
set gate.mode enforce
set gate.release 10s
set gate.step_limit 100s     # chronyd slews it back: not the point
set gate.release_ack yes
ha whole master n2
at 60s step n2 +30s
at 150s chrony-start n2
at 300s gate-release n3
from 100s to 300s gate closed
by 300s opens 0
by 340s gate open
by 340s record undone
by 340s ha open
alerts
  gate-closed raised 75s..100s cleared 305s..340s
  whatever all cluster-breached cluster-unproven
