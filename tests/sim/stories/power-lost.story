# SPDX-License-Identifier: LGPL-2.1-or-later
story n3 loses power: it is no member any more, and two of three go on; it boots with an RTC that is 20 s slow, and chronyd steps it right
set boot_grace 120s
at 60s power-off n3
at 120s power-on n3 -20s
from 10s to 60s cluster agreed
from 64s to 119s seen-by n1,n2 cluster agreed
by 80s seen-by n1,n2 set n1,n2
by 80s seen-by n1,n2 margin 0
by 130s cluster agreed
by 130s all ok
by 130s apart n1 n3 below 10ms
until 150s
alerts
