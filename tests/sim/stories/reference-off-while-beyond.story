# SPDX-License-Identifier: LGPL-2.1-or-later
story n5 is beyond and the reference loses power: the next one measures, and n5 stays beyond without a second word
nodes 5
poll all 10
at 60.3s step n5 +3s
at 90s power-off n3
by 89s reference n3
from 61.5s to 118s seen-by n1,n2,n4,n5 n5 beyond
by 118s seen-by n1,n2,n4,n5 not reference n3
never n1-n4 beyond
until 118s
alerts
  node-stepped n5 raised 60.3s..60.4s
  node-beyond n5 raised 60.3s..60.4s
  node-claim-contradicted n5 raised 62s..66s
