# SPDX-License-Identifier: LGPL-2.1-or-later
story An administrator arms HA while timeguard holds it closed: that counts, and timeguard closes nothing more until it is released
set gate.mode enforce
set gate.release 10s
set gate.step_limit 100s     # chronyd slews it back: not the point
ha whole master n2
at 60s step n2 +30s
at 110s ha-arm
at 300s gate-release n1
by 110s gate closed
from 170s to 299s record taken
from 170s to 299s gate held
from 170s to 299s ha open
by 299s closes 1
by 299s opens 0
by 350s closes 2
by 350s gate closed
alerts
  gate-closed raised 75s..110s cleared 120s..170s
  gate-taken raised 120s..170s cleared 301s..304s
  gate-blocked raised 120s..175s cleared 325s..335s
  gate-closed raised 305s..350s
  whatever all cluster-breached cluster-unproven
