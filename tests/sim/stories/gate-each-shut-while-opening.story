# SPDX-License-Identifier: LGPL-2.1-or-later
story Each node opens itself, and an administrator stops n3's HA services while they are still starting: whose stop it is is not known, so n3 is left alone, and says so until somebody starts them
set gate.mode enforce
set gate.release 10s
set gate.step_limit 100s     # n2's chronyd slews it back: not the point
ha each master n2
at 60s step n2 +30s
at 150s ha-stuck n3 for 40s
at 150s chrony-start n2
at 180s ha-stop n3
at 500s ha-go n3
from 110s to 160s ha closed
by 160s opens 0
from 170s to 180s ha-of n3 opening
by 180s opens 3
from 181s to 500s not ha-of n3 opening
by 500s ha-of n3 closed
from 220s to 500s ha-of n1,n2 open
by 220s record undone
from 190s to 500s seen-by n3 raised gate-unclear
by 600s ha open
by 600s closes 3
by 600s opens 3
alerts
  gate-closed raised 75s..110s cleared 180s..220s
  gate-unclear raised 180s..190s cleared 500s..530s seen-by n3
  whatever all cluster-breached
