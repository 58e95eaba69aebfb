# SPDX-License-Identifier: LGPL-2.1-or-later
story The network breaks while it is closed: the side with the quorum proves that all is well and opens; the other side learns it when the network is whole again
set gate.mode enforce
set gate.release 10s
set gate.step_limit 100s     # chronyd slews it back: not the point
ha whole master n2
at 60s step n2 +30s
at 100s partition n1 | n2 n3
at 150s chrony-start n2
at 250s merge
by 100s record verified
by 200s seen-by n2,n3 record undone
by 200s ha open
by 240s seen-by n1 record verified
by 260s record undone
by 260s gate open
by 260s opens 1
by 260s closes 1
alerts
  gate-closed raised 75s..100s cleared 160s..200s seen-by n2,n3
  gate-closed raised 75s..100s cleared 250s..256s seen-by n1
  whatever all cluster-breached cluster-unproven
