# SPDX-License-Identifier: LGPL-2.1-or-later
story n3 sleeps for 30 s; its REALTIME goes on, and that is no step
at 60s suspend n3 for 30s
from 10s to 60s cluster agreed
from 66s to 88s seen-by n1,n2 cluster agreed
by 85s seen-by n1,n2 set n1,n2
by 85s seen-by n1,n2 margin 0
by 100s cluster agreed
by 100s all ok
by 100s set all
by 150s all ok
alerts
