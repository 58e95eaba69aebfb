# SPDX-License-Identifier: LGPL-2.1-or-later
story The budget is smaller than what can be proven on this network: unproven, with the number that could be
budget 1ms
delay loaded
from 2s to 2m not cluster agreed
by 60s cluster unproven
by 60s reason the budget of 1 ms is below the smallest that can be proven at present
by 60s remedy Raise 'budget'
by 60s smallest above 1ms
by 60s all unproven
never somebody beyond
alerts
  budget-unprovable raised 30s..45s
