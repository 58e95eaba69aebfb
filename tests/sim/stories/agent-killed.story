# SPDX-License-Identifier: LGPL-2.1-or-later
story The agent of n2 dies and is started again 40 s later
at 60s agent-kill n2 for 40s
from 10s to 65s seen-by n1,n3 cluster agreed
by 69s seen-by n1,n3 n2 mute
by 69s seen-by n1,n3 cluster at-risk
by 69s seen-by n1,n3 set n1,n3
by 105s all ok
by 105s cluster agreed
until 150s
alerts
  node-mute n2 raised 76s..79s cleared 102s..104s seen-by n1,n3
