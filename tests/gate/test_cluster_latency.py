#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""How long it takes from the proof of a danger to the backend's command: from when the report that completes the proof leaves its node, heard on the
ring, to when the administrator's program runs, by that program's own clock. Between the two lie the record on the disks of a quorum, a look at
the HA stack, and two starts of the executor's unit. Usage: test_cluster_latency.py --build DIRECTORY [--closings N] [NAME...]"""

import random
import sys
import time

from onmachines import SECOND, arguments, main, using, wait_gate
from proof import Heard
from stacks import Command

from suite import require, test  # by the search path of box.py

CONFIRM = 5
GOAL_S = 2.0
STEP = 10 * SECOND
TRUE_CLOCKS = 40  # closings on one start of the chronyds, which then ask nobody for 17 minutes

arguments.add_argument("--closings", type=int, default=70)


def quantile(values, share):
    """The least value that so large a share of all does not exceed."""
    return sorted(values)[max(0, -int(-share * len(values) // 1) - 1)]


def closing(lab, stack, heard, draw):
    """One; returns (seconds from the proof to the command, from the step to the proof)."""
    lab.wait_reports(draw.randrange(2, 6))
    time.sleep(draw.random())  # any phase of a second
    step_s = time.time()
    lab.step(1, STEP)
    lab.wait_for(lambda: stack.runs("close", step_s), 30, "the command", 0.02)
    proof_s = heard.proof_s(step_s, CONFIRM)
    require(proof_s is not None, "the gate closed before the proof")
    wait_gate(lab, "closed", 30)
    (at_s, _), *more = stack.runs("close", step_s)
    require(not more, f"a second command: {more}")
    return at_s - proof_s, proof_s - step_s


def could_close(document):
    return document and document["cluster"]["verdict"] in ("agreed", "at-risk") and all(check["met"] for check in document["gate"]["checks"])


def begin_anew(lab, stack, number):
    """The next closing must not be one of many: the agents forget. n1's chronyd, which has seen the steps, need not know the time for it."""
    lab.each(lambda node: (node.stop_agent(), node.forget()))
    stack.set("open whole")
    lab.step(1, -STEP)
    if number % TRUE_CLOCKS == 0:
        lab.heal_clocks()
    lab.each(lambda node: node.start_agent())
    lab.wait_for(lambda: all(could_close(lab.status(n)) for n in lab.nodes), 30, "all nodes to be able to close")


@test
def from_the_proof_to_the_command(lab):
    draw = random.Random(7)
    lab.poll = (10, 10)  # no chronyd mends a step before it has been told of
    with using(lab, Command) as stack, Heard(lab) as heard:
        found, begin_s = [], lab.now_s()
        for number in range(arguments.parse_args().closings):
            if number:
                begin_anew(lab, stack, number)
            found.append(closing(lab, stack, heard, draw))
        after = [a for a, _ in found]
        text = (f"{len(after)} closings: p50 {quantile(after, 0.5) * 1000:.0f} ms, p90 {quantile(after, 0.9) * 1000:.0f} ms, "
                f"p99 {quantile(after, 0.99) * 1000:.0f} ms, least {min(after) * 1000:.0f} ms, greatest {max(after) * 1000:.0f} ms; "
                f"the proof takes {min(b for _, b in found):.1f} to {max(b for _, b in found):.1f} s; {(lab.now_s() - begin_s) / len(after):.1f} s each")
        require(min(after) > 0, f"a command before the proof: {text}")
        require(quantile(after, 0.99) <= GOAL_S, f"not within {GOAL_S} s: {text}")
        return text


if __name__ == "__main__":
    sys.exit(main())
