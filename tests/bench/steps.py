# SPDX-License-Identifier: LGPL-2.1-or-later
"""How soon a step of 100 ms is told: the time from the very instant of the step, which the node's clock file holds, to the report of it
leaving the stepping node and to the alert's line in the log of that node and of every other."""

import random
import re
import time

import network
from logwatch import REPORT, LogWatch
from tap import Tap

STEP_NS = 100000000
TOLD_S = 5
CLEARED_S = 60
POLL_LOG2 = 10


def slow_polls(lab):
    """chronyd must not see the steps and mend them: it asks its source every 17 minutes from now on, as it may in production."""
    for node in lab.nodes.values():
        node.chronyc("-m", f"maxpoll {network.NTP} {POLL_LOG2}", f"minpoll {network.NTP} {POLL_LOG2}")
    for node in lab.nodes.values():
        lab.wait_for(lambda node=node: int(node.chronyc("-c", "sources").split(",")[4]) >= POLL_LOG2, 20, "chronyd to poll slowly")


def names(line, number):
    return re.search(rf"\bn{number}\b", line.text) is not None


class Steps:
    def __init__(self, lab, seed):
        self.lab = lab
        self.random = random.Random(seed)
        self.watch = None
        self.sent_ns, self.own_ns, self.first_beyond_ns, self.own_beyond_ns, self.all_ns = [], [], [], [], []
        self.phases_ms = []  # of the second, at the step; one for each of all_ns
        self.missed, self.blamed = 0, 0

    def run(self, count):
        slow_polls(self.lab)
        self.lab.wait_agreed(60)
        self.watch = LogWatch({number: node.agent.log for number, node in self.lab.nodes.items()},
                              [Tap(node) for node in self.lab.nodes.values()])
        try:
            for turn in range(count):
                number = turn % len(self.lab.nodes) + 1
                sign = 1 if turn // len(self.lab.nodes) % 2 == 0 else -1
                self._step(number, sign * STEP_NS)
                self._undo(number, -sign * STEP_NS)
        finally:
            self.watch.close()

    def _set(self, number, ns):
        """Steps a node at a random phase of its second; returns when that was, as RAW and as phase."""
        clock = self.lab.nodes[number].clock
        time.sleep(self.random.random())
        before = clock.steps()
        self.lab.step(number, ns)
        segment = clock.segment(clock.head() - 1)
        if segment.steps != before + 1:
            raise RuntimeError(f"n{number}: somebody else stepped it")
        return segment.raw0_ns, (segment.mono0_ns + segment.wall_ns - ns) // 1000000 % 1000

    def _told(self, lines, number):
        """node-beyond of this node: the first line of each viewer."""
        first = {}
        for line in lines:
            if line.alert == "node-beyond" and line.raised and names(line, number):
                first.setdefault(line.viewer, line.raw_ns)
        return first

    def _note_sent(self, mark, number, at_ns):
        """When the stepping node's report of it left that node."""
        sent = [line.raw_ns for line in self.watch.since(mark) if line.alert == REPORT and line.viewer == number]
        if sent:
            self.sent_ns.append(sent[0] - at_ns)

    def _step(self, number, ns):
        mark = self.watch.mark()
        at_ns, phase_ms = self._set(number, ns)
        everybody = len(self.lab.nodes)
        self.watch.wait(mark, lambda lines: len(self._told(lines, number)) == everybody, TOLD_S)
        lines = self.watch.since(mark)
        told = self._told(lines, number)
        stepped = [line.raw_ns for line in lines if line.alert == "node-stepped" and line.raised and line.viewer == number]
        self._note_sent(mark, number, at_ns)
        if stepped:
            self.own_ns.append(stepped[0] - at_ns)
        if number in told:
            self.own_beyond_ns.append(told[number] - at_ns)
        if told:
            self.first_beyond_ns.append(min(told.values()) - at_ns)
        if len(told) == everybody:
            self.all_ns.append(max(told.values()) - at_ns)
            self.phases_ms.append(phase_ms)
        else:
            self.missed += 1
        self.blamed += sum(1 for line in lines if line.alert == "node-beyond" and line.raised and not names(line, number))

    def _undo(self, number, ns):
        mark = self.watch.mark()
        at_ns, _ = self._set(number, ns)

        def cleared(lines):
            return {line.viewer for line in lines if line.alert == "node-beyond" and not line.raised} == set(self.lab.nodes)
        if not self.watch.wait(mark, cleared, CLEARED_S):
            raise RuntimeError(f"n{number}: node-beyond was not cleared within {CLEARED_S} s of the undoing")
        self._note_sent(mark, number, at_ns)
        self.blamed += sum(1 for line in self.watch.since(mark) if line.alert == "node-beyond" and line.raised)
        self.lab.wait_agreed(60)
