# SPDX-License-Identifier: LGPL-2.1-or-later
"""Does what the table of faults says, row by row, and tells of each what was seen and after how long."""

import time

import facts
import latency
from guest import GuestError
from journal import Journal, raised
from rows import Row
from starved import Starved

QUIET_S = 4     # before each fault: all agree, and nothing is told
FRESH_S = 5     # what is older says nothing of now
SETTLE_S = 120  # until all agree for the first time


class Campaign:
    def __init__(self, cluster, watch, say=print):
        self.cluster, self.watch, self.say = cluster, watch, say
        self.journal = Journal(cluster)
        self.starved = Starved(cluster)
        self.rows = []

    def all_agree(self):
        numbers = list(self.cluster.guests)
        for number in numbers:
            seen = self.watch.since(number, time.monotonic() - FRESH_S)
            if not seen or not facts.agreed(seen[-1].document, numbers):
                return False
        return True

    def settle(self, limit_s):
        """Until all have agreed for QUIET_S; returns the seconds until they began to, or None."""
        began_s = since_s = time.monotonic()
        while time.monotonic() - began_s < limit_s + QUIET_S:
            if not self.all_agree():
                since_s = time.monotonic()
            elif time.monotonic() - since_s >= QUIET_S:
                return since_s - began_s
            time.sleep(0.3)
        return None

    def run(self, table, after_row):
        if self.settle(SETTLE_S) is None:
            raise GuestError(f"they did not agree in {SETTLE_S} s: {self.watch.latest(1)}")
        self.journal.new()  # what belongs to installing
        for fault in table:
            began_s = time.monotonic()
            self.starved.share()
            row = self._row(fault)
            row.starved = self.starved.share()
            self.rows.append(row)
            self.say(f"{'ok' if row.good() else 'not ok'} {fault.name}: " + tell(row))
            after_row(began_s)

    def _row(self, fault):
        false = [f"before it, {text}" for text in raised(self.journal.new())]
        began_s = time.monotonic()
        row = Row(fault, {text: None for text in fault.expect}, None, [], false)
        try:
            self._do(fault.before)
            began_s = time.monotonic()
            self._do(fault.do)
            self._wait_seen(row, began_s)
            self._do(fault.check)
            time.sleep(max(0, began_s + fault.hold_s - time.monotonic()))
        except GuestError as error:
            row.error = self._why(error)
        try:
            self._do(fault.mend)
            self._wait_seen(row, began_s)
            row.recovered_s = self.settle(fault.recover_s)
            row.verdicts = self._verdicts(began_s)
            self._look(row, began_s)
            self._do(fault.after)
            entries = self.journal.new()
            if self.cluster.steps:
                row.latency = latency.tell(latency.of_step(self.cluster.steps.pop(), entries, self.watch))
            told = raised(entries)
            row.told = sorted({text.partition(" ")[2] for text in told})
            row.false += [text for text in told if text.split()[1] not in fault.alerts]
            row.false += [f"{name} was reset" for name in self.journal.resets() if name not in fault.resets]
        except GuestError as error:
            row.error = row.error or self._why(error)
        return row

    def _why(self, error):
        """With what tells a machine that hangs from one whose commands do."""
        seen = [f"n{n} {time.monotonic() - self.watch.answered_s[n]:.0f} s" for n in self.cluster.guests]
        return f"{error}; the machines answered last before: {', '.join(seen)}"

    def _do(self, actions):
        for action in actions:
            action(self.cluster)

    def _wait_seen(self, row, began_s):
        """Until all that is expected was seen; with a fault that must be ended before, until its end: the rest comes after."""
        hold_s = row.fault.hold_s if row.fault.mend else 0
        limit_s = hold_s if hold_s and time.monotonic() - began_s < hold_s else row.fault.limit_s + hold_s
        while None in row.seen.values() and time.monotonic() - began_s < limit_s:
            self._look(row, began_s)
            time.sleep(0.2)

    def _look(self, row, began_s):
        for text in [text for text, at_s in row.seen.items() if at_s is None]:
            row.seen[text] = self._seen(text, began_s)

    def _verdicts(self, began_s):
        """What each node said of the cluster, one word each time that it changed."""
        parts = []
        for number in self.cluster.guests:
            words = [one.document["cluster"]["verdict"] if one.document else "-" for one in self.watch.since(number, began_s - 2)]
            changes = [word for i, word in enumerate(words) if i == 0 or words[i - 1] != word]
            parts.append(f"n{number} {' '.join(changes)}")
        return ", ".join(parts)

    def _seen(self, text, began_s):
        """The seconds after which the last of the viewers showed it, or None."""
        viewers, words = facts.split(text)
        firsts = [next((one.at_s for one in self.watch.since(n, began_s) if facts.holds(words, one.document)), None) for n in viewers]
        return None if None in firsts else max(firsts) - began_s


def tell(row):
    recovered = "not recovered" if row.recovered_s is None else f"recovered in {row.recovered_s:.1f} s"
    return "; ".join([*row.parts(), recovered, f"machines waited for the host {100 * row.starved:.0f} % of the time"])
