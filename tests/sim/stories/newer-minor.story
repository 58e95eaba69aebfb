# SPDX-License-Identifier: LGPL-2.1-or-later
story n3 is upgraded first: its reports have fields that the others do not know, and count
at 60s tamper n3 minor
from 10s to 2m cluster agreed
from 10s to 2m all ok
alerts
  node-version n3 raised 70s..72s seen-by n1,n2
  node-version n1,n2 raised 70s..72s seen-by n3
