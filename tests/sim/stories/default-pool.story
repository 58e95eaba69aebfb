# SPDX-License-Identifier: LGPL-2.1-or-later
story The nodes still have Debian's default pool: the remedy is the exact change to make
server s2 203.0.113.1 stratum 2 name 2.debian.pool.ntp.org
server s3 203.0.113.2 stratum 2 name 2.debian.pool.ntp.org
follow n1,n2 s2
follow n3 s3
by 20s all foreign-source
by 20s cluster at-risk
by 20s remedy 'pool 2.debian.pool.ntp.org iburst'
alerts
  node-default-pool all raised 2s..10s
  node-foreign-source n3 raised 2s..10s
