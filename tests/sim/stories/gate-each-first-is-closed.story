# SPDX-License-Identifier: LGPL-2.1-or-later
story Every node closes itself, and an administrator has stopped the HA services of n1, the first in turn: the others close all the same, and n1 stays as it is
set gate.mode enforce
set gate.release 10s
set gate.step_limit 100s
ha each master n2
at 20s ha-stop n1
at 60s step n2 +30s
at 150s chrony-start n2
from 120s to 150s ha-of n2,n3 closed
by 150s record verified
by 220s record undone
by 220s ha-of n2,n3 open
from 50s to 220s ha-of n1 closed
by 220s opens 2
by 220s closes 2
alerts
  gate-closed raised 75s..120s cleared 165s..220s
  whatever all cluster-breached
