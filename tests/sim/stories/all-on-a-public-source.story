# SPDX-License-Identifier: LGPL-2.1-or-later
story All nodes follow one server on the Internet: one root, but not an internal one
server s2 198.51.100.7 stratum 2 name time.example.org
follow all s2
by 20s all foreign-source
by 20s cluster at-risk
alerts
  node-public-source all raised 2s..10s
