# SPDX-License-Identifier: LGPL-2.1-or-later
story REALTIME of n2 runs 83333 ppm too fast for 6 s, and as much too slow later: the bound follows it
budget 250ms
poll all 10
at 60s rate n2 +83333ppm for 6s
at 90s rate n2 -83333ppm for 6s
from 10s to 62s not n2 beyond
by 64.2s n2 beyond
from 64.2s to 91s n2 beyond
by 66s apart n1 n2 above 490ms
by 100s all ok
by 110s cluster agreed
alerts
  node-beyond n2 raised 63s..64.2s cleared 95s..98s
  node-claim-contradicted n2 raised 65s..68s cleared 100s..106s
