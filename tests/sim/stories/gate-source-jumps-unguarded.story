# SPDX-License-Identifier: LGPL-2.1-or-later
story The same where the gate only observes: when chronyd is restarted and steps, the watchdogs reset every node
ha whole
watchdogs
at 60s server-step s1 +1h
at 300s chrony-start all
at 350s server-step s1 -1h   # else they would be reset again after every boot
by 295s resets 0
by 500s resets 3
never not gate open
by 500s ha open
alerts
  pending-step raised 92s..130s
  gate-would-close raised 92s..130s
  whatever no-cluster not-heard cluster-unproven
  whatever all cluster-breached cluster-split two-authorities
