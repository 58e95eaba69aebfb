# SPDX-License-Identifier: LGPL-2.1-or-later
story n5 follows n4, which follows nothing but itself
nodes 5
follow n4 none
local n4 on
follow n5 n4
by 20s n4 local-clock
by 20s n5 local-clock
by 20s why n5 its time comes from the local clock of n4
by 20s cluster at-risk
by 20s n1-n3 ok
alerts
  node-local-clock n4 raised 2s..10s
  node-orphan n5 raised 2s..10s
