# SPDX-License-Identifier: LGPL-2.1-or-later
story The cluster is set up again with ring numbers from the beginning, and words of before are on the disks: a new hold counts all the same
set gate.mode enforce
set gate.step_limit 100s
ha whole
at 20s partition n1,n2 | n3
at 22s merge
at 24s partition n1,n2 | n3
at 26s merge
at 28s partition n1,n2 | n3
at 30s merge
at 50s gate-hold n2 for 10s
at 80s gate-release n2
at 90s corosync-kill all for 5s
at 91s ring-anew
at 150s gate-hold n2
from 160s to 165s seen-by n1,n2,n3 gate held
at 170s step n3 +30s
at 171s step n1 -30s
from 170s to 400s ha open
until 400s
alerts
  whatever all cluster-breached cluster-split cluster-unproven two-authorities gate-closed gate-max-hold node-mute not-heard node-stepped node-beyond no-cluster gate-blocked gate-failed
