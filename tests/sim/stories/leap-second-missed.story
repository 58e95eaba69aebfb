# SPDX-License-Identifier: LGPL-2.1-or-later
story n3 does not insert the leap second: it is beyond, and nobody was stepped
budget 500ms
poll all 10
at 60s leap n1,n2 -1s
by 61.5s n3 beyond
by 61.5s n1,n2 ok
until 90s
alerts
  node-beyond n3 raised 60s..61.5s
  node-claim-contradicted n3 raised 63s..65s
