# SPDX-License-Identifier: LGPL-2.1-or-later
story n2 runs the command that opens as the network becomes whole again, and n1, which was away, is the first now: no second executor
seed 1
nodes 3
set gate.mode enforce
set gate.release 30s
set gate.step_limit 100s
ha whole master n2
at 60s step n2 +30s
at 100s chrony-start n2
at 110s partition n1 | n2 n3
at 146s merge
by 400s ha open
by 400s gate open
alerts
  whatever all node-beyond gate-closed cluster-unproven
