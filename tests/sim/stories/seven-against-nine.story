# SPDX-License-Identifier: LGPL-2.1-or-later
story Sixteen nodes, seven of them 2 s ahead: nine are a majority, and each of the seven is beyond all of them
nodes 16
poll all 10
at 40s step n10-n16 +2s
by 41s n10-n16 beyond
by 41s n1-n9 ok
by 41s cluster breached
by 41s set n1-n9
until 60s
alerts
  node-stepped n10-n16 raised 40s..40.4s
  node-beyond n10-n16 raised 40s..41s
  node-claim-contradicted n10-n16 raised 43s..44s
