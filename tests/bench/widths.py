# SPDX-License-Identifier: LGPL-2.1-or-later
"""Pair bounds as every node's status has them: half widths, and whether the truth lay outside one."""

import time

from clockfile import raw_now_ns, rooms_ns

MS = 1000000


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
        if not document:
            self.silent += 1
            return
        if document["cluster"]["smallest_provable_budget_ns"] is not None:
            self.smallest_ns.append(document["cluster"]["smallest_provable_budget_ns"])
        for pair in document["pairs"]:
            self._take(number, pair)

    def _take(self, viewer, pair):
        low_ns, high_ns = pair["low_ns"], pair["high_ns"]
        if low_ns is None or pair["stale"]:
            self.unbounded += 1
            return
        key = (pair["a"], pair["b"], low_ns, high_ns)
        if key not in self.seen:
            self.seen.add(key)
            self.half_widths_ns.append((high_ns - low_ns) / 2)
            self.pairs.append(pair)
        rooms = rooms_ns(pair, {node: host.clock for node, host in self.lab.nodes.items()})
        self.checked += 1
        if min(rooms) < 0:
            self.outside.append({"viewer": viewer, "pair": pair, "rooms_ns": rooms})

    def run(self, seconds):
        """Polls every node once a second, in the middle of its second, when all reports of it have come."""
        for _ in range(seconds):
            real_ns = self.lab.nodes[1].clock.at(raw_now_ns()).real_ns
            time.sleep((1500 * MS - real_ns % (1000 * MS)) % (1000 * MS) / 1e9 + 0.001)
            for number in self.lab.nodes:
                self.poll(number)
