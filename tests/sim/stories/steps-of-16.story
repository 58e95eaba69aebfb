# SPDX-License-Identifier: LGPL-2.1-or-later
story Of sixteen nodes one steps in mid second, and later two: all know it within a tenth of a second, though a report holds four echoes
nodes 16
poll all 10
budget 50ms
at 62.7s step n5 +100ms
at 64.4s step n11 -200ms
at 64.42s step n14 +300ms
by 62.69s all ok
by 62.8s n5 beyond
by 62.8s n1-n4,n6-n16 ok
by 64.39s n11,n14 ok
by 64.52s n11,n14 beyond
never n1-n4,n6-n10,n12,n13,n15,n16 beyond
until 70s
alerts
  node-stepped n5 raised 62.7s..62.8s
  node-beyond n5 raised 62.7s..62.8s
  node-claim-contradicted n5 raised 62.7s..66s
  node-stepped n11 raised 64.4s..64.6s
  node-beyond n11 raised 64.4s..64.6s
  node-claim-contradicted n11 raised 64.4s..68s
  node-stepped n14 raised 64.4s..64.6s
  node-beyond n14 raised 64.4s..64.6s
  node-claim-contradicted n14 raised 64.4s..68s
