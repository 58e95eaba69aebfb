# SPDX-License-Identifier: LGPL-2.1-or-later
story A budget of 5 ms on an idle network: small, and provable
budget 5ms
from 20s to 5m cluster agreed
by 5m smallest below 5ms
alerts
