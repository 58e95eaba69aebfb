# SPDX-License-Identifier: LGPL-2.1-or-later
story n3 is stepped while it is cut off: when it is back its new offset is proven at once, and no old bound stands in the way
poll all 10
at 60s partition n1 n2 | n3
at 80s step n3 -2s
at 100s merge
from 10s to 99s seen-by n1,n2 cluster agreed
by 103s n3 beyond
by 103s cluster breached
until 120s
alerts
  node-stepped n3 raised 80s..80.2s cleared 145s..150s seen-by n3
  node-stepped n3 raised 100s..103s seen-by n1,n2
  cluster-unproven raised 91s..96s cleared 105s..110s seen-by n3
  node-beyond n3 raised 100.5s..103s
  node-claim-contradicted n3 raised 103s..107s
