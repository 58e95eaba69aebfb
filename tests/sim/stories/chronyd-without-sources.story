# SPDX-License-Identifier: LGPL-2.1-or-later
story chronyd of n2 runs and has no source at all
follow n2 none
by 20s n2 unsynchronised
by 20s why n2 chronyd has no sources
by 20s cluster at-risk
alerts
  node-unsynchronised n2 raised 2s..10s
