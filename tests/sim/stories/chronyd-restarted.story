# SPDX-License-Identifier: LGPL-2.1-or-later
story chronyd is restarted on one node after the other: nothing is said
at 60.85s chrony-start n1
at 90.85s chrony-start n2
at 120.85s chrony-start n3
by 61.05s n1 unsynchronised         # for a second the new chronyd follows nothing yet
by 91.05s n2 unsynchronised
by 121.05s n3 unsynchronised
from 10s to 60s cluster agreed
from 65s to 90s cluster agreed
from 95s to 120s cluster agreed
from 125s to 3m cluster agreed
alerts
