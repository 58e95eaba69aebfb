# SPDX-License-Identifier: LGPL-2.1-or-later
story Four nodes and a qdevice with three votes: two nodes and the qdevice are quorate, but two of four nodes are no majority that agrees
nodes 4
qdevice 3
at 60s partition n1 n2 | n3 n4
at 120s merge
at 150s qdevice-lost
by 58s cluster agreed
by 58s margin 3
from 68s to 119s cluster unproven
by 80s seen-by n1,n2 margin 1
by 80s seen-by n1,n2 reason absent: n3, n4
by 80s seen-by n3,n4 reason not quorate
by 130s cluster agreed
by 149s margin 3
by 160s margin 0
from 130s to 180s cluster agreed
alerts
  cluster-unproven raised 92s..98s cleared 125s..131s
