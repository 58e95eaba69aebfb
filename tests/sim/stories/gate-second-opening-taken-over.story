# SPDX-License-Identifier: LGPL-2.1-or-later
story n1 has opened once; the next opening is begun by n2 while n1 is cut off, n2's agent dies before its command, and n1 goes on with it: what it saw of the first says nothing of the next
set gate.mode enforce
set gate.release 10s
set gate.step_limit 100s     # what chronyd has to correct is not the point
ha whole master n3
at 60s step n3 +30s
at 100s chrony-start n3
at 160s step n3 +30s
at 210s partition n1 | n2 n3 for 20s
at 210s agent-kill-at n2 opening for 200s
at 214s chrony-start n3
by 100s gate closed
by 150s gate open
by 150s opens 1
by 210s gate closed
by 300s seen-by n1,n3 gate open
by 300s ha open
by 300s opens 2
alerts
  gate-closed raised 70s..100s cleared 110s..150s
  gate-closed raised 170s..210s cleared 228s..300s seen-by n1,n3
  gate-closed raised 170s..210s seen-by n2
  whatever all cluster-breached cluster-split node-mute
