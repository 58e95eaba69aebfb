# SPDX-License-Identifier: LGPL-2.1-or-later
seed 17
story On a busy network n1 is restored to 10 ms before: less than messages take, so that a bound may miss the truth until its window is past it
nodes 6
budget 5ms
delay loaded
poll all 10
at 11s restore n1 +10ms
from 20s to 40s not pair n1 n3 within
by 20s apart n1 n3 above 9ms
never n2-n6 beyond
until 40s
alerts
  whatever n1
  whatever cluster-breached
  whatever cluster-unproven
  whatever budget-unprovable
  whatever node-claim-contradicted
