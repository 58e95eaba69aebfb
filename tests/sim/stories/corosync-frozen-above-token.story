# SPDX-License-Identifier: LGPL-2.1-or-later
story corosync of n2 stands still for 30 s: the others form a ring without it, and n2 knows that it hears nothing
at 60s corosync-freeze n2 for 30s
from 10s to 89s seen-by n1,n3 cluster agreed
by 80s seen-by n1,n3 set n1,n3
by 75s seen-by n2 cluster unproven
by 75s seen-by n2 reason delivers nothing
by 97s cluster agreed
by 97s all ok
by 97s set all
until 120s
alerts
  not-heard raised 66s..71s cleared 92s..97s seen-by n2
