# SPDX-License-Identifier: LGPL-2.1-or-later
story An administrator arms HA while it is being disarmed for timeguard: that counts, timeguard does not disarm it again by itself
set gate.mode enforce
set gate.release 600s
set gate.step_limit 100s
ha whole master n2
at 60s step n2 +30s
at 72s ha-arm
by 300s closes 1
alerts
  whatever all node-beyond gate-taken gate-blocked
