# SPDX-License-Identifier: LGPL-2.1-or-later
story A server on the Internet that source.allow lists is no alert
server s2 198.51.100.7 stratum 2 name time.example.org
set source.allow 198.51.100.0/24
follow all s2
from 10s to 2m cluster agreed
from 10s to 2m all ok
by 60s source 198.51.100.7
alerts
