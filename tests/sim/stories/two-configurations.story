# SPDX-License-Identifier: LGPL-2.1-or-later
story The budget is changed on n1 alone, later on the others
at 60s configure n1 budget 500ms
at 120s configure n2,n3 budget 500ms
from 10s to 60s cluster agreed
from 61s to 119s cluster at-risk
by 65s reason another configuration than n1: n2, n3
from 121s to 150s cluster agreed
alerts
  configuration-differs raised 65s..67s cleared 125s..127s
