# SPDX-License-Identifier: LGPL-2.1-or-later
"""CPU and memory of the agents from the beginning of a campaign to its end."""

import time

READ = "systemctl show timeguard -p MainPID -p CPUUsageNSec --value; grep -h VmRSS /proc/$(systemctl show timeguard -p MainPID --value)/status"
GROWTH_MAX_KIB = 1024


class Usage:
    def __init__(self, cluster):
        self.cluster = cluster
        self.began_s = time.monotonic()
        self.first = self._read()
        self.last = None

    def _read(self):
        """{number: (process, ns of CPU since the unit was started, KiB)}"""
        found = {}
        for number, text in self.cluster.run(READ).items():
            words = text.split()
            found[number] = (int(words[0]), int(words[1]), int(words[3]))
        return found

    def summary(self):
        self.last = self._read()
        took_s = time.monotonic() - self.began_s
        parts = []
        for number, (pid, cpu_ns, kib) in self.last.items():
            pid0, cpu0_ns, kib0 = self.first[number]
            if pid == pid0:
                parts.append(f"n{number} {(cpu_ns - cpu0_ns) / took_s / 1e7:.2f} % of its emulated CPU, {kib0 / 1024:.1f} to {kib / 1024:.1f} MiB resident")
            else:
                parts.append(f"n{number} another process since, {kib / 1024:.1f} MiB resident")
        return f"the agents over {took_s:.0f} s: " + "; ".join(parts)

    def grew(self):
        """Whether one that ran all the time is larger by more than its first minutes explain."""
        return any(pid == self.first[n][0] and kib > self.first[n][2] + GROWTH_MAX_KIB for n, (pid, _, kib) in self.last.items())
