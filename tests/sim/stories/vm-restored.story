# SPDX-License-Identifier: LGPL-2.1-or-later
story n3 goes back to a snapshot of its memory taken 100 s earlier: RAW and REALTIME go back
poll all 10
at 200s restore n3 +100s
by 204s n3 beyond
by 204s cluster breached
by 204s apart n1 n3 above 99s
at 230s step n3 +100s
by 236s all ok
until 300s
alerts
  node-beyond n3 raised 200s..203s cleared 233s..234s
  node-claim-contradicted n3 raised 203s..207s cleared 240s..242s
  node-stepped n3 raised 230s..230.3s cleared 295s..297s
