# SPDX-License-Identifier: LGPL-2.1-or-later
"""From the proof to the command: the closings of a real cluster of three machines, as tests/gate/test_cluster_latency.py takes their times."""

import os
import re
import subprocess

from figures import Table

TEST = os.path.join("tests", "gate", "test_cluster_latency.py")
GOAL_MS = 2000
LIMIT_S = 3600
TEXT = """Three machines with systemd, corosync, chronyd and the agent's own units; a clock is stepped, the gate closes by the backend `command`. From the
fifth report that proves the danger, as it is heard on the ring, to the beginning of the administrator's program."""


def measure(root, build, closings):
    """Returns the Markdown, the figures in ms and the goals that were missed."""
    result = subprocess.run(["/usr/bin/python3", "-B", os.path.join(root, TEST), "--build", build, "--closings", str(closings)],
                            capture_output=True, text=True, check=False, timeout=LIMIT_S)
    found = re.search(r"(\d+) closings: p50 (\d+) ms, p90 (\d+) ms, p99 (\d+) ms, least \d+ ms, greatest (\d+) ms", result.stdout)
    if not found:
        raise RuntimeError(f"{TEST}: no figures came of it: {(result.stderr or result.stdout)[-2000:]}")
    n, p50, p90, p99, greatest = map(int, found.groups())
    table = Table("what", "measured")
    table.add("proof to command", f"p50 {p50}, p90 {p90}, p99 {p99}, max {greatest} ms (n {n})", goal=f"p99 {GOAL_MS} ms", met=p99 <= GOAL_MS)
    return f"{TEXT}\n\n{table.markdown()}", {"p50": p50, "p90": p90, "p99": p99, "max": greatest, "n": n}, table.misses
