# SPDX-License-Identifier: LGPL-2.1-or-later
story n3 has no agent: the others are a majority and agree
install n1,n2
from 15s to 2m cluster at-risk
by 15s n3 mute
by 15s n1,n2 ok
by 15s set n1,n2
alerts
  node-mute n3 raised 12s..25s
