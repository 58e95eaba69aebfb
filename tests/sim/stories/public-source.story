# SPDX-License-Identifier: LGPL-2.1-or-later
story n2 follows a server on the Internet
server s2 198.51.100.7 stratum 2 name time.example.org
follow n2 s2
by 20s n2 foreign-source
by 20s n1,n3 ok
by 20s cluster at-risk
by 20s why n2 time.example.org, a public address
alerts
  node-public-source n2 raised 2s..10s
  node-foreign-source n2 raised 2s..10s
