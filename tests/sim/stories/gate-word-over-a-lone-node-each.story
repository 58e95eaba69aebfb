# SPDX-License-Identifier: LGPL-2.1-or-later
story The same where each node closes itself
set gate.mode enforce
set gate.release 600s
set gate.step_limit 100s
ha each
at 60s step n3 +30s
at 61s chrony-stop n3
by 110s record-of n3 verified
at 120s gate-close n3
by 420s ha closed
by 420s record verified
until 430s
alerts
  whatever all cluster-breached cluster-split two-authorities pending-step gate-closed node-beyond node-stepped node-holdover node-unsynchronised gate-blocked node-foreign-source
