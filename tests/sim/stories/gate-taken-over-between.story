# SPDX-License-Identifier: LGPL-2.1-or-later
story An administrator arms HA while timeguard holds it closed, the manager's clock is set back before its loop gets to it, and he disarms HA again: never read to be open, it is his closing now, and stays
set gate.mode enforce
set gate.release 10s
set gate.step_limit 1000s    # chronyd slews it back: not the point
ha whole master n2
at 60s step n2 +30s
at 110s ha-arm
at 111s step n2 -130s
at 150s ha-disarm
at 200s chrony-start n2
at 300s gate-release n1
by 110s ha closed
by 110s closed-by timeguard
from 148s to 149s ha opening
from 155s to 299s record taken
from 320s to 500s ha closed
from 155s to 500s closed-by administrator
by 500s opens 0
by 500s closes 1
alerts
  gate-closed raised 75s..110s cleared 112s..150s
  gate-taken raised 112s..150s cleared 301s..304s
  whatever all cluster-breached cluster-unproven gate-blocked
