# SPDX-License-Identifier: LGPL-2.1-or-later
story gate.mode is observe, and the source has jumped for all: safe-step asks for the gate to be closed, and it closes before any clock moves
ha whole
at 60s server-step s1 +100s
at 140s gate-close n2
by 300s ha closed
until 310s
alerts
  whatever all cluster-breached cluster-split two-authorities pending-step gate-closed node-beyond node-stepped node-holdover node-unsynchronised gate-blocked gate-would-close
