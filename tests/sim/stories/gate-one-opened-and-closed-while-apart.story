# SPDX-License-Identifier: LGPL-2.1-or-later
story n3, gated alone, is cut off; an administrator starts its HA services there and later stops them again, and its agent, without quorum, can only look on: it does not start what he has stopped
set gate.mode enforce
set gate.release 10s
ha whole
at 60s step n3 +30s
by 95s record-of n3 verified
at 120s partition n1,n2 | n3
at 150s ha-go n3
at 200s ha-stop n3
at 600s merge
from 640s to 1100s ha-of n3 closed
by 1100s opens 0
alerts
  whatever all cluster-breached cluster-split cluster-unproven two-authorities gate-closed gate-taken gate-unclear node-stepped node-beyond node-mute no-cluster gate-blocked not-heard
