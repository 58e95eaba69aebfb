# SPDX-License-Identifier: LGPL-2.1-or-later
story An administrator's word opens nothing while the clocks are apart; when they agree it opens at once
set gate.mode enforce
set gate.release 10s
set gate.step_limit 100s     # chronyd slews it back: not the point
set gate.release 600s
ha whole master n2
at 60s step n2 +30s
at 110s gate-release n3
at 150s chrony-start n2
from 100s to 150s gate closed
by 150s opens 0
by 150s ha closed
by 200s gate open
by 200s ha open
alerts
  gate-closed raised 75s..100s cleared 155s..200s
  whatever all cluster-breached cluster-unproven
