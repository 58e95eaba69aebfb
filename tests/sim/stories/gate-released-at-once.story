# SPDX-License-Identifier: LGPL-2.1-or-later
story All is well again and an administrator does not want to wait for gate.release
set gate.mode enforce
set gate.release 10s
set gate.step_limit 100s     # chronyd slews it back: not the point
set gate.release 600s
ha whole master n2
at 60s step n2 +30s
at 150s chrony-start n2
at 180s gate-release n3
from 100s to 180s gate closed
from 110s to 180s ha closed
by 220s gate open
by 220s record undone
by 220s ha open
alerts
  gate-closed raised 75s..100s cleared 185s..220s
  whatever all cluster-breached cluster-unproven
