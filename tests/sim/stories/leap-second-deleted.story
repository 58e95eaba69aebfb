# SPDX-License-Identifier: LGPL-2.1-or-later
story A leap second is deleted on all nodes
budget 50ms
at 60s leap all +1s
at 60s server-step s1 +1s
from 10s to 60s cluster agreed
from 61.2s to 2m cluster agreed
from 61.2s to 2m all ok
never somebody beyond
alerts
