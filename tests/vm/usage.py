# SPDX-License-Identifier: LGPL-2.1-or-later
"""CPU and memory of the agents from the beginning of a campaign to its end."""

import time

READ = "systemctl show timeguard -p MainPID -p CPUUsageNSec --value; grep -h VmRSS /proc/$(systemctl show timeguard -p MainPID --value)/status"
SETTLED_S = 300  # by then it has done all that it does, once
GROWTH_MAX_KIB = 512


class Usage:
    def __init__(self, cluster):
        self.cluster = cluster
        self.began_s = time.monotonic()
        self.first = self.settled = self._read()
        self.last = None

    def note(self):
        """Asked again and again: what they use once they have settled."""
        if time.monotonic() - self.began_s < SETTLED_S:
            self.settled = self._read()

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
                parts.append(f"n{number} {(cpu_ns - cpu0_ns) / took_s / 1e7:.2f} % of its emulated CPU, {kib0 / 1024:.1f} at first, {self.settled[number][2] / 1024:.1f} "
                             f"after {SETTLED_S} s, {kib / 1024:.1f} MiB resident at last")
            else:
                parts.append(f"n{number} another process since, {kib / 1024:.1f} MiB resident")
        return f"the agents over {took_s:.0f} s: " + "; ".join(parts)

    def grew(self):
        """Whether one that has run since it settled is larger than it was then."""
        return any(pid == self.settled[n][0] and kib > self.settled[n][2] + GROWTH_MAX_KIB for n, (pid, _, kib) in self.last.items())
