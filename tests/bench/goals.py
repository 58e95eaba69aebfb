# SPDX-License-Identifier: LGPL-2.1-or-later
"""The design's numbers to reach. Of a pair: number of nodes, goal."""

RECEIVED = ((3, 8000), (16, 20000), (32, 50000), (64, 120000))  # bytes a second and node
CPU = ((3, 0.1), (64, 1.0))  # of an agent, percent of a core
MEMORY_MIB = ((3, 8), (64, 16))  # of an agent
IDLE_WIDTH_MS, LOADED_WIDTH_MS = 1, 5  # p99 of a pair bound's half width ...
WIDTH_NODES = 8  # ... in clusters of up to so many
STEP_SENT_MS, STEP_TOLD_MS = 10, 100  # p99
EVALUATION_64_NS = 1000000
REPORT_BYTES = 1023
STATUS_RATIO = 0.5  # of corosync-quorumtool's time
