# SPDX-License-Identifier: LGPL-2.1-or-later
story Each run of the executor takes up to eight seconds, as on a machine under load: the gate closes and opens all the same
set gate.mode enforce
set gate.release 10s
set gate.step_limit 100s     # the chronyd of n1 slews it back: not the point
ha whole
at 10s executor-slow all for 600s
at 60s step n1 +30s
by 120s gate closed
by 120s ha closed
at 150s chrony-start n1
by 280s ha open
by 280s gate open
by 300s closes 1
by 300s opens 1
alerts
  gate-closed raised 70s..120s cleared 160s..280s
  whatever all cluster-breached cluster-split two-authorities node-stepped node-beyond
