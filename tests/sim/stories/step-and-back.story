# SPDX-License-Identifier: LGPL-2.1-or-later
story n2 is set 2 s ahead by hand and, 30 s later, back; its chronyd notices neither
poll all 10
by 60s all ok
at 60.3s step n2 +2s for 30s
by 60.4s n2 beyond
from 60.4s to 90s n2 beyond
from 60.4s to 90s cluster breached
by 61s reason n2 is beyond the budget
by 61s remedy On n2 run 'chronyc tracking'
by 61s set n1,n3
by 100s all ok
by 100s cluster agreed
never n1 beyond
never n3 beyond
until 170s
alerts
  node-stepped n2 raised 60.3s..60.4s cleared 155s..158s
  node-beyond n2 raised 60.3s..60.4s cleared 93s..94s
  node-claim-contradicted n2 raised 63.3s..64.5s cleared 100s..101.5s
