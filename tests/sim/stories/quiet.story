# SPDX-License-Identifier: LGPL-2.1-or-later
story Three sound nodes on one server: nothing is said at all
from 10s to 10m cluster agreed
from 10s to 10m all ok
from 10s to 10m source 10.0.0.254
never somebody beyond
by 10m set all
by 10m margin 1
by 10m smallest below 10ms
alerts
