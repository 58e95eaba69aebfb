# SPDX-License-Identifier: LGPL-2.1-or-later
story n3 of three runs away at 8 %, and the cluster can spare it: nothing is closed before the limit is crossed; then it is gated alone
set gate.mode enforce
set gate.release 10s
set gate.step_limit 100s     # what chronyd has to correct is not the point
ha whole
at 60s chrony-stop n3
at 60s rate n3 +80000ppm
by 59s margin 1
by 125s apart n1 n3 above 5.1s
from 10s to 126s gate open
by 126s closes 0
by 170s record-of n3 verified
by 170s ha-of n3 closed
never not record none
by 170s ha open
alerts
  gate-closed raised 132s..170s
  whatever all cluster-breached cluster-unproven cluster-split
