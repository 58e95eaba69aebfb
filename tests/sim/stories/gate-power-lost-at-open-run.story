# SPDX-License-Identifier: LGPL-2.1-or-later
story The node that opens loses power (open-run): another one sees to it that the gate is open
set gate.mode enforce
set gate.release 10s
set gate.step_limit 100s     # n2's chronyd slews it back: not the point
ha whole master n2
at 50s power-off-at all open-run for 250s
at 60s step n2 +30s
at 150s chrony-start n2
by 150s ha closed
by 250s ha open
by 250s record undone
by 350s gate open
by 350s closes 1
by 350s opens 1
until 350s
alerts
  gate-closed raised 75s..100s cleared 196s..250s seen-by n2,n3
  gate-closed raised 75s..100s seen-by n1
  gate-closed raised 300s..301s cleared 300s..303s seen-by n1      # as its disk had it
  whatever all cluster-breached
