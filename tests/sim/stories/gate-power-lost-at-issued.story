# SPDX-License-Identifier: LGPL-2.1-or-later
story The executor's node loses power when it has told that the gate is issued: the others go on without it, and open
set gate.mode enforce
set gate.release 10s
set gate.step_limit 100s     # n2's chronyd slews it back: not the point
ha whole master n2
at 50s power-off-at all issued for 250s
at 60s step n2 +30s
at 150s chrony-start n2
by 130s record verified
by 130s ha closed
by 200s ha open
by 200s record undone
by 350s gate open
by 350s closes 1
by 350s opens 1
until 350s
alerts
  gate-closed raised 75s..130s cleared 160s..200s seen-by n2,n3
  whatever all cluster-breached
