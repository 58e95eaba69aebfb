# SPDX-License-Identifier: LGPL-2.1-or-later
story n3 alone is stepped by +30 s; in observe mode each says that the gate would close for n3, and n3 with its own command, and nothing is done
ha whole
at 60s step n3 +30s
from 75s to 300s danger node
never not gate open
never not record none
never not ha open
never not ha-of all open
by 300s closes 0
alerts
  gate-would-close raised 65s..95s
  whatever all cluster-breached cluster-split two-authorities
