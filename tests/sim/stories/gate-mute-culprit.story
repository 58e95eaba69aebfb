# SPDX-License-Identifier: LGPL-2.1-or-later
story The node that is wrong falls silent before it can gate itself: nobody does that for it, and an alert of its silence is all
set gate.mode enforce
set gate.release 10s
set gate.step_limit 100s     # what chronyd has to correct is not the point
ha whole
at 60s step n3 +30s
at 64s agent-kill n3
by 61.5s seen-by n1,n2 n3 beyond
from 10s to 300s gate open
by 300s seen-by n1,n2 n3 mute
by 300s closes 0
never not record none
never not record-of n3 none
until 300s
alerts
  whatever all cluster-breached cluster-unproven cluster-split
