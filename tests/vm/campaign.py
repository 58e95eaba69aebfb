# SPDX-License-Identifier: LGPL-2.1-or-later
"""Does what the table of faults says, row by row, and tells of each what was seen and after how long."""

import dataclasses
import json
import time

import facts
import latency
from guest import GuestError
from starved import Starved

QUIET_S = 4     # before each fault: all agree, and nothing is told
FRESH_S = 5     # what is older says nothing of now
BOOT = "cat /proc/sys/kernel/random/boot_id"
SETTLE_S = 120  # until all agree for the first time
JOURNAL = "journalctl -q -u timeguard -o json --output-fields=TIMEGUARD_ALERT,TIMEGUARD_TRANSITION,TIMEGUARD_NODE,MESSAGE --no-pager"


@dataclasses.dataclass
class Row:
    """Of the table of results."""
    fault: object
    seen: dict          # what was expected, and the seconds after which it was seen everywhere; None: never
    recovered_s: float  # None: never
    told: list          # alerts that were raised, each once
    false: list         # those that do not belong to it, and on which nodes
    error: str = ""
    verdicts: str = ""  # of each node, in turn
    latency: str = ""   # of a step: after how long the journals told of it
    starved: float = 0  # the largest share of the time that a machine waited for the host's CPU

    def late(self):
        """What was seen too late or never."""
        limit_s = self.fault.limit_s + self.fault.hold_s
        return [text for text, at_s in self.seen.items() if at_s is None or at_s > limit_s]

    def good(self):
        return not self.error and not self.false and self.recovered_s is not None and not self.late()


class Journal:
    """The alerts that the guests' journals tell of, each once, and whether a guest was reset."""

    def __init__(self, cluster):
        self.cluster = cluster
        self.cursors = cluster.each(lambda guest: json.loads(guest.run(f"{JOURNAL} -n 1"))["__CURSOR"])
        self.boots = cluster.run(BOOT)

    def new(self):
        """[(viewer, entry)] since the last time, of the guests that answer."""
        found = []
        for number, guest in self.cluster.guests.items():
            text = guest.run(f"{JOURNAL} --after-cursor='{self.cursors[number]}'", 60)
            entries = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
            if entries:
                self.cursors[number] = entries[-1]["__CURSOR"]
            found += [(number, entry) for entry in entries if entry.get("TIMEGUARD_ALERT")]
        return found

    def resets(self):
        """The names of the guests that have been booted anew since the last time."""
        before, self.boots = self.boots, self.cluster.run(BOOT)
        return [f"n{number}" for number, boot in self.boots.items() if boot != before[number]]


def raised(entries):
    return [f"n{viewer}: {e['TIMEGUARD_ALERT']} {e.get('TIMEGUARD_NODE', '')}".strip() for viewer, e in entries if e["TIMEGUARD_TRANSITION"] == "raised"]


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
            row.error = str(error)
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
            row.error = row.error or str(error)
        return row

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
    seen = "; ".join(f"{text}: {'never' if at_s is None else f'{at_s:.1f} s'}" for text, at_s in row.seen.items())
    recovered = "not recovered" if row.recovered_s is None else f"recovered in {row.recovered_s:.1f} s"
    late = row.late() and f"too late, after {row.fault.limit_s + row.fault.hold_s:.0f} s: {'; '.join(row.late())}"
    waited = f"machines waited for the host {100 * row.starved:.0f} % of the time"
    return "; ".join(filter(None, [seen, row.told and f"alerts: {', '.join(row.told)}", f"verdicts: {row.verdicts}", row.latency and f"told in the journal after: {row.latency}", recovered, row.false and f"false alerts: {', '.join(row.false)}", row.error, late, waited]))
