# SPDX-License-Identifier: LGPL-2.1-or-later
story All nodes are stepped by 4 s in the same instant: each step is told, and nobody is blamed
nodes 5
poll all 10
at 60s step all +4s
from 10s to 60s cluster agreed
from 61.2s to 140s cluster agreed     # until the next report nobody knows who had stepped when it sent, and who not
never somebody beyond
by 140s wrong all above 3.9s
alerts
  node-stepped all raised 60s..60.3s cleared 125s..127s
