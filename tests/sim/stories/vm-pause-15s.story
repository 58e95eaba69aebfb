# SPDX-License-Identifier: LGPL-2.1-or-later
story The machine of n3 stands still for 15 s: the others go on without it, and it comes back 15 s late
poll all 10
at 60s pause n3 for 15s
from 66s to 74s seen-by n1,n2 cluster agreed
by 70s seen-by n1,n2 set n1,n2
by 80s n3 beyond
by 80s cluster breached
at 100s step n3 +15s                # set right by hand
by 108s all ok
by 108s cluster agreed
until 170s
alerts
  node-beyond n3 raised 75s..79.5s cleared 103s..104s
  node-claim-contradicted n3 raised 78s..82s cleared 110s..112s
  node-stepped n3 raised 100s..100.3s cleared 165s..167s
