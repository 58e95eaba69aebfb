# SPDX-License-Identifier: LGPL-2.1-or-later
story n1 and n2 follow each other and nothing else
follow n1 n2
follow n2 n1
by 20s n1,n2 foreign-source
by 20s cluster at-risk
by 20s reason in a circle
by 20s n3 ok
alerts
  source-cycle raised 2s..10s
  node-foreign-source n1,n2 raised 2s..10s
