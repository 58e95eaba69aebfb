#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Truth lies in every bound at its instant: with equal clocks, while clocks are stepped, slewed and skewed, and while nodes come
and go. Instant and truth are exact; watch.py says what is promised of a bound, and what is not. Every bound counts: the
disturbances here keep within what is promised."""

import random
import sys
import time

from testing import Group, main, options, require
from watch import MS, Watch

SEED = int(time.time()) % 100000
MAX_DRIFT_PPM = 7500


def collect(lab, wanted, meddle=None, observers=(1,)):
    """Watches until so many distinct bounds of one observer were held against the truth."""
    rate_per_s = len(lab.nodes) * (len(lab.nodes) - 1) / 2
    deadline = time.monotonic() + 20 + 2.5 * wanted / rate_per_s
    with Watch(lab, observers) as watch:
        while watch.distinct < wanted:
            require(time.monotonic() < deadline, f"only {watch.distinct} of {wanted} bounds came")
            (meddle or time.sleep)(0.2)
    watch.require_truth(wanted)
    require(max(watch.room_ns) < 2 * MS, f"too loose a check: {watch.summary()}")
    return watch


def test_one_clock(lab):
    """Real time of all nodes is the same: 0 is in every bound. chronyd is off, so that nothing moves the clocks."""
    for node in lab.nodes.values():
        node.chronyd.stop()
        node.disturb("rate", -rate_ppb(node))
    for number in list(lab.nodes)[1:]:
        lab.step(number, -lab.truth(number, 1))
    watch = collect(lab, 5000 if options.long else 500)
    for number in list(lab.nodes)[1:]:
        require(abs(lab.truth(number, 1)) < 200000, f"n{number} is not on the one clock: {lab.truth(number, 1)} ns")
    for node in lab.nodes.values():
        node.disturb("rate", 0)
        node.start_time()
    return watch.summary()


def rate_ppb(node):
    """What chronyd has set the node's clock to run faster."""
    segment = node.clock.segment(node.clock.head() - 1)
    return ((segment.tick_us - 10000) * 100 * 65536 + segment.freq) * 1000 // 65536


def meddler(lab, seed):
    """One disturbance of a node each time: steps, rates of REALTIME, oscillators.

    REALTIME then runs off RAW by what is imposed, what chronyd takes for the clock's own error (at most MAX_DRIFT_PPM, and it may
    be the opposite of the truth just after a change), and its slew (at most 83333 ppm of what the second leaves). No kernel gives more
    than 100000 ppm, and the bounds rest on that: 7500 + 7500 + 83333 x 1.0075 = 98958.
    Two oscillators differ by 90 ppm at most, which is below the 100 ppm that every bound allows for, so they may change at any time."""
    dice = random.Random(seed)
    kinds = [lambda n: lab.step(n, dice.randint(-300, 300) * MS),
             lambda n: lab.rate(n, dice.choice([-MAX_DRIFT_PPM, -MAX_DRIFT_PPM // 2, 0, 0, MAX_DRIFT_PPM // 2, MAX_DRIFT_PPM]) * 1000),
             lambda n: lab.skew(n, dice.choice([-45000, -20000, 0, 20000, 45000]))]

    def meddle(pause_s):
        dice.choice(kinds)(dice.choice(list(lab.nodes)))
        time.sleep(pause_s + dice.random())
    return meddle


def mend(lab):
    for number in lab.nodes:
        lab.rate(number, 0)
        lab.skew(number, 0)
        lab.nodes[number].start_time()
    for number in list(lab.nodes)[1:]:
        lab.step(number, -lab.truth(number, 1))


def test_moving_clocks(lab):
    """chronyd fights against the disturbances all the time: makestep is off after the start, so it slews at 83333 ppm."""
    try:
        watch = collect(lab, 5000 if options.long else 500, meddler(lab, SEED), observers=(1, 2))
    except AssertionError as error:
        raise AssertionError(f"seed {SEED}: {error}") from error
    mend(lab)
    return f"seed {SEED}, {watch.summary()}"


def test_skewed_oscillator(lab):
    """400 ppm between two oscillators, of the 500 that bounds allow for while a rate is not known: the bounds must widen, not lie, from
    the first report on. The age of a second is then more than the fastest messages take. The agents start anew, as nothing is
    promised of an oscillator that gains more than 100 ppm after its rate was measured, until that shows."""
    for node in lab.nodes.values():
        node.agent.stop()
    lab.skew(2, 400000)
    for node in lab.nodes.values():
        node.start_agent()
    watch = collect(lab, 600 if options.long else 60, observers=(1, 2, 3))
    lab.skew(2, 0)
    return watch.summary()


def test_restarted_ring(lab):
    """A ring that breaks and heals, agents that die and return: bounds of other rings and lives are never mixed up."""
    with Watch(lab) as watch:
        lab.step(2, 200 * MS)
        lab.partition([[1, 2], [3]])
        lab.wait_for(lambda: lab.formed([1, 2]), 20, "the ring of two")
        lab.step(3, -200 * MS)
        lab.merge()
        lab.wait_for(lab.formed, 20, "one ring")
        lab.nodes[2].agent.kill()
        lab.step(2, -100 * MS)
        lab.nodes[2].start_agent()
        lab.wait_for(lambda: all(p["low_ns"] is not None for p in lab.status(1)["pairs"]), 10, "all bounds")
        lab.step(3, 200 * MS)
        lab.step(2, -100 * MS)
        lab.wait_agreed(20)
    watch.require_truth(8)
    return watch.summary()


# Eight nodes have 28 pairs and so 28 bounds a second; the three of the other group are those of the first README command.
GROUPS = [Group(test_one_clock, test_moving_clocks, nodes=8, settle=False, chrony_lines=[f"maxdrift {MAX_DRIFT_PPM}"]),
          Group(test_skewed_oscillator, test_restarted_ring)]

if __name__ == "__main__":
    sys.exit(main(GROUPS))
