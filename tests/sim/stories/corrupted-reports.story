# SPDX-License-Identifier: LGPL-2.1-or-later
story Half of the reports of n3 come damaged: those that can be seen to be are dropped and counted; n3 spoils its own pairs at most
at 60s tamper n3 corrupt
from 10s to 4m pair n1 n2 within
from 10s to 60s cluster agreed
by 120s seen-by n1,n2 raised node-bad-report n3
never n1 beyond
never n2 beyond
until 4m
alerts
  whatever n3 cluster-breached not-heard cluster-unproven
