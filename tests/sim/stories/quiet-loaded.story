# SPDX-License-Identifier: LGPL-2.1-or-later
story Under load messages take 20 times as long: bounds grow wide, but nothing is claimed that is not so
at 60s load for 120s
from 10s to 5m cluster agreed
from 10s to 5m all ok
by 170s width n1 n2 above 5ms
alerts
