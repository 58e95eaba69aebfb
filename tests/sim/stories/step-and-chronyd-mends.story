# SPDX-License-Identifier: LGPL-2.1-or-later
story n3 is stepped 3 s back; chronyd sees it at its next poll and slews it home at 83333 ppm
at 60s step n3 -3s
by 60.5s n3 beyond
from 60.5s to 80s cluster breached
by 130s all ok
by 130s cluster agreed
by 130s apart n1 n3 below 10ms
until 150s
alerts
  node-stepped n3 raised 60s..60.2s cleared 125s..127s
  node-beyond n3 raised 60s..60.5s cleared 85s..110s
  node-drifting n3 raised 80s..105s cleared 90s..120s
  node-claim-contradicted n3 raised 63s..64s cleared 75s..90s
