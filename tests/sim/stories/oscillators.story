# SPDX-License-Identifier: LGPL-2.1-or-later
story Oscillators of 120, 300 and 500 ppm relative: chronyd steers them, and every bound is aged by what the pair needs
nodes 4
budget 50ms
oscillator n1 +0ppm
oscillator n2 +120ppm
oscillator n3 +300ppm
oscillator n4 -200ppm
from 20s to 20m cluster agreed
by 20m rho n1 n2 above 269ppm
by 20m rho n1 n2 below 320ppm
by 20m rho n1 n3 above 629ppm
by 20m rho n3 n4 above 1029ppm
by 20m rho n3 n4 below 1200ppm
by 20m width n3 n4 below 10ms
alerts
