# SPDX-License-Identifier: LGPL-2.1-or-later
story n3 is stepped 3 s back; chronyd sees it at its next poll and slews it home at 83333 ppm
budget 500ms
at 60.3s step n3 -1500ms
by 60.4s n3 beyond
from 60.4s to 75s cluster breached
by 130s all ok
by 130s cluster agreed
by 130s apart n1 n3 below 10ms
until 150s
alerts
  node-stepped n3 raised 60.3s..60.4s cleared 125s..127s
  node-beyond n3 raised 60.3s..60.4s cleared 75s..95s
  node-claim-contradicted n3 raised 63.3s..64.5s cleared 75s..90s
