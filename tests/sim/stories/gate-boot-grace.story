# SPDX-License-Identifier: LGPL-2.1-or-later
story The cluster boots and n2 is 30 s off: nothing is closed in the first two minutes after the boot
set gate.mode enforce
set gate.release 10s
set gate.step_limit 100s     # chronyd slews it back: not the point
set boot_grace 120s
ha whole master n2
at 0s power-off all
at 0.5s power-on all +0s
at 60s step n2 +30s
from 10s to 99s gate open
by 99s closes 0
by 150s gate closed
by 150s closes 1
alerts
  gate-closed raised 105s..150s
  whatever all cluster-breached cluster-unproven
