# SPDX-License-Identifier: LGPL-2.1-or-later
"""Looks at the guests from outside while they are broken: each one's clocks twice a second, against this machine's RAW clock, and what its timeguard
says, once a second.

A clock is read between two instants of the host, so its offset from the host is known to half the time that the question took; readings
wider than HALF_MAX_NS are discarded and counted."""

import collections
import threading
import time

from guest import GuestError

MS = 1000000
HALF_MAX_NS = 20 * MS
EVERY_S = 0.5
KEPT = 4000
CLUSTER = ("verdict", "reason", "absent", "connected", "source", "smallest_provable_budget_ns")
PARTS = {"nodes": ("id", "name", "state", "source", "reason"), "alerts": ("id", "node"),
         "pairs": ("a", "b", "verdict", "low_ns", "high_ns", "as_of_node", "as_of_raw_ns")}

# real_low..real_high: REALTIME of the guest less the host's clock; host_low..host_high: when the guest's RAW read raw_ns
Reading = collections.namedtuple("Reading", "host_low host_high real_low real_high mono_ns raw_ns")
Seen = collections.namedtuple("Seen", "at_s document")


def trimmed(document):
    """What is looked at of a document: thousands are kept."""
    if document is None:
        return None
    found = {name: [{key: part[key] for key in keys} for part in document[name]] for name, keys in PARTS.items()}
    return {**found, "cluster": {key: document["cluster"][key] for key in CLUSTER}, "gate": document["gate"]["state"]}


class Watch:
    def __init__(self, cluster):
        self.cluster = cluster
        self.readings = {n: collections.deque(maxlen=KEPT) for n in cluster.guests}
        self.seen = {n: collections.deque(maxlen=KEPT) for n in cluster.guests}
        self.discarded = self.unanswered = 0
        self.halves_ns = []
        self.answered_s = {n: time.monotonic() for n in cluster.guests}
        self.failure = None
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._follow, args=(guest,), daemon=True) for guest in cluster.guests.values()]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        for thread in self._threads:
            thread.join(10)

    def _follow(self, guest):
        turn = 0
        while not self._stop.wait(EVERY_S):
            turn += 1
            try:
                self._read(guest)
                self.answered_s[guest.number] = time.monotonic()
                if turn % 2:
                    self.seen[guest.number].append(Seen(time.monotonic(), trimmed(guest.status())))
            except GuestError:  # it is paused, off or drowned
                self.unanswered += 1
                self.seen[guest.number].append(Seen(time.monotonic(), None))
            except OSError as error:
                self.failure = error
                return

    def _read(self, guest):
        before_ns, text, after_ns = guest.clocks()
        real_ns, mono_ns, raw_ns = (1000 * int(word) for word in text.split())
        half_ns = (after_ns - before_ns) // 2
        self.halves_ns.append(half_ns)
        if half_ns > HALF_MAX_NS:
            self.discarded += 1
            return
        # the answer is rounded to microseconds
        self.readings[guest.number].append(Reading(before_ns - 1000, after_ns + 1000, real_ns - after_ns - 1000, real_ns - before_ns + 1000,
                                                   mono_ns, raw_ns))

    # What was seen.

    def latest(self, number):
        """The newest document; None where the guest gives none."""
        return self.seen[number][-1].document if self.seen[number] else None

    def since(self, number, at_s):
        return [one for one in list(self.seen[number]) if one.at_s >= at_s]
