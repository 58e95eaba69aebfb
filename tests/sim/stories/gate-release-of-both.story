# SPDX-License-Identifier: LGPL-2.1-or-later
story Each node closes itself, n3 was gated alone before: a release is of both
set gate.mode enforce
set gate.release 600s
set gate.step_limit 100s
ha each
at 60s step n3 +30s
by 110s record-of n3 verified
at 120s step n3 -30s
at 125s gate-close n3
by 200s record verified
at 210s gate-release n3
by 510s gate open
until 530s
alerts
  whatever all cluster-breached cluster-split two-authorities pending-step gate-closed node-beyond node-stepped gate-blocked
