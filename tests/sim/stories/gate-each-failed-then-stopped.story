# SPDX-License-Identifier: LGPL-2.1-or-later
story Each node closes itself, but on n1 the command fails; then an administrator stops the HA services of n1 himself: they are his, and timeguard does not start them
set gate.mode enforce
set gate.release 10s
set gate.step_limit 100s     # n2's chronyd slews it back: not the point
ha each master n2
at 50s executor-fails n1 for 200s
at 60s step n2 +30s
at 150s ha-stop n1
at 260s chrony-start n2
by 150s ha-of n3 closed
from 160s to 900s ha-of n1 closed
by 400s ha-of n2,n3 open
by 900s opens 2
alerts
  whatever all cluster-breached cluster-split two-authorities gate-closed gate-failed gate-blocked node-stepped node-beyond
