# SPDX-License-Identifier: LGPL-2.1-or-later
story n3 has no source and serves its own clock as if it were right: chronyd's tracking looks perfect
follow n3 none
local n3 on
by 20s n3 local-clock
by 20s cluster at-risk
by 20s n1,n2 ok
by 20s source 10.0.0.254
alerts
  node-local-clock n3 raised 2s..10s
