# SPDX-License-Identifier: LGPL-2.1-or-later
story A new minor version is installed on one node after the other
at 60s tamper n1 minor
at 120s tamper n2 minor
at 180s tamper n3 minor
from 10s to 4m cluster agreed
from 10s to 4m all ok
alerts
  node-version n1 raised 70s..72s cleared 125s..127s seen-by n2
  node-version n1 raised 70s..72s cleared 185s..187s seen-by n3
  node-version n2,n3 raised 70s..72s seen-by n1
  node-version n2 raised before cleared 125s..127s seen-by n1
  node-version n3 raised before cleared 185s..187s seen-by n1
  node-version n3 raised 130s..132s cleared 185s..187s seen-by n2
  node-version n2 raised 130s..132s cleared 185s..187s seen-by n3
