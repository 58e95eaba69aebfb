# SPDX-License-Identifier: LGPL-2.1-or-later
story The same address as in foreign-source, but declared as another address of the one server
server s2 10.0.0.253 stratum 3
set source.alias 10.0.0.254 10.0.0.253
at 60s follow n3 s2
from 10s to 60s cluster agreed
by 70s selected n3 10.0.0.253
from 65s to 2m cluster agreed
from 65s to 2m all ok
alerts
