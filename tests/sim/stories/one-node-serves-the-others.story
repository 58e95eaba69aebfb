# SPDX-License-Identifier: LGPL-2.1-or-later
story n2 and n3 follow n1, which follows the server: one root, and all is well
follow n2,n3 n1
from 10s to 2m cluster agreed
from 10s to 2m all ok
by 60s source 10.0.0.254
alerts
