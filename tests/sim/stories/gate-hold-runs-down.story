# SPDX-License-Identifier: LGPL-2.1-or-later
story A hold for 100 s, and all agents are killed after 90: it does not begin anew with them, but for what was not on disk yet
set gate.mode enforce
ha whole
at 50s gate-hold n1 for 100s
at 140s agent-kill all for 2s
by 215s not gate held
until 260s
alerts
  whatever all node-mute
