# SPDX-License-Identifier: LGPL-2.1-or-later
"""How soon a step of 100 ms is told: the time from the very instant of the step, which the node's clock file holds, to the report of it
leaving the stepping node and to the alert's line in the log of that node and of every other.

The nodes are stepped in turn, one at a time, and each step is undone before the next. An alert is cleared only three seconds after its
cause is gone; that is not waited for until it is the same node's turn again. It disturbs nothing: whom a cluster blames it
finds anew from the bounds, and alerts are told of each node apart."""

import random
import re
import time

import network
from logwatch import REPORT, LogWatch
from tap import Tap

STEP_NS = 100000000
TOLD_S = 5
STANDS_S = 1.2  # after it was told: long enough for another round of reports, which must blame nobody else
RESTS_S = 1.2  # after the undoing, and up to a second more: all have heard from all, and proven that all is well
CLEARED_S = 60
SECONDS_A_STEP = 3.1  # all that together, about
POLL_LOG2 = 11


def slow_polls(lab):
    """chronyd must not see the steps and mend them: it asks its source every 34 minutes from now on."""
    for node in lab.nodes.values():
        node.chronyc("-m", f"maxpoll {network.NTP} {POLL_LOG2}", f"minpoll {network.NTP} {POLL_LOG2}")
    for node in lab.nodes.values():
        lab.wait_for(lambda node=node: int(node.chronyc("-c", "sources").split(",")[4]) >= POLL_LOG2, 20, "chronyd to poll slowly")


def subject(line):
    """The name of the node that an alert is about: a raised one's remedy and a cleared one's text begin with it."""
    match = re.search(r"\| On (\S+) run" if line.raised else r"^Cleared: \S+ of ([^\s:]+)", line.text)
    if not match:
        raise RuntimeError(f"whom is this about? {line.text}")
    return match[1]


def beyond(lines, raised):
    return [line for line in lines if line.alert == "node-beyond" and line.raised == raised]


class Steps:
    def __init__(self, lab, seed):
        self.lab = lab
        self.random = random.Random(seed)
        self.watch = None
        self.sent_ns, self.own_ns, self.first_beyond_ns, self.own_beyond_ns, self.all_ns = [], [], [], [], []
        self.phases_ms = []  # of the second, at the step; one for each of all_ns
        self.missed, self.blamed, self.repeated = 0, 0, 0
        self.seconds = 0.0  # a step

    def run(self, count):
        slow_polls(self.lab)
        self.lab.wait_agreed(60)
        self.watch = LogWatch({number: node.agent.log for number, node in self.lab.nodes.items()},
                              [Tap(node) for node in self.lab.nodes.values()])
        begin = time.monotonic()
        marks = {}  # where the lines begin of the last step of each node
        try:
            for turn in range(count):
                number = turn % len(self.lab.nodes) + 1
                sign = 1 if turn // len(self.lab.nodes) % 2 == 0 else -1
                self._wait_cleared(number, marks)
                self._step_and_undo(number, sign * STEP_NS, marks)
            self.seconds = (time.monotonic() - begin) / count
            for number in list(marks):
                self._wait_cleared(number, marks)
            self.lab.wait_agreed(60)
        finally:
            self.watch.close()

    def _set(self, number, ns):
        """Steps a node; returns when that was, as RAW and as phase of its second."""
        clock = self.lab.nodes[number].clock
        before = clock.steps()
        self.lab.step(number, ns)
        segment = clock.segment(clock.head() - 1)
        if segment.steps != before + 1:
            raise RuntimeError(f"n{number}: somebody else stepped it")
        return segment.raw0_ns, (segment.mono0_ns + segment.wall_ns - ns) // 1000000 % 1000

    def _told(self, lines, number):
        """node-beyond of this node: the first line of each viewer."""
        first = {}
        for line in beyond(lines, True):
            if subject(line) == f"n{number}":
                first.setdefault(line.viewer, line.raw_ns)
        return first

    def _wait_cleared(self, number, marks):
        """Until every node that told the last step of this one has told its end too, each once."""
        if number not in marks:
            return
        mark, name, told = marks.pop(number), f"n{number}", set()

        def cleared(lines):
            nonlocal told
            told = {line.viewer for line in beyond(lines, True) if subject(line) == name}
            return told <= {line.viewer for line in beyond(lines, False) if subject(line) == name}
        if not self.watch.wait(mark, cleared, CLEARED_S):
            raise RuntimeError(f"{name}: node-beyond was not cleared within {CLEARED_S} s of the undoing")
        self.repeated += sum(1 for line in beyond(self.watch.since(mark), True) if subject(line) == name) - len(told)

    def _note_sent(self, mark, number, at_ns):
        """When the stepping node's report of it left that node."""
        sent = [line.raw_ns for line in self.watch.since(mark) if line.alert == REPORT and line.viewer == number]
        if sent:
            self.sent_ns.append(sent[0] - at_ns)

    def _note(self, lines, number, at_ns, phase_ms):
        told = self._told(lines, number)
        self.own_ns += [line.raw_ns - at_ns for line in lines if line.alert == "node-stepped" and line.raised and line.viewer == number][:1]
        if number in told:
            self.own_beyond_ns.append(told[number] - at_ns)
        if told:
            self.first_beyond_ns.append(min(told.values()) - at_ns)
        if len(told) == len(self.lab.nodes):
            self.all_ns.append(max(told.values()) - at_ns)
            self.phases_ms.append(phase_ms)
        else:
            self.missed += 1

    def _step_and_undo(self, number, ns, marks):
        marks[number] = mark = self.watch.mark()
        at_ns, phase_ms = self._set(number, ns)
        everybody = len(self.lab.nodes)
        self.watch.wait(mark, lambda lines: len(self._told(lines, number)) == everybody, TOLD_S)
        self._note(self.watch.since(mark), number, at_ns, phase_ms)
        time.sleep(STANDS_S)
        self._note_sent(mark, number, at_ns)
        self.blamed += sum(1 for line in beyond(self.watch.since(mark), True) if subject(line) != f"n{number}")
        undone = self.watch.mark()
        at_ns, _ = self._set(number, -ns)
        time.sleep(RESTS_S + self.random.random())
        self._note_sent(undone, number, at_ns)
        self.blamed += len(beyond(self.watch.since(undone), True))
