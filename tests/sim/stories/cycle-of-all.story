# SPDX-License-Identifier: LGPL-2.1-or-later
story The nodes follow each other round: nobody outside tells them the time
follow n1 n2
follow n2 n3
follow n3 n1
by 20s all foreign-source
by 20s cluster at-risk
by 20s source none
alerts
  source-cycle raised 2s..10s
  node-foreign-source all raised 2s..10s
