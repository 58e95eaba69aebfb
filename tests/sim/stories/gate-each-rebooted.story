# SPDX-License-Identifier: LGPL-2.1-or-later
story Every node closes itself, and n3 is booted meanwhile, which starts its HA services: that is no administrator, and it closes itself anew
set gate.mode enforce
set gate.release 10s
set gate.step_limit 100s     # chronyd slews it back, within the gate limit at 360 s
ha each master n2
at 60s step n2 +30s
at 140s power-off n3 for 40s
by 140s ha closed
from 140s to 360s ha-of n1,n2 closed
from 320s to 360s ha-of n3 closed
by 450s ha open
by 450s closes 4
by 450s opens 3
alerts
  gate-closed raised 75s..140s cleared 365s..450s seen-by n1,n2
  gate-closed raised 75s..140s seen-by n3
  gate-closed raised 180s..182s cleared 365s..450s seen-by n3
  whatever all cluster-breached cluster-unproven
