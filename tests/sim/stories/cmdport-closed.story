# SPDX-License-Identifier: LGPL-2.1-or-later
story chronyd of n2 no longer answers on its command port (cmdport 0): the clock stays right, but nobody can vouch for it
at 60s chrony-mute n2
by 70s n2 holdover
from 70s to 5m n2 holdover
from 10s to 5m pair n1 n2 within
by 5m apart n1 n2 below 10ms
alerts
  node-holdover n2 raised 61s..64s
  node-chrony-silent n2 raised 62s..65s
