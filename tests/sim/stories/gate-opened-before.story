# SPDX-License-Identifier: LGPL-2.1-or-later
story n2 opens in n1's place, twice, as n1's executor fails when it is to open: the second time it is opened as well
set gate.mode enforce
set gate.release 10s
set gate.step_limit 100s
ha whole master n2
at 60s step n2 +30s
at 110s chrony-start n2
at 111s executor-fails n1 for 89s
at 300s step n2 +30s
at 350s chrony-start n2
at 351s executor-fails n1 for 89s
by 109s gate closed
by 220s ha open
by 220s gate open
by 349s gate closed
by 600s gate open
by 600s ha open
alerts
  whatever all node-beyond gate-closed gate-failed
