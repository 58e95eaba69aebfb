# SPDX-License-Identifier: LGPL-2.1-or-later
story The oscillator of n3 runs 3000 ppm fast: chronyd cannot hold it, and no bound is trusted further than it goes
unchecked
at 60s oscillator n3 +3000ppm
from 10s to 60s cluster agreed
from 10s to 10m pair n1 n2 within
by 10m rho n1 n3 above 1000ppm
never n1 beyond
never n2 beyond
until 10m
alerts
  node-oscillator n3 raised 60s..300s
