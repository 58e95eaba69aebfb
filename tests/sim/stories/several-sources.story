# SPDX-License-Identifier: LGPL-2.1-or-later
story n3 combines a second server with the cluster's: its clock follows the mean of both
server s2 10.0.0.253 stratum 3
follow n3 s1,s2
by 20s n3 foreign-source
by 20s cluster at-risk
by 20s why n3 follows several sources together
alerts
  two-authorities raised 2s..10s
  node-foreign-source n3 raised 2s..10s
