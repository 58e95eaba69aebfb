# SPDX-License-Identifier: LGPL-2.1-or-later
story REALTIME of n2 begins to run 2000 ppm fast in mid second: its report goes out at once, not at the next second
poll all 10
at 61.3s rate n2 +2000ppm for 20s
by 61.95s seen-by n1,n3 age n2 below 620ms
by 61.95s seen-by n1,n3 age n3 above 800ms
until 65s
alerts
