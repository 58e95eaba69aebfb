# SPDX-License-Identifier: LGPL-2.1-or-later
story n3 is stepped by +30 s, and the source says so to it and to the others: it alone is gated, until chronyd has slewed it back
set gate.mode enforce
set gate.release 10s
ha each
at 60s step n3 +30s
by 95s record-of n3 verified
from 95s to 350s ha-of n3 closed
from 95s to 350s gate closed
never not record none
never not ha-of n1,n2 open
by 410s record-of n3 undone
by 410s ha-of n3 open
by 410s gate open
by 500s closes 1
by 500s opens 1
alerts
  gate-closed raised 75s..95s cleared 380s..410s
  whatever all cluster-breached cluster-split two-authorities
