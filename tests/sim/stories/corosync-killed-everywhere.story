# SPDX-License-Identifier: LGPL-2.1-or-later
story corosync dies on all nodes at once and is started again 30 s later
at 60s corosync-kill all for 30s
from 61s to 90s cluster unproven
by 98s cluster agreed
by 98s all ok
until 120s
alerts
  no-cluster raised 65s..66s cleared 92s..95s
