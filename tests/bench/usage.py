# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the agents and corosync use in a span of time: CPU, memory, bytes from the ring's network."""

import os
import time

import machine

RING = "ring"


class Usage:
    """Figures of each node over a span: percent of one core, KiB, bytes a second."""

    def __init__(self, lab, seconds):
        begin = self._read(lab)
        busy = machine.Busy()
        time.sleep(seconds)
        end = self._read(lab)
        self.busy_cores = busy.cores()
        rate = [{name: (e[name] - b[name]) * 1e9 / (e["at_ns"] - b["at_ns"]) for name in b} for b, e in zip(begin, end)]
        self.agent_percent = [r["agent_ns"] / 1e7 for r in rate if "agent_ns" in r]
        self.corosync_percent = [r["corosync_ns"] / 1e7 for r in rate]
        self.received = [r["received"] for r in rate]
        self.memory = [machine.memory_kib(n.agent.pid, {os.path.basename(lab.preload), os.path.basename(n.clock_path)})
                       for n in lab.nodes.values() if n.agent and n.agent.running()]

    @staticmethod
    def _read(lab):
        values = []
        for node in lab.nodes.values():
            value = {"at_ns": time.clock_gettime_ns(time.CLOCK_MONOTONIC_RAW), "corosync_ns": machine.cpu_ns(node.corosync.pid),
                     "received": machine.received_bytes(node.space.holder.pid, RING)}
            if node.agent and node.agent.running():
                value["agent_ns"] = machine.cpu_ns(node.agent.pid)
            values.append(value)
        return values
