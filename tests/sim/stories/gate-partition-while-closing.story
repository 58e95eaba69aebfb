# SPDX-License-Identifier: LGPL-2.1-or-later
story The network breaks while n1's command waits for its lock: without quorum it fails. The other side waits for as long as n1's run may take, then closes; n1 does nothing more
seed 2
set gate.mode enforce
set gate.release 10s
set gate.step_limit 100s     # chronyd slews it back: not the point
ha whole master n2
at 60s step n2 +30s
at 65.5s partition n1 | n2 n3
at 150s chrony-start n2
at 250s merge
by 99s closes 0
from 67s to 99s seen-by n2,n3 record intent
by 140s seen-by n2,n3 record verified
by 140s ha closed
by 200s seen-by n2,n3 record undone
by 200s ha open
by 249s seen-by n1 record intent
by 260s record undone
by 300s closes 1
by 300s opens 1
alerts
  gate-failed raised 65s..80s cleared 250s..330s seen-by n1
  gate-closed raised 105s..140s cleared 160s..200s seen-by n2,n3
  whatever all cluster-breached cluster-unproven
