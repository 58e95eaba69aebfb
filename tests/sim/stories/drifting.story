# SPDX-License-Identifier: LGPL-2.1-or-later
story n3 is at 85 % of the budget: it is warned of before it is beyond
poll all 10
at 0s step n1 +400ms          # so that n2 becomes the reference and is right
at 0s agent-stop n3 for 8s
at 60.3s step n3 +850ms for 60s
by 64.5s n3 drifting
by 64.5s cluster at-risk
by 64.5s reason n3 is drifting
by 64.5s set all
from 64.5s to 120s n3 drifting
never somebody beyond
by 140s cluster agreed
until 190s
alerts
  node-stepped n3 raised 60.3s..60.4s cleared 185s..188s
  node-drifting n3 raised 63.3s..64.5s cleared 130s..132s
  node-claim-contradicted n3 raised 63.3s..64.5s cleared 130s..132s
