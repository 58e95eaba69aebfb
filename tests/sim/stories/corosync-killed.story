# SPDX-License-Identifier: LGPL-2.1-or-later
story corosync of n3 is killed and started again 20 s later: for token + consensus nobody hears anybody, and nothing is blamed
at 60s corosync-kill n3 for 20s
from 10s to 79s seen-by n1,n2 cluster agreed
from 61s to 79s seen-by n3 cluster unproven
by 90s cluster agreed
by 90s all ok
by 90s set all
until 120s
alerts
  no-cluster raised 65s..66s cleared 82s..85s seen-by n3
