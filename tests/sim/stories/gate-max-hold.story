# SPDX-License-Identifier: LGPL-2.1-or-later
story What has been closed for longer than gate.max_hold is an alarm, and no reason to open
set gate.mode enforce
set gate.release 10s
set gate.step_limit 100s     # what chronyd has to correct is not the point
set gate.max_hold 60s
ha whole master n2
at 60s step n2 +30s
at 250s chrony-start n2
from 100s to 255s gate closed
from 100s to 255s ha closed
by 310s ha open
by 310s gate open
alerts
  gate-closed raised 75s..100s cleared 265s..310s
  gate-max-hold raised 135s..162s cleared 265s..310s
  whatever all cluster-breached cluster-unproven cluster-split
