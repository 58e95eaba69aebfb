# SPDX-License-Identifier: LGPL-2.1-or-later
story All nodes lose power and come back one after the other
at 60s power-off all
at 90s power-on n1 +0s
at 100s power-on n2 +0s
at 130s power-on n3 +0s
by 99s seen-by n1 cluster unproven
by 99s seen-by n1 reason not quorate
by 110s seen-by n1,n2 cluster agreed
by 140s cluster agreed
by 140s all ok
alerts
