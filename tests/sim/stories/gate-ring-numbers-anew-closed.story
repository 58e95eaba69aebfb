# SPDX-License-Identifier: LGPL-2.1-or-later
story Closed, and the cluster is set up again with ring numbers from the beginning: it opens
set gate.mode enforce
set gate.step_limit 100s
set gate.release 10s
ha whole
at 20s partition n1,n2 | n3
at 22s merge
at 24s partition n1,n2 | n3
at 26s merge
at 28s partition n1,n2 | n3
at 30s merge
at 60s step n2 +30s
by 110s gate closed
at 120s step n2 -30s
at 121s corosync-kill all for 5s
at 122s ring-anew
by 400s ha open
by 400s gate open
until 410s
alerts
  whatever all cluster-breached cluster-split cluster-unproven two-authorities gate-closed gate-max-hold node-mute not-heard node-stepped node-beyond no-cluster gate-blocked gate-failed
