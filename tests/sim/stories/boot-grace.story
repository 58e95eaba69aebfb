# SPDX-License-Identifier: LGPL-2.1-or-later
story n3 boots with a clock that is 5 s fast and that nobody corrects: its own alerts wait for the grace to pass
set boot_grace 120s
makestep n3 off
poll n3 10
at 30s power-off n3
at 60s power-on n3 +20m
by 75s n3 beyond
by 75s cluster breached
until 200s
alerts
  node-beyond n3 raised 165s..182s
