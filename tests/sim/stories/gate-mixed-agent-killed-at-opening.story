# SPDX-License-Identifier: LGPL-2.1-or-later
story Each has closed itself; n1's agent is killed when it has told that all shall open; as it is back the cluster was never closed, but n1 still is, by itself: it opens n1
set gate.mode enforce
set gate.release 10s
set gate.step_limit 100s     # n2's chronyd slews it back: not the point
ha whole master n2 old n3
at 50s agent-kill-at n1 opening for 150s
at 60s step n2 +30s
at 150s executor-fails n3 for 60s   # so that it is not over by then
at 150s chrony-start n2
from 110s to 160s record verified
from 110s to 160s ha-of all closed
never not ha open            # the cluster's: what a new agent reads before it knows what it did itself
from 165s to 200s seen-by n2,n3 record opening
from 180s to 200s ha-of n2 open
from 110s to 200s ha-of n1,n3 closed
from 220s to 400s ha-of n1 open
by 260s ha-of all open
by 260s record undone
by 400s closes 3
by 400s opens 3
alerts
  gate-closed raised 75s..110s seen-by n1
  gate-closed raised 75s..110s cleared 201s..260s seen-by n2,n3
  gate-closed raised 200s..201s cleared 201s..260s seen-by n1     # as its disk had it
  gate-failed raised 160s..165s cleared 201s..300s seen-by n3
  whatever all cluster-breached cluster-unproven
