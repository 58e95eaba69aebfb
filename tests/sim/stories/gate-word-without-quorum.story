# SPDX-License-Identifier: LGPL-2.1-or-later
story A part without quorum, whose ring has formed once more often, was told to release; the quorate part holds, and was told so later: after the merge the hold counts, on all nodes
set gate.mode enforce
set gate.release 600s
set gate.step_limit 100s
ha whole master n2
at 50s partition n1 | n2 n3
at 55s corosync-bounce n1
at 70s gate-release n1
at 80s gate-hold n2
at 90s merge
at 140s step n2 +30s
by 300s closes 0
alerts
  whatever all cluster-unproven gate-blocked
