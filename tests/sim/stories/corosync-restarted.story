# SPDX-License-Identifier: LGPL-2.1-or-later
story corosync of n3 dies and is back before the others notice: NODEDOWN and NODEUP come together
at 60s corosync-bounce n3
from 10s to 2m seen-by n1,n2 cluster agreed
from 10s to 2m seen-by n1,n2 n1,n2 ok
by 72s cluster agreed
by 72s all ok
by 72s set all
by 58s ring 4
by 72s ring 8
until 2m
alerts
