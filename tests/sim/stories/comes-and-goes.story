# SPDX-License-Identifier: LGPL-2.1-or-later
story n3 is cut off again and again: when it is back one of its pairs is proven after the other, and meanwhile nobody else is left out
at 60s partition n1 n2 | n3 for 20s
at 120s partition n1 n2 | n3 for 20s
at 180s partition n1 n2 | n3 for 20s
at 240s partition n1 n2 | n3 for 20s
at 300s partition n1 n2 | n3 for 20s
from 10s to 6m seen-by n1,n2 n1,n2 ok
by 70s seen-by n1,n2 margin 0
by 130s seen-by n1,n2 margin 0
by 190s seen-by n1,n2 margin 0
by 250s seen-by n1,n2 margin 0
by 310s seen-by n1,n2 margin 0
by 6m set all
alerts
