# SPDX-License-Identifier: LGPL-2.1-or-later
story n3 sends reports in the name of the others, with a clock 3 s off: corosync knows the sender
set mute_after 20s
at 60s tamper n3 forge for 15s
from 10s to 4m cluster agreed
from 10s to 4m all ok
alerts
  node-bad-report n3 raised 60s..75s cleared 130s..147s
