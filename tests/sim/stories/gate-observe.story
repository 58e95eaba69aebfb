# SPDX-License-Identifier: LGPL-2.1-or-later
story The source jumps by an hour, which chronyd slews; in observe mode the gate says what it would do, and does nothing
ha whole
at 60s server-step s1 +1h
never not gate open
never not record none
never not ha open
by 300s closes 0
alerts
  pending-step raised 92s..130s
  gate-would-close raised 92s..130s
  whatever all cluster-breached cluster-split two-authorities
