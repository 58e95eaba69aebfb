# SPDX-License-Identifier: LGPL-2.1-or-later
story The network breaks when n1 has just told that its command was accepted: the other side waits for as long as a run may take, reads that it is closed, and opens it in time
seed 4
set gate.mode enforce
set gate.release 10s
set gate.step_limit 100s     # chronyd slews it back: not the point
ha whole master n2
at 60s step n2 +30s
at 66s partition n1 | n2 n3
at 150s chrony-start n2
at 250s merge
by 67s closes 1
from 67s to 99s seen-by n2,n3 record issued
by 140s seen-by n2,n3 record verified
by 140s ha closed
by 200s seen-by n2,n3 record undone
by 200s ha open
by 249s seen-by n1 record issued
by 260s record undone
by 300s closes 1
by 300s opens 1
alerts
  gate-closed raised 100s..140s cleared 160s..200s seen-by n2,n3
  whatever all cluster-breached cluster-unproven
