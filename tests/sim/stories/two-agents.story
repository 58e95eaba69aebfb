# SPDX-License-Identifier: LGPL-2.1-or-later
story Somebody starts a second timeguardd on n2, which gets a higher pid: all say so and go on with the first
at 60s second-agent n2 for 30s
from 10s to 120s cluster agreed
from 10s to 120s all ok
by 80s raised node-two-agents n2
by 59s not raised node-two-agents n2
until 120s
alerts
  node-two-agents n2 raised 60s..64s cleared 90s..97s
