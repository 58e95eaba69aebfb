# SPDX-License-Identifier: LGPL-2.1-or-later
story n3 is gated alone; then n2 goes away as well, and the cluster is closed by one command, which takes effect only once n3's own services run again
set gate.mode enforce
set gate.release 10s
ha whole
at 140s step n3 +30s
by 175s record-of n3 verified
by 175s record none
at 180s step n2 -40s
by 240s record verified
by 240s ha closed
by 240s record-of n3 undone
by 240s ha-of n3 open
from 240s to 580s gate closed
by 720s gate open                  # chronyd has slewed both back
by 720s ha open
alerts
  gate-closed raised 150s..175s cleared 580s..720s
  whatever all cluster-breached cluster-split two-authorities pending-step
