# SPDX-License-Identifier: LGPL-2.1-or-later
story Two nodes are left of three and do not reach each other: without quorum nothing is closed, however far they are apart; then they meet
set gate.mode enforce
set gate.release 10s
set gate.step_limit 100s     # chronyd slews it back: not the point
ha whole master n2
at 30s power-off n3
at 50s partition n1 | n2
at 60s step n1 +30s
at 120s merge
by 120s record none
by 120s closes 0
by 160s gate closed
by 160s closes 1
alerts
  gate-closed raised 125s..160s seen-by n1,n2
  whatever all cluster-breached cluster-unproven
