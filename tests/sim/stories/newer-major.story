# SPDX-License-Identifier: LGPL-2.1-or-later
story n3 speaks a major version that the others cannot read: refused and named, and n3 is as good as mute
at 60s tamper n3 major
by 72s seen-by n1,n2 n3 mute
by 72s seen-by n1,n2 n1,n2 ok
by 72s seen-by n1,n2 cluster at-risk
by 72s seen-by n1,n2 set n1,n2
by 72s seen-by n3 cluster unproven
until 90s
alerts
  node-bad-report n3 raised 60s..62s
  node-mute n3 raised 76s..80s seen-by n1,n2
  not-heard raised 66s..71s seen-by n3
