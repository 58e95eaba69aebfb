# SPDX-License-Identifier: LGPL-2.1-or-later
story Two internal servers that are one authority by configuration; each node follows both
server s2 10.0.0.253 stratum 3
set source.group 10.0.0.254 10.0.0.253
follow n1,n2 s1,s2
follow n3 s2
from 10s to 2m cluster agreed
from 10s to 2m all ok
by 60s source the group of 10.0.0.254
alerts
