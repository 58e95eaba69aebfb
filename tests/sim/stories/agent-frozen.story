# SPDX-License-Identifier: LGPL-2.1-or-later
story The agent of n3 is stopped by a signal for 60 s: mute; what waited for it then comes in a burst, and spoils no bound
at 60s agent-freeze n3 for 60s
by 69s seen-by n1,n2 n3 mute
by 69s seen-by n1,n2 cluster at-risk
by 124s all ok
by 124s cluster agreed
until 150s
alerts
  node-mute n3 raised 76s..79s cleared 122s..124s seen-by n1,n2
