# SPDX-License-Identifier: LGPL-2.1-or-later
story n4 invents its clock, its echoes and its source: it spoils its own pairs and nothing else
nodes 4
budget 20ms
at 60s tamper n4 liar
from 10s to 3m pair n1 n2 within
from 10s to 3m pair n1 n3 within
from 10s to 3m pair n2 n3 within
by 3m seen-by n1-n3 raised node-beyond n4
never n1 beyond
never n2 beyond
never n3 beyond
alerts
  whatever n4 cluster-breached
