# SPDX-License-Identifier: LGPL-2.1-or-later
story The one source jumps by 7 s; n1 and n2 are slewed after it, n3's chronyd stands still: source and majority are of one mind against n3, and yet it is not gated alone, as it is not n3 that has moved
set gate.mode enforce
set gate.release 10s
set gate.step_limit 100s     # what chronyd has to correct is not the point
ha whole
at 88s chrony-freeze n3 for 112s
at 90s server-step s1 +7s
by 130s wrong n3 below 10ms
from 220s to 240s ha closed
by 220s record verified
never not record-of n3 none
never not ha-of all open
until 300s
alerts
  gate-closed raised 165s..220s cleared 255s..290s
  whatever all cluster-breached cluster-unproven cluster-split
