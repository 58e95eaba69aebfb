# SPDX-License-Identifier: LGPL-2.1-or-later
story timeguard is installed on n1 alone: it says who has no agent, and that nothing is proven
install n1
from 2s to 2m cluster unproven
by 15s n2,n3 mute
by 15s n1 unproven
by 15s reason n2, n3
by 15s remedy missing agents
by 60s margin 1
alerts
  cluster-unproven raised 28s..45s
  node-mute n2,n3 raised 12s..25s
