# SPDX-License-Identifier: LGPL-2.1-or-later
"""Holds what timeguard says of a pair's offset against what is known from outside.

A pair's bound holds at an instant that it names on the RAW clock of one of its nodes. Readings of that clock around it tell when that was on the
host; those of both REALTIMEs around that time tell the offset: the hull of the reading before and the one after, so a clock that ran
steadily or was stepped once in between lies inside. Both are intervals, and they must intersect.

A bound rests on RAW clocks that run. That of a paused machine does not, and nothing in the machine knows: what is claimed of it from then until its
peers have heard again what it hears is looked at apart."""

import bisect
import collections

MS = 1000000
RATE_PPM = 500  # of a guest's RAW clock against the host's, at most
HEARD_NS = 3000 * MS  # after a pause
STALE_NS = 3000 * MS  # between two readings: more is no neighbourhood

Check = collections.namedtuple("Check", "viewer pair low high true_low true_high")


class Timeline:
    """The readings of one guest, in the order of both its RAW clock and the host's. One that was reset begins a new one."""

    def __init__(self, readings):
        first = max((i for i in range(1, len(readings)) if readings[i].raw_ns < readings[i - 1].raw_ns), default=0)
        self.readings = readings[first:]
        self.raws = [r.raw_ns for r in self.readings]
        self.hosts = [(r.host_low + r.host_high) // 2 for r in self.readings]

    def _around(self, keys, low, high):
        """The readings that enclose an interval and those in it; none where they do not, or are too far apart."""
        first, last = bisect.bisect_right(keys, low) - 1, bisect.bisect_left(keys, high)
        if first < 0 or last >= len(keys) or self.hosts[last] - self.hosts[first] > STALE_NS:
            return []
        return self.readings[first:last + 1]

    def host_instant(self, raw_ns):
        """When the guest's RAW clock read this: an interval of the host's, or None."""
        near, spans = self._around(self.raws, raw_ns, raw_ns), []
        for r in near:
            off_ns = raw_ns - r.raw_ns
            slack_ns = abs(off_ns) * RATE_PPM // 1000000
            spans.append((r.host_low + off_ns - slack_ns, r.host_high + off_ns + slack_ns))
        if not spans:
            return None
        low, high = max(s[0] for s in spans), min(s[1] for s in spans)
        return (low, high) if low <= high else None  # it was paused meanwhile

    def offset(self, low, high):
        """REALTIME less the host's clock at an instant within [low, high]: an interval, or None."""
        near = self._around(self.hosts, low, high)
        return (min(r.real_low for r in near), max(r.real_high for r in near)) if near else None


class Truth:
    def __init__(self, watch):
        self.watch = watch
        self.checks = []
        self.untold = 0  # bounds for whose instant there is no reading
        self.lies = []
        self.paused = []  # those of a machine that stood still
        self._known = set()

    def check(self, since_s=0.0):
        """Every bound seen since then on `time.monotonic`, each once."""
        lines = {n: Timeline(list(r)) for n, r in self.watch.readings.items()}
        before = len(self.checks)
        for viewer in lines:
            for one in self.watch.since(viewer, since_s):
                for pair in one.document["pairs"] if one.document else ():
                    key = (viewer, pair["a"], pair["b"], pair["as_of_node"], pair["as_of_raw_ns"])
                    if pair["low_ns"] is not None and key not in self._known:
                        self._known.add(key)
                        self._check(viewer, pair, lines)
        self.lies += [c for c in self.checks[before:] if not intersects(c)]

    def _check(self, viewer, pair, lines):
        when = lines[pair["as_of_node"]].host_instant(pair["as_of_raw_ns"])
        spans = [when and lines[pair[end]].offset(*when) for end in "ab"]
        if not all(spans):
            self.untold += 1
            return
        (a_low, a_high), (b_low, b_high) = spans
        kept = self.paused if any(self._stood_still(pair[end], when) for end in "ab") else self.checks
        kept.append(Check(viewer, (pair["a"], pair["b"]), pair["low_ns"], pair["high_ns"], a_low - b_high, a_high - b_low))

    def _stood_still(self, number, when):
        return any(when[1] > low and when[0] < high + HEARD_NS for low, high in self.watch.cluster.guests[number].pauses)

    def summary(self):
        if not self.checks:
            return "no bound could be held against the truth"
        shifted = sum(not intersects(c, 100 * MS) for c in self.checks)
        halves = sorted((c.high - c.low) / 2e6 for c in self.checks)
        own = sorted((c.true_high - c.true_low) / 2e6 for c in self.checks)
        return (f"{len(self.checks)} bounds held against the truth, {len(self.lies)} false; half width of the bounds {halves[len(halves) // 2]:.1f} ms in the "
                f"median, {halves[-1]:.1f} ms at most, of the truth {own[len(own) // 2]:.1f} ms; with 100 ms "
                f"added to the truth {shifted} would have been; {self.untold} had no reading near, and of "
                f"{len(self.watch.halves_ns)} readings {self.watch.discarded} were wider than 20 ms and discarded; "
                f"of {len(self.paused)} bounds of a machine that had just stood still {sum(not intersects(c) for c in self.paused)} were false")


def intersects(check, shift_ns=0):
    return check.low <= check.true_high + shift_ns and check.true_low + shift_ns <= check.high
