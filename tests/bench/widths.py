# SPDX-License-Identifier: LGPL-2.1-or-later
"""Pair bounds as every node's status has them: half widths, and whether the truth lay outside one."""

import datetime
import time

from clockfile import raw_now_ns

MS = 1000000
EPOCH = datetime.datetime(1970, 1, 1)


def instant_ns(text):
    """The status document's instants: 2026-11-21T23:56:02.123Z, to the millisecond below."""
    delta = datetime.datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ") - EPOCH
    return (delta.days * 86400 + delta.seconds) * 1000 * MS + delta.microseconds * 1000


class Widths:
    def __init__(self, lab):
        self.lab = lab
        self.half_widths_ns = []
        self.pairs = []  # the pair of each half width, as the status has it
        self.smallest_ns = []  # of the smallest provable budget
        self.outside = []  # bounds that did not hold the truth
        self.silent = 0  # no answer from an agent
        self.unbounded = 0
        self.checked = 0
        self.seen = set()

    def poll(self, number):
        document = self.lab.status(number)
        after_ns = raw_now_ns()
        if not document:
            self.silent += 1
            return
        if document["cluster"]["smallest_provable_budget_ns"] is not None:
            self.smallest_ns.append(document["cluster"]["smallest_provable_budget_ns"])
        clock = self.lab.nodes[number].clock
        made_ns = after_ns - (clock.at(after_ns).real_ns - instant_ns(document["agent"]["now"]))
        for pair in document["pairs"]:
            self._take(number, pair, made_ns)

    def _take(self, viewer, pair, made_ns):
        low_ns, high_ns = pair["low_ns"], pair["high_ns"]
        if low_ns is None or pair["stale"]:
            self.unbounded += 1
            return
        key = (pair["a"], pair["b"], low_ns, high_ns)
        if key not in self.seen:
            self.seen.add(key)
            self.half_widths_ns.append((high_ns - low_ns) / 2)
            self.pairs.append(pair)
        self._check(viewer, pair, made_ns - pair["as_of_age_ms"] * MS)

    def _check(self, viewer, pair, as_of_ns):
        """The document's instants are rounded to milliseconds and an age may be wrong by the bound's width: all truths of that time
        count, and only a bound that none of them lies in is wrong."""
        slack_ns = 3 * MS + pair["high_ns"] - pair["low_ns"]
        least_ns, largest_ns = self.lab.truth_span(pair["a"], pair["b"], as_of_ns - slack_ns, as_of_ns + slack_ns)
        self.checked += 1
        if largest_ns < pair["low_ns"] or least_ns > pair["high_ns"]:
            self.outside.append({"viewer": viewer, "pair": pair, "truth_ns": [least_ns, largest_ns]})

    def run(self, seconds):
        """Polls every node once a second, in the middle of its second, when all reports of it have come."""
        for _ in range(seconds):
            real_ns = self.lab.nodes[1].clock.at(raw_now_ns()).real_ns
            time.sleep((1500 * MS - real_ns % (1000 * MS)) % (1000 * MS) / 1e9 + 0.001)
            for number in self.lab.nodes:
                self.poll(number)
