# SPDX-License-Identifier: LGPL-2.1-or-later
story Sixteen nodes, and the network breaks into eight and eight: no half is quorate and nobody is blamed, also when they meet again
nodes 16
poll all 10
at 60s partition n1-n8 | n9-n16
at 120s merge
from 10s to 60s cluster agreed
from 90s to 119s cluster unproven
by 118s reason not quorate
by 118s seen-by n1-n8 set none
by 118s seen-by n1 pair n1 n8 within
by 118s seen-by n16 pair n9 n16 within
never somebody beyond
from 128s to 160s cluster agreed
from 128s to 160s all ok
until 160s
alerts
  cluster-unproven raised 105s..116s cleared 124s..130s
