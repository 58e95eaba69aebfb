# SPDX-License-Identifier: LGPL-2.1-or-later
"""CPU and memory of the agents from the beginning of a campaign to its end. What must not grow is their own memory: the rings that they share with corosync
are touched page by page as they go round."""

import collections
import contextlib
import time

from guest import GuestError

READ = """systemctl show timeguard -p MainPID -p CPUUsageNSec --value
awk '/^(VmRSS|RssAnon|RssShmem)/ {print $2}' /proc/$(systemctl show timeguard -p MainPID --value)/status"""
SETTLED_S = 300  # by then it has done all that it does, once
GROWTH_MAX_KIB = 256

Use = collections.namedtuple("Use", "pid cpu_ns resident_kib own_kib shared_kib")


class Usage:
    def __init__(self, cluster):
        self.cluster = cluster
        self.began_s = time.monotonic()
        self.first = self.settled = self.last = self._read()

    def _read(self):
        return {number: Use(*map(int, text.split())) for number, text in self.cluster.run(READ).items()}

    def note(self):
        """Asked again and again: what they use once they have settled."""
        if time.monotonic() - self.began_s < SETTLED_S:
            with contextlib.suppress(GuestError):  # a starved machine answers late; there will be another row
                self.settled = self._read()

    def _tell(self, number, took_s):
        first, settled, last = (uses[number] for uses in (self.first, self.settled, self.last))
        memory = f"{last.resident_kib / 1024:.1f} MiB resident, of it {last.shared_kib / 1024:.1f} shared with corosync"
        if last.pid != first.pid:
            return f"n{number} has been started anew, {memory}"
        return (f"n{number} {(last.cpu_ns - first.cpu_ns) / took_s / 1e7:.2f} % of its emulated CPU, {memory}, its own {first.own_kib} KiB at first, "
                f"{settled.own_kib} after {SETTLED_S} s, {last.own_kib} at last")

    def summary(self):
        self.last = self._read()
        took_s = time.monotonic() - self.began_s
        return f"the agents over {took_s:.0f} s: " + "; ".join(self._tell(number, took_s) for number in self.last)

    def grew(self):
        """Whether one that has run since it settled has more of its own than then."""
        return any(last.pid == self.settled[n].pid and last.own_kib > self.settled[n].own_kib + GROWTH_MAX_KIB for n, last in self.last.items())
