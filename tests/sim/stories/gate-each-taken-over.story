# SPDX-License-Identifier: LGPL-2.1-or-later
story Every node closes itself, and an administrator starts the HA services of n3 again: there they stay on, and timeguard closes nothing more until it is released
set gate.mode enforce
set gate.release 10s
set gate.step_limit 100s     # chronyd slews it back, within the gate limit at 360 s
ha each master n2
at 60s step n2 +30s
at 140s ha-go n3
by 140s ha closed
from 170s to 450s ha-of n3 open
from 140s to 360s ha-of n1,n2 closed
by 450s ha open
by 450s closes 3
by 450s opens 2
alerts
  gate-closed raised 75s..140s cleared 365s..450s
  gate-taken raised 140s..170s
  whatever all cluster-breached cluster-unproven
