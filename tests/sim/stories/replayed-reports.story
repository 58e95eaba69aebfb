# SPDX-License-Identifier: LGPL-2.1-or-later
story Old reports of n3 come again: refused, said, and without effect
set mute_after 20s
at 60s tamper n3 replay for 15s
from 10s to 4m cluster agreed
from 10s to 4m all ok
alerts
  node-bad-report n3 raised 60s..75s cleared 130s..147s
