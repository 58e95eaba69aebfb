# SPDX-License-Identifier: LGPL-2.1-or-later
story n2's command waits for its lock as the network becomes whole again, and n1, which was away and has proven nothing yet, is the first now: the record is not given up, and what was closed is opened again
seed 3
nodes 3
set gate.mode enforce
set gate.release 30s
set gate.step_limit 100s
ha whole master n2
at 50s partition n1 | n2 n3
at 60s step n3 +30s
at 66s merge
at 150s chrony-start n3
by 80s ha closing
by 140s not record void
by 400s ha open
by 400s gate open
alerts
  whatever all node-stepped cluster-breached gate-closed
