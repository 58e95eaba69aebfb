# SPDX-License-Identifier: LGPL-2.1-or-later
story n2 and n3 follow n1, and n1 loses its source: they are in holdover with it
follow n2,n3 n1
at 60s server-die s1
by 220s all holdover
by 220s why n3 it follows n1, which has no live source itself
by 220s cluster at-risk
alerts
  node-holdover n1 raised 170s..200s
  node-holdover n2,n3 raised 170s..200s
