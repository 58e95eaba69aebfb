# SPDX-License-Identifier: LGPL-2.1-or-later
story While the cluster is closed the clocks of n1 go back by an hour, as those of a restored machine; all is well again: the gate opens in time, and a second danger closes it
set gate.mode enforce
set gate.release 60s
set gate.step_limit 100s
ha whole master n2
at 3700s step n2 +30s
by 3790s gate closed
at 3800s restore n1 -3600s
at 3850s heal
by 4100s ha open
by 4100s gate open
at 4200s step n3 +40s
by 4300s gate closed
alerts
  whatever all node-stepped gate-closed cluster-split
