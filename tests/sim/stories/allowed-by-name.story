# SPDX-License-Identifier: LGPL-2.1-or-later
story source.allow lists the server's name, and n3 follows another name
server s2 10.0.0.253 stratum 3 name ntp.lan
server s3 10.0.0.252 stratum 3 name ntp2.lan
set source.allow ntp.lan
follow n1,n2 s2
follow n3 s3
by 20s n1,n2 ok
by 20s n3 foreign-source
by 20s why n3 ntp2.lan, which source.allow does not list
alerts
  node-foreign-source n3 raised 2s..10s
