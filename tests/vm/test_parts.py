#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What judges the machines, without machines: facts, truth, latencies, and the table itself."""

import os
import sys
import types

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.dirname(HERE), os.path.join(os.path.dirname(HERE), "cluster")]

import facts  # noqa: E402 # after the search path
import install  # noqa: E402
import latency  # noqa: E402
from faults import FAULTS  # noqa: E402
from image import ROOT  # noqa: E402
from sight import Reading, Seen  # noqa: E402
from truth import MS, Timeline, Truth  # noqa: E402

from suite import require, require_equal, run_tests, test  # noqa: E402

SECOND = 1000 * MS


def document(**changes):
    nodes = [{"id": n, "name": f"n{n}", "state": "ok", "source": "10.77.3.254"} for n in (1, 2, 3)]
    cluster = {"verdict": "agreed", "connected": True, "absent": [], "source": "10.77.3.254", "smallest_provable_budget_ns": 11 * MS}
    return {"cluster": {**cluster, **changes}, "nodes": nodes, "alerts": [{"id": "node-mute", "node": "n2"}], "gate": "open", "pairs": []}


def reading(host_ns, offset_ns, raw_ns=None, half_ns=MS):
    """A clock that was read at an instant of the host, give or take."""
    raw_ns = host_ns - 5 * SECOND if raw_ns is None else raw_ns
    return Reading(host_ns - half_ns, host_ns + half_ns, offset_ns - half_ns, offset_ns + half_ns, raw_ns, raw_ns)


@test
def facts_are_read_from_documents():
    for text, wanted in (("verdict agreed", True), ("verdict split", False), ("n2 ok", True), ("n2 beyond", False), ("n4 ok", False), ("alert node-mute", True),
                         ("alert node-mute n2", True), ("alert node-mute n1", False), ("provable 5", True), ("provable 11", False),
                         ("gate open", True), ("gate closed", False), ("lives", True),
                         ("no answer", False), ("n2 absent", False)):
        require_equal(facts.holds(text.split(), document()), wanted, text)
    require(facts.holds(["n2", "absent"], document(absent=["n2"])), "absent")
    require(not facts.holds(["provable", "5"], document(smallest_provable_budget_ns=None)), "nothing is provable")
    require(facts.holds(["no", "answer"], None) and not facts.holds(["lives"], None), "no document")


@test
def all_is_well_only_where_nothing_is_amiss():
    require(facts.agreed(document(), [1, 2, 3]), "all well")
    for changes in ({"verdict": "at-risk"}, {"connected": False}, {"absent": ["n3"]}, {"source": None}):
        require(not facts.agreed(document(**changes), [1, 2, 3]), str(changes))
    require(not facts.agreed(document(), [1, 2, 3, 4]) and not facts.agreed(None, [1, 2, 3]), "a node is missing")


@test
def the_table_can_be_read():
    names = [fault.name for fault in FAULTS]
    require_equal(len(set(names)), len(names), "names")
    with open(os.path.join(ROOT, "lib", "alert_table.c"), encoding="utf-8") as file:
        table = file.read()
    for fault in FAULTS:
        require(fault.do and fault.expect, fault.name)
        for text in fault.expect:
            viewers, words = facts.split(text)
            require(viewers and set(viewers) <= {1, 2, 3} and words, text)
            facts.holds(words, document())
            require(words[0] != "alert" or words[1] in fault.alerts, f"{fault.name}: {words} is expected and not allowed")
        for name in fault.alerts:
            require(f'"{name}"' in table, f"{fault.name}: there is no alert {name}")


@test
def the_readme_begins_with_the_package():
    require(any(line.startswith("timeguardd --check-config") for line in install.commands()), install.commands())


def bound(low, high, raw_ns, viewer=1):
    pair = {"a": 1, "b": 2, "low_ns": low, "high_ns": high, "as_of_node": 1, "as_of_raw_ns": raw_ns}
    return {viewer: [Seen(1.0, {"pairs": [pair]})]}


def judged(seen, offset_ns, pauses=()):
    """A Truth that has held a bound of the pair 1, 2 against clocks that are so far apart."""
    readings = {n: [reading(t * SECOND // 2, offset_ns if n == 1 else 0) for t in range(20, 40)] for n in (1, 2)}
    guests = {n: types.SimpleNamespace(pauses=list(pauses)) for n in (1, 2)}
    watch = types.SimpleNamespace(readings=readings, since=lambda n, _at_s: seen.get(n, []), cluster=types.SimpleNamespace(guests=guests))
    truth = Truth(watch)
    truth.check()
    return truth


@test
def a_bound_without_the_truth_is_a_lie():
    raw_ns = 10 * SECOND + 123 * MS  # 15.123 s of the host's
    for offset_ms, lies in ((0, 0), (11, 0), (13, 1), (-11, 0), (-13, 1), (3000, 1)):
        truth = judged(bound(-9 * MS, 9 * MS, raw_ns), offset_ms * MS)
        require_equal((len(truth.checks), len(truth.lies)), (1, lies), f"{offset_ms} ms")


@test
def what_cannot_be_known_is_not_judged():
    truth = judged(bound(0, MS, 300 * SECOND), 3 * SECOND)
    require_equal((len(truth.checks), truth.untold), (0, 1), "an instant long after all readings")
    truth = judged(bound(0, MS, 10 * SECOND), 3 * SECOND, pauses=[[12 * SECOND, 14 * SECOND]])
    require_equal((len(truth.checks), len(truth.paused), len(truth.lies)), (0, 1, 0), "just after a pause")


@test
def a_step_between_two_readings_may_be_either():
    readings = [reading(10 * SECOND, 0), reading(11 * SECOND, 500 * MS)]
    require_equal(Timeline(readings).offset(10 * SECOND + 5 * MS, 10 * SECOND + 6 * MS), (-MS, 501 * MS), "the hull")


@test
def a_paused_clock_has_no_instant():
    readings = [reading(10 * SECOND, 0, raw_ns=0), reading(12 * SECOND, 0, raw_ns=SECOND)]
    require_equal(Timeline(readings).host_instant(SECOND // 2), None, "the instant")
    low, high = Timeline([reading(10 * SECOND, 0), reading(11 * SECOND, 0)]).host_instant(5 * SECOND + SECOND // 2)
    require(low <= 10 * SECOND + SECOND // 2 <= high and high - low <= 3 * MS, (low, high))


@test
def latencies_go_by_the_hosts_clock():
    readings = {1: [reading(10 * SECOND, 0, raw_ns=SECOND)], 2: [reading(10 * SECOND, 0, raw_ns=7 * SECOND)]}
    entry = {"TIMEGUARD_ALERT": "node-beyond", "TIMEGUARD_TRANSITION": "raised"}
    entries = [(1, {**entry, "__MONOTONIC_TIMESTAMP": "1200000"}), (2, {**entry, "__MONOTONIC_TIMESTAMP": "7300000"}),
               (2, {**entry, "TIMEGUARD_ALERT": "node-stepped", "__MONOTONIC_TIMESTAMP": "7000000"})]
    found = latency.of_step((1, 1100000), entries, types.SimpleNamespace(readings=readings))
    require_equal({n: round(ms) for n, ms in found.items()}, {1: 100, 2: 200}, "milliseconds")


if __name__ == "__main__":
    sys.exit(run_tests(names=sys.argv[1:]))
