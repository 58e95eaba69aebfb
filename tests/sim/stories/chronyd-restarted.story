# SPDX-License-Identifier: LGPL-2.1-or-later
story chronyd is restarted on one node after the other: nothing is said
at 60s chrony-start n1
at 90s chrony-start n2
at 120s chrony-start n3
from 10s to 60s cluster agreed      # for a second the new chronyd follows nothing yet
from 65s to 90s cluster agreed
from 95s to 120s cluster agreed
from 125s to 3m cluster agreed
alerts
