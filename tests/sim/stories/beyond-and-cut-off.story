# SPDX-License-Identifier: LGPL-2.1-or-later
story n3 is beyond when it is cut off, is set right meanwhile, and comes back: the old verdict does not come back with it
poll all 10
at 60.3s step n3 +5s
at 80s partition n1 n2 | n3
at 100s step n3 -5s
at 120s merge
by 79s n3 beyond
from 127s to 150s not n3 beyond
by 135s all ok
never n1,n2 beyond
until 200s
alerts
  node-stepped n3 raised 60.3s..60.4s cleared 165s..187s
  node-beyond n3 raised 60.3s..60.4s cleared 84s..90s
  node-claim-contradicted n3 raised 62s..66s cleared 90s..97s
  cluster-unproven raised 112s..121s cleared 122s..128s seen-by n3
