# SPDX-License-Identifier: LGPL-2.1-or-later
story corosync of n2 stands still for 1.2 s, less than its token: reports come late and in a burst, and nothing is said
at 60s corosync-freeze n2 for 1.2s
by 61.15s age n1 above 1s
by 61.15s age n2 above 1s
from 10s to 2m cluster agreed
from 10s to 2m all ok
alerts
