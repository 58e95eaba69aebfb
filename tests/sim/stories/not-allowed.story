# SPDX-License-Identifier: LGPL-2.1-or-later
story source.allow lists one server, and n2 follows another
server s2 10.0.0.253 stratum 3
set source.allow 10.0.0.254
follow n2 s2
by 20s n2 foreign-source
by 20s why n2 source.allow does not list
by 20s cluster at-risk
alerts
  node-foreign-source n2 raised 2s..10s
