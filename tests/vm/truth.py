# SPDX-License-Identifier: LGPL-2.1-or-later
"""Holds what timeguard says of a pair's offset against what is known from outside.

A pair's bound holds at an instant that it names on the RAW clock of one of its nodes. Readings of that clock around it tell when that was on the
host; those of both REALTIMEs around that time tell the offset: the hull of the reading before and the one after, so a clock that ran
steadily or was stepped once in between lies inside. Both are intervals, and they must intersect."""

import bisect
import collections

MS = 1000000
RATE_PPM = 500  # of a guest's RAW clock against the host's, at most
STALE_NS = 3000 * MS  # between two readings: more is no neighbourhood

Check = collections.namedtuple("Check", "viewer pair low high true_low true_high")


def _around(readings, key, low, high):
    """The readings that enclose an interval, by `key`, and those in it; None where they do not."""
    keys = [key(r) for r in readings]
    first, last = bisect.bisect_right(keys, low) - 1, bisect.bisect_left(keys, high)
    return readings[first:last + 1] if 0 <= first and last < len(readings) else None


def host_instant(readings, raw_ns):
    """When a guest's RAW clock read this: an interval of the host's, or None."""
    near = _around(readings, lambda r: r.raw_ns, raw_ns, raw_ns)
    if not near or near[-1].raw_ns - near[0].raw_ns > STALE_NS:
        return None
    spans = []
    for r in (near[0], near[-1]):
        off_ns = raw_ns - r.raw_ns
        slack_ns = abs(off_ns) * RATE_PPM // 1000000
        spans.append((r.host_low + off_ns - slack_ns, r.host_high + off_ns + slack_ns))
    low, high = max(s[0] for s in spans), min(s[1] for s in spans)
    return (low, high) if low <= high else None  # it was paused meanwhile


def offset(readings, low, high):
    """REALTIME less the host's clock at an instant within [low, high]: an interval, or None."""
    near = _around(readings, lambda r: (r.host_low + r.host_high) // 2, low, high)
    if not near or near[-1].host_high - near[0].host_low > STALE_NS:
        return None
    return min(r.real_low for r in near), max(r.real_high for r in near)


class Truth:
    def __init__(self, watch):
        self.watch = watch
        self.checks = []
        self.untold = 0  # bounds for whose instant there is no reading
        self._known = set()

    def check(self, since_s=0.0):
        """Every bound seen since then, each once; returns those that are false."""
        readings = {n: list(r) for n, r in self.watch.readings.items()}
        before = len(self.checks)
        for viewer in readings:
            for one in self.watch.since(viewer, since_s):
                for pair in one.document["pairs"] if one.document else ():
                    key = (viewer, pair["a"], pair["b"], pair["as_of_node"], pair["as_of_raw_ns"])
                    if pair["low_ns"] is not None and key not in self._known:
                        self._known.add(key)
                        self._check(viewer, pair, readings)
        return [c for c in self.checks[before:] if not intersects(c)]

    def _check(self, viewer, pair, readings):
        when = host_instant(readings[pair["as_of_node"]], pair["as_of_raw_ns"])
        spans = [when and offset(readings[pair[end]], *when) for end in "ab"]
        if not all(spans):
            self.untold += 1
            return
        (a_low, a_high), (b_low, b_high) = spans
        self.checks.append(Check(viewer, (pair["a"], pair["b"]), pair["low_ns"], pair["high_ns"], a_low - b_high, a_high - b_low))

    def summary(self):
        if not self.checks:
            return "no bound could be held against the truth"
        lies = sum(not intersects(c) for c in self.checks)
        shifted = sum(not intersects(c, 100 * MS) for c in self.checks)
        halves = sorted((c.high - c.low) / 2e6 for c in self.checks)
        own = sorted((c.true_high - c.true_low) / 2e6 for c in self.checks)
        return (f"{len(self.checks)} bounds held against the truth, {lies} false; half width of the bounds {halves[len(halves) // 2]:.1f} ms in the median, of the "
                f"truth {own[len(own) // 2]:.1f} ms; with 100 ms added to the truth {shifted} would have been; {self.untold} had no reading near, and of "
                f"{len(self.watch.halves_ns)} readings {self.watch.discarded} were wider than 20 ms and discarded")


def intersects(check, shift_ns=0):
    return check.low <= check.true_high + shift_ns and check.true_low + shift_ns <= check.high
