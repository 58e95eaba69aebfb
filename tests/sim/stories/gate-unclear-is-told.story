# SPDX-License-Identifier: LGPL-2.1-or-later
story An administrator has stopped the HA services of n3, so a disarm hangs at "disarming"; the executor dies when its command is accepted: whose it is is unclear, and that is said
set gate.mode enforce
set gate.release 10s
set gate.step_limit 100s
ha whole master n2
at 20s ha-stop n3
at 50s power-off-at all accepted for 60s
at 60s step n2 +30s
by 400s ha closing
by 400s record unclear
by 400s raised gate-unclear
alerts
  whatever all node-beyond cluster-breached gate-unclear
