# SPDX-License-Identifier: LGPL-2.1-or-later
seed 2
story The reference itself is stepped by most of the budget: it is the one that is off, not all the others
poll all 10
at 0s step n1 +400ms         # until chronyd has slewed it, n2 is the lower of the first two that agree ...
at 0s agent-stop n3 for 8s    # ... and it remains the reference
by 59s reference n2
by 59s all ok
at 60.3s step n2 -900ms
by 61.4s not reference n2
from 62s to 120s n2 drifting
from 62s to 120s n1,n3 ok
never somebody beyond
alerts
  node-stepped n2 raised 60.3s..60.5s
  node-drifting n2 raised 63s..65s
  node-claim-contradicted n2 raised 63s..65s
