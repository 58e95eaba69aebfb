# SPDX-License-Identifier: LGPL-2.1-or-later
story The agent of n2 dies and is back after 3 s: that is too short to be worth a word
at 60s agent-kill n2 for 3s
by 62.9s seen-by n1,n3 age n2 above 2.5s
from 10s to 63s seen-by n1,n3 cluster agreed
from 66s to 2m cluster agreed
alerts
