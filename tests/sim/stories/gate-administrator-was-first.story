# SPDX-License-Identifier: LGPL-2.1-or-later
story An administrator has disarmed HA before: timeguard neither closes nor opens anything, and needs no record
set gate.mode enforce
set gate.release 10s
set gate.step_limit 100s     # chronyd slews it back: not the point
ha whole master n2
at 20s ha-disarm
at 60s step n2 +30s
at 150s chrony-start n2
by 62s apart n2 n3 above 29s
by 400s apart n2 n3 below 1s
by 400s closed-by administrator
from 50s to 400s ha closed
never not record none
alerts
  whatever all cluster-breached cluster-unproven
