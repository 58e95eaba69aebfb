# SPDX-License-Identifier: LGPL-2.1-or-later
story Each node has closed itself; n3 is cut off when the others open, and is back with a wrong clock when timeguard only observes: that its HA services still stand still is told by all, until its clock is right
set gate.mode enforce
set gate.release 10s
set gate.step_limit 100s     # chronyd slews it back: not the point
ha each master n2
at 60s step n2 +30s
by 110s gate closed
at 120s partition n1,n2 | n3
at 121s step n2 -30s
by 240s ha-of n1,n2 open
at 250s configure n1,n2,n3 gate.mode observe
at 260s step n3 +30s
at 300s merge
by 300s seen-by n1,n2 record undone
from 310s to 500s ha-of n3 closed
from 310s to 500s seen-by n1,n2,n3 raised gate-closed
at 500s step n3 -25s
by 900s ha-of n3 open
by 900s not raised gate-closed
alerts
  whatever all cluster-breached cluster-split cluster-unproven two-authorities gate-closed gate-would-close node-stepped node-beyond node-mute no-cluster gate-blocked not-heard
