# SPDX-License-Identifier: LGPL-2.1-or-later
story The server dies: chronyd goes on saying Normal, timeguard says holdover and, when nobody can vouch for the clocks any more, unsynchronised
budget 50ms
at 120s server-die s1
at 1500s server-live s1
from 10s to 220s cluster agreed
by 270s all holdover
by 270s cluster at-risk
by 270s why n1 Normal
from 270s to 1050s all holdover
by 1120s all unsynchronised
by 1530s cluster agreed
never somebody beyond
alerts
  node-holdover all raised 230s..260s cleared 1055s..1120s
  node-unsynchronised all raised 1050s..1115s cleared 1500s..1530s
