# SPDX-License-Identifier: LGPL-2.1-or-later
story gate.mode is observe, and n2 is proven 30 s off: safe-step there asks for the gate to be closed, and it closes
set gate.step_limit 100s
ha whole
at 60s step n2 +30s
at 61s chrony-stop n2
at 120s gate-close n2
by 420s gate closed
by 420s ha closed
until 430s
alerts
  whatever all cluster-breached cluster-split two-authorities pending-step gate-closed node-beyond node-stepped node-holdover node-unsynchronised gate-blocked gate-would-close
