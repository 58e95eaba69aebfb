# SPDX-License-Identifier: LGPL-2.1-or-later
story Of sixteen nodes nine have no agent: seven cannot speak for the cluster
nodes 16
install n1-n7
from 2s to 90s cluster unproven
by 60s n8-n16 mute
by 60s set none
by 60s reason without an agent that is heard
until 90s
alerts
  cluster-unproven raised 28s..45s
  node-mute n8-n16 raised 30s..60s
