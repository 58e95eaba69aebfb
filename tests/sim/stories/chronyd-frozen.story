# SPDX-License-Identifier: LGPL-2.1-or-later
story chronyd of n3 is stopped by a signal for two minutes: holdover, while the pair bounds go on
at 60s chrony-freeze n3 for 120s
by 65s n3 holdover
from 65s to 175s n3 holdover
by 65s cluster at-risk
from 10s to 4m pair n1 n3 within
by 65s why n3 chronyd does not answer
by 70s remedy command port
by 185s all ok
until 4m
alerts
  node-holdover n3 raised 61s..64s cleared 184s..188s
  node-chrony-silent n3 raised 62s..65s cleared 182s..186s
