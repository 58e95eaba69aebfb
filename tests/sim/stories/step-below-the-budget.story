# SPDX-License-Identifier: LGPL-2.1-or-later
story n3 is stepped by half the budget: that is known exactly, and is no alert
poll all 10
at 60.3s step n3 +500ms
by 60.4s pair n1 n3 within
from 10s to 2m cluster agreed
by 61s apart n1 n3 above 450ms
alerts
