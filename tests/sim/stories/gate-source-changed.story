# SPDX-License-Identifier: LGPL-2.1-or-later
story The source is wrong by an hour; every node is given another one, and what the old one said counts no more
set gate.mode enforce
set gate.release 10s
ha whole
server s2 10.0.0.253 stratum 3
at 60s server-step s1 -1h
at 240s follow all s2
from 150s to 240s gate closed
by 320s gate open
by 320s ha open
by 320s apart n1 n3 below 100ms
alerts
  pending-step raised 92s..130s cleared 265s..330s
  gate-closed raised 105s..150s cleared 255s..320s
  whatever all cluster-breached cluster-split two-authorities
