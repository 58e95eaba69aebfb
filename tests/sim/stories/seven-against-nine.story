# SPDX-License-Identifier: LGPL-2.1-or-later
story Sixteen nodes, seven of them 2 s ahead: nine are a majority, and each of the seven is beyond all of them
nodes 16
poll all 10
at 40.3s step n10-n16 +2s
by 41.5s n10-n16 beyond
by 41.5s n1-n9 ok
by 41.5s cluster breached
by 41.5s set n1-n9
until 60s
alerts
  node-stepped n10-n16 raised 40.3s..40.5s
  node-beyond n10-n16 raised 40.3s..41.5s
  node-claim-contradicted n10-n16 raised 43.3s..45s
