# SPDX-License-Identifier: LGPL-2.1-or-later
story The agent of n1 is frozen; meanwhile its clock is stepped, and back a second later: no bound holds what was not so
at 60.773s agent-freeze n1 for 40.01s
at 99.204s step n1 -1.15s for 0.979s
until 110s
alerts
  whatever all node-mute
