# SPDX-License-Identifier: LGPL-2.1-or-later
story corosync of n3 is stopped in good order and started again a minute later: n3 says "no cluster", and nobody else is troubled
at 60s corosync-stop n3 for 60s
from 61s to 119s seen-by n3 cluster unproven
by 62s seen-by n3 reason no cluster
by 70s seen-by n3 remedy systemctl status corosync
from 10s to 119s seen-by n1,n2 cluster agreed
by 80s seen-by n1,n2 set n1,n2
by 80s seen-by n1,n2 margin 0
by 127s cluster agreed
by 127s all ok
by 127s set all
until 150s
alerts
  no-cluster raised 65s..66s cleared 122s..125s seen-by n3
