# SPDX-License-Identifier: LGPL-2.1-or-later
story The machine of n5 stands still for 3 s, less than corosync's token: its clocks come back 3 s late, and chronyd slews them home
nodes 7
budget 500ms
at 60s pause n5 for 3s
by 66.5s n5 beyond
by 66.5s cluster breached
by 66.5s apart n1 n5 above 2.5s
never n1-n4 beyond
by 120s all ok
by 130s cluster agreed
alerts
  node-beyond n5 raised 64s..66.5s cleared 80s..110s
  node-claim-contradicted n5 raised 67s..70s cleared 70s..90s
