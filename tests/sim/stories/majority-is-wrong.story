# SPDX-License-Identifier: LGPL-2.1-or-later
story A bad source jumps by 10 s and steps one node after the other: two of three are a majority, and the third, which is right, is what differs
makestep all 1s 1000000
poll n1 4
poll n2 5
poll n3 6
at 75s server-step s1 +10s
by 85s cluster agreed
by 90s n1 beyond                   # the first that steps
by 90s cluster breached
by 90s wrong n2,n3 below 10ms
by 110s n3 beyond                  # the last that is right
by 110s n1,n2 ok
by 110s wrong n3 below 10ms
by 110s wrong n1,n2 above 9s
by 145s all ok                     # all wrong together
by 145s cluster agreed
by 145s wrong all above 9s
until 210s
alerts
  node-stepped n1 raised 85s..89s cleared 150s..155s
  node-beyond n1 raised 85s..89s cleared 100s..109s
  node-claim-contradicted n1 raised 88s..92s cleared 111s..116s
  node-stepped n2 raised 101s..105s cleared 166s..171s
  node-beyond n3 raised 101s..105s cleared 134s..142s
  node-claim-contradicted n3 raised 104s..108s cleared 143s..149s
  node-stepped n3 raised 133s..137s cleared 198s..204s
