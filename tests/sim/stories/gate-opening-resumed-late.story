# SPDX-License-Identifier: LGPL-2.1-or-later
story The network breaks into three as the opening begins, for two minutes; after the merge one node alone goes on with it
set gate.mode enforce
set gate.release 60s
set gate.step_limit 100s
ha whole master n2
at 60s step n2 +30s
at 100s chrony-start n2
at 161.5s partition n1 | n2 | n3
at 300s merge
by 299s seen-by n1 record opening
by 299s ha closed
by 400s ha open
by 400s opens 1
alerts
  whatever all node-beyond gate-closed gate-failed cluster-unproven
