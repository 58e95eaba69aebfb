# SPDX-License-Identifier: LGPL-2.1-or-later
story n3 does not know the command that closes the cluster, so each closes itself; n1's agent is killed while n1 does; as it is back the cluster is open and n1 closed: by itself, so it opens n1 with the rest
set gate.mode enforce
set gate.release 10s
set gate.step_limit 100s     # n2's chronyd slews it back: not the point
ha whole master n2 old n3
at 50s agent-kill-at n1 run for 40s
at 60s step n2 +30s
at 150s chrony-start n2
by 90s ha-of n1 closed       # its command went on
never not ha open            # the cluster's: what a new agent reads before it knows what it did itself
by 100s record issued
from 110s to 150s record verified
from 110s to 150s ha-of all closed
by 180s ha-of all open
by 180s record undone
by 400s closes 3
by 400s opens 3
alerts
  gate-closed raised 92s..110s cleared 162s..180s
  whatever all cluster-breached cluster-unproven
