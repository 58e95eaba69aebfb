# SPDX-License-Identifier: LGPL-2.1-or-later
"""Reads the clock files of tests/shim: the exact truth about the virtual clocks of the nodes, now and in the past.

The arithmetic is that of clockfile.c, in Python's unbounded integers. Nothing is written here: tgclock does that."""

import collections
import mmap
import struct
import time

MAGIC = 0x314B4C4347544754
HEADER = struct.Struct("=QQQQq")
FIELDS = ("raw0_ns vraw0_ns vraw0_frac mono0_ns mono0_frac wall_ns boot_ns adjtime_ns raw_ppb rate_ppb freq tick_us "
          "maxerror_us maxerror_from_ns esterror_us status constant tai_s steps")
SEGMENT = struct.Struct("=19q")
RATE_UNIT = 65536000000000
SECOND_NS = 1000000000
READING_NS, ROUNDING_NS = 2000, 5

Segment = collections.namedtuple("Segment", FIELDS)
Times = collections.namedtuple("Times", "raw_ns mono_ns real_ns boot_ns")


def raw_now_ns():
    """The kernel's CLOCK_MONOTONIC_RAW: the time scale in which truth is asked."""
    return time.clock_gettime_ns(time.CLOCK_MONOTONIC_RAW)


def _rate(segment):
    return ((segment.tick_us - 10000) * 100 * 65536 + segment.freq) * 1000 + segment.rate_ppb * 65536


def slew_ppb(segment):
    """Speed of REALTIME against the node's RAW, at most: with what adjtime(3) may add."""
    return _rate(segment) // 65536 + (500000 if segment.adjtime_ns > 0 else -500000 if segment.adjtime_ns < 0 else 0)


def evaluate(segment, raw_ns):
    """All clocks of the node at an instant of the kernel's RAW."""
    kernel_ns = raw_ns - segment.raw0_ns
    elapsed_ns = kernel_ns + (kernel_ns * segment.raw_ppb + segment.vraw0_frac) // SECOND_NS
    done_ns = min(int(elapsed_ns / 2000), abs(segment.adjtime_ns))
    if segment.adjtime_ns < 0:
        done_ns = -done_ns
    mono_ns = segment.mono0_ns + elapsed_ns + (elapsed_ns * _rate(segment) + segment.mono0_frac) // RATE_UNIT + done_ns
    return Times(segment.vraw0_ns + elapsed_ns, mono_ns, mono_ns + segment.wall_ns, mono_ns + segment.boot_ns)


class ClockFile:
    """One node's clock, mapped for reading."""

    def __init__(self, path):
        with open(path, "rb") as file:
            self.map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        magic, self.ring, *_ = HEADER.unpack_from(self.map)
        if magic != MAGIC or len(self.map) != HEADER.size + self.ring * SEGMENT.size:
            raise ValueError(f"{path}: not a clock file of this version")

    def close(self):
        self.map.close()

    def head(self):
        return HEADER.unpack_from(self.map)[2]

    def segment(self, number):
        return Segment(*SEGMENT.unpack_from(self.map, HEADER.size + number % self.ring * SEGMENT.size))

    def _numbers(self):
        """Of the segments that no writer will replace soon, newest first."""
        head = self.head()
        return range(head - 1, max(-1, head - self.ring // 2), -1)

    def segments_between(self, low_ns, high_ns):
        """The segments that held in [low, high], oldest first. Raises LookupError where the file no longer tells."""
        found = []
        for number in self._numbers():
            segment = self.segment(number)
            if segment.raw0_ns <= high_ns or number == 0:
                found.append(segment)
            if segment.raw0_ns <= low_ns or number == 0:
                return found[::-1]
        raise LookupError(f"the clock file does not reach back to {low_ns}")

    def at(self, raw_ns):
        return evaluate(self.segments_between(raw_ns, raw_ns)[0], raw_ns)

    def when_ns(self, vraw_ns):
        """The instant of the kernel's RAW at which the node's RAW came to read this, to the nanosecond: whatever the oscillator's
        rates were, it never ran backwards."""
        for number in self._numbers():
            segment = self.segment(number)
            if segment.vraw0_ns <= vraw_ns:
                # the least k >= 0 with k + floor((k * raw_ppb + frac) / 10^9) >= elapsed: what evaluate() adds to vraw0_ns
                elapsed_ns = vraw_ns - segment.vraw0_ns
                k = -((segment.vraw0_frac - elapsed_ns * SECOND_NS) // (SECOND_NS + segment.raw_ppb))
                return segment.raw0_ns + max(0, k)
        raise LookupError(f"the clock file does not reach back to RAW {vraw_ns}")

    def fastest_ppb(self, since_ns):
        """The largest speed of REALTIME against the node's RAW since an instant of the kernel's RAW, steps left out."""
        return max(abs(slew_ppb(segment)) for segment in self.segments_between(since_ns, raw_now_ns()))

    def steps(self):
        return self.segment(self.head() - 1).steps


def truth_ns(a, b, raw_ns=None):
    """REALTIME of a minus REALTIME of b at one instant."""
    at_ns = raw_now_ns() if raw_ns is None else raw_ns
    return a.at(at_ns).real_ns - b.at(at_ns).real_ns


def _side_values(clock, raw_ns):
    """REALTIME at an instant as its segment has it, and as the one before left it (they differ at a step)."""
    segments = clock.segments_between(raw_ns - 1, raw_ns)
    return [evaluate(segment, raw_ns).real_ns for segment in segments]


def truth_span_ns(a, b, low_ns, high_ns):
    """The least and the largest REALTIME(a) - REALTIME(b) in an interval of RAW: for statements whose instant is known no better."""
    instants = {low_ns, high_ns}
    for clock in (a, b):
        instants.update(s.raw0_ns for s in clock.segments_between(low_ns, high_ns) if low_ns < s.raw0_ns < high_ns)
    values = [x - y for t in instants for x in _side_values(a, t) for y in _side_values(b, t)]
    return min(values), max(values)


def rooms_ns(pair, clocks):
    """How much less, and how much more, the truth of a pair of the status document might have been while the pair's bound still
    held it: exactly, at its instant. Negative: it did not hold it.

    Two things are allowed. The instant is the middle of the look in which a node read its clocks one after the other, and a step
    between two of these readings is as good as at either end: READING_NS to either side (the best of five looks takes less than
    1 us). A reading is a whole number of ns, rounded down, so a difference of two is off by less than 1 ns: one for RAW(a) - RAW(b),
    one for REALTIME - RAW of either node, one for the truth, and one for the instant make ROUNDING_NS."""
    at_ns = clocks[pair["as_of_node"]].when_ns(pair["as_of_raw_ns"])
    least_ns, most_ns = truth_span_ns(clocks[pair["a"]], clocks[pair["b"]], at_ns - READING_NS, at_ns + READING_NS)
    return most_ns - pair["low_ns"] + ROUNDING_NS, pair["high_ns"] - least_ns + ROUNDING_NS


def shift_ns(clock):
    """By how much a clock is ahead of the machine's own REALTIME, now."""
    best = None
    for _ in range(8):
        before_ns = raw_now_ns()
        real_ns = time.clock_gettime_ns(time.CLOCK_REALTIME)
        width_ns = raw_now_ns() - before_ns
        if best is None or width_ns < best[0]:
            best = (width_ns, before_ns + width_ns // 2, real_ns)
    return clock.at(best[1]).real_ns - best[2]
