# SPDX-License-Identifier: LGPL-2.1-or-later
story n5, gated alone, loses its power for good: it counts as closed until it is taken out of the cluster; after that another lone node is gated alone
nodes 5
set gate.mode enforce
set gate.release 10s
ha whole
at 60s step n5 +30s
by 95s record-of n5 verified
at 120s power-off n5
from 121s to 600s seen-by n1,n2,n3,n4 record-of n5 verified
at 600s remove n5
from 600s to 659s seen-by n1,n2,n3,n4 record-of n5 verified
by 665s seen-by n1,n2,n3,n4 record-of n5 undone
from 665s to 700s seen-by n1,n2,n3,n4 gate open
at 700s step n4 +30s
by 740s record-of n4 verified
never not record none
never not ha-of n1,n2,n3 open
alerts
  whatever all cluster-breached cluster-split cluster-unproven two-authorities gate-closed gate-max-hold node-mute not-heard node-stepped node-beyond
