# SPDX-License-Identifier: LGPL-2.1-or-later
story The source drifts off by 4 s and every node follows: they agree, which is all that can be seen from inside
at 60s server-step s1 +4s
from 10s to 5m cluster agreed
from 10s to 5m all ok
by 5m wrong all above 3.9s
alerts
