# SPDX-License-Identifier: LGPL-2.1-or-later
story The agent of n3 dies, but corosync keeps it in the process group: its silence tells, not the list of members
at 0s ghost n3
at 60s agent-kill n3
from 10s to 65s seen-by n1,n2 cluster agreed
by 69s seen-by n1,n2 n3 mute
until 90s
alerts
  node-mute n3 raised 76s..79s seen-by n1,n2
