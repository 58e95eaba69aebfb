# SPDX-License-Identifier: LGPL-2.1-or-later
story Four nodes with auto_tie_breaker: closed, and then n3 and n4 lose their power; n1 and n2, quorate by the tie breaker, may open
nodes 4
flags auto_tie_breaker
set gate.mode enforce
set gate.release 10s
set gate.step_limit 100s
ha whole
at 60s step n2 +30s
at 61s step n3 +60s
by 110s record verified
at 120s power-off n3,n4
at 121s step n2 -30s
at 300s gate-release n1
by 600s seen-by n1,n2 gate open
until 610s
alerts
  whatever all cluster-breached cluster-split cluster-unproven two-authorities gate-closed gate-max-hold node-mute not-heard node-stepped node-beyond no-cluster gate-blocked gate-failed
