# SPDX-License-Identifier: LGPL-2.1-or-later
"""How long the host let each machine wait for a CPU. A starved machine proves nothing about timeguard: what a row tells is to be read with this."""

import glob
import time


def _waited_ns(pid):
    """Of all its threads that live, since they began."""
    total = 0
    for path in glob.glob(f"/proc/{pid}/task/*/schedstat"):
        try:
            with open(path, encoding="ascii") as file:
                total += int(file.read().split()[1])
        except (OSError, IndexError):
            pass
    return total


class Starved:
    def __init__(self, cluster):
        self.pids = [guest.process.pid for guest in cluster.guests.values()]
        self.share()

    def share(self):
        """The largest share of the time since it was asked last that one of them waited."""
        before = getattr(self, "last", None)
        self.last = (time.monotonic(), [_waited_ns(pid) for pid in self.pids])
        if not before:
            return 0.0
        took_s = max(self.last[0] - before[0], 0.001)
        return max(max(0, new - old) / 1e9 / took_s for new, old in zip(self.last[1], before[1]))
