# SPDX-License-Identifier: LGPL-2.1-or-later
story The agent of n2 is stopped in good order: it says so, and is mute at once
at 60s agent-stop n2 for 40s
by 60.3s seen-by n1,n3 n2 mute
by 62s seen-by n1,n3 why n2 its agent was stopped
by 105s cluster agreed
until 130s
alerts
  node-mute n2 raised 70s..71s cleared 102s..104s seen-by n1,n3
