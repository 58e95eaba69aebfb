# SPDX-License-Identifier: LGPL-2.1-or-later
story n3 is at 85 % of the budget: it is warned of before it is beyond
poll all 10
at 60s step n3 +850ms for 60s
by 64s n3 drifting
by 64s cluster at-risk
by 64s reason n3 is drifting
by 64s set all
from 64s to 120s n3 drifting
never somebody beyond
by 140s cluster agreed
until 190s
alerts
  node-stepped n3 raised 60s..60.2s cleared 185s..187s
  node-drifting n3 raised 63s..64s cleared 130s..131.5s
  node-claim-contradicted n3 raised 63s..64s cleared 130s..131.5s
