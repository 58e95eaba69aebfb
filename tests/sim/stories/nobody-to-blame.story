# SPDX-License-Identifier: LGPL-2.1-or-later
seed 2
story Offsets of 0, 0.9 and 1.8 budgets: one pair is beyond, and nobody can say whose fault it is
poll all 10
at 0s step n1 +400ms      # until chronyd has slewed it, n2 is the lower of the first two that agree ...
at 0s agent-stop n3 for 8s # ... and it remains the reference
by 50s reference n2
by 50s all ok
at 60.3s step n2 +900ms
at 60.3s step n3 +1800ms
from 60.5s to 120s pair n1 n3 beyond
by 61.4s pair n1 n2 within
by 61.4s pair n2 n3 within
from 60.5s to 120s cluster breached
by 63s reason it is not proven which of them is wrong
never somebody beyond
until 120s
alerts
  node-stepped n2,n3 raised 60.3s..60.5s
  cluster-breached raised 61.8s..62.5s
  node-drifting n1,n3 raised 63.3s..65s
  node-claim-contradicted n1,n3 raised 63.3s..65s
