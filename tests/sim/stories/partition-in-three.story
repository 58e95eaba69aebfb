# SPDX-License-Identifier: LGPL-2.1-or-later
story The network breaks into three: nobody has the quorum
at 60s partition n1 | n2 | n3
at 120s merge
from 66s to 120s cluster unproven
by 70s reason not quorate
by 70s nobody beyond
by 127s cluster agreed
until 150s
alerts
  cluster-unproven raised 91s..97s cleared 125s..130s
