# SPDX-License-Identifier: LGPL-2.1-or-later
story n2 is stepped 3 s ahead; its chronyd is restarted and steps it back at its first update, as makestep allows
poll all 10
at 60.3s step n2 +3s
at 80s chrony-start n2
by 60.5s n2 beyond
from 60.5s to 80s n2 beyond
by 84s all ok
from 88s to 3m cluster agreed
by 90s apart n1 n2 below 20ms
alerts
  node-stepped n2 raised 60.3s..60.5s cleared 145s..150s
  node-beyond n2 raised 60.3s..60.5s cleared 83s..86s
  node-claim-contradicted n2 raised 63.3s..65s cleared 90s..94s
