# SPDX-License-Identifier: LGPL-2.1-or-later
story The machine of n3 is paused again and again: its RAW contradicts itself each time, until that is said to be more than chance
budget 10s
set mute_after 10s
poll all 10
at 60s pause n3 for 1.2s
at 90s pause n3 for 1.2s
at 120s pause n3 for 1.2s
at 150s pause n3 for 1.2s
at 180s pause n3 for 1.2s
at 210s pause n3 for 1.2s
by 59s cluster agreed
by 89s cluster agreed
by 119s cluster agreed
by 149s cluster agreed
by 179s cluster agreed
from 10s to 240s pair n1 n2 within
never somebody beyond
by 240s rho n1 n3 above 1000ppm
by 240s rho n1 n2 below 300ppm
by 240s apart n1 n3 above 7s
alerts
  node-oscillator n3 raised 120s..125s
