# SPDX-License-Identifier: LGPL-2.1-or-later
story The network breaks: two nodes have the quorum and go on, the third says that it has none; then it is whole again
at 60s partition n1 n2 | n3
at 120s merge
from 10s to 119s seen-by n1,n2 cluster agreed
by 80s seen-by n1,n2 set n1,n2
by 80s seen-by n1,n2 margin 0
from 66s to 120s seen-by n3 cluster unproven
by 70s seen-by n3 reason not quorate
by 127s cluster agreed
by 127s all ok
by 127s set all
until 150s
alerts
  cluster-unproven raised 91s..96s cleared 125s..130s seen-by n3
