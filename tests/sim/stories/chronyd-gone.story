# SPDX-License-Identifier: LGPL-2.1-or-later
story chronyd of n3 is stopped for good: holdover, and unsynchronised when its last word no longer vouches for the budget
budget 20ms
set forecast_horizon 10m
at 60s chrony-stop n3
from 65s to 350s n3 holdover
by 550s n3 unsynchronised
by 550s cluster at-risk
by 550s n1,n2 ok
from 10s to 10m pair n1 n2 within
never somebody beyond
alerts
  node-chrony-silent n3 raised 62s..65s
  node-holdover n3 raised 61s..64s cleared 400s..500s
  node-unsynchronised n3 raised 395s..495s
