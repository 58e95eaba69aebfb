# SPDX-License-Identifier: LGPL-2.1-or-later
story n5, gated alone and cut off, is taken out of corosync.conf for two minutes and put back without a reboot: its closing, which the others had written off, is known again and undone
nodes 5
set gate.mode enforce
set gate.release 10s
set gate.step_limit 100s
ha whole
at 60s step n5 +30s
by 95s record-of n5 verified
at 120s partition n1,n2,n3,n4 | n5
at 125s step n5 -30s
at 200s remove n5 for 120s
by 290s seen-by n1,n2 record-of n5 undone
at 330s merge
by 700s ha-of n5 open
until 710s
alerts
  whatever all cluster-breached cluster-split cluster-unproven two-authorities gate-closed gate-max-hold node-mute not-heard node-stepped node-beyond
