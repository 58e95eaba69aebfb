#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Steps and slews of one node's clock: proven beyond the budget within a second on every node, with the right name, once in each
log; and no word of it where the budget allows it. chronyd polls once in 64 s here, as in production: it does not see the step."""

import re
import sys
import time

from clockfile import raw_now_ns
from testing import Group, main, options, require, require_equal
from watch import MS, Watch, blames, fetch

SEEN_S = 1.0
ALERT_LINE = re.compile(r"^timeguard\[(?P<id>[a-z-]+) (?P<transition>raised|cleared)\] <(?P<level>\d)>(?P<text>.*)$", re.MULTILINE)


def leave_alone(lab):
    """From now on no chronyd hears its server, which it does not notice for minutes: a sample taken during a step would have it slew
    the clock long after. Its first burst must be over, or it would not count as synchronised."""
    for node in lab.nodes.values():
        lab.wait_for(lambda node=node: int(node.chronyc("-c", "sources").split(",")[5], 8) >= 0o17, 15, "the first burst of chronyd to end")
        lab.cut_time(node.id)


def transitions(node, alert_id, since=0):
    """Of one alert in a node's log: 'raised' and 'cleared' in their order, with their texts."""
    found = [m for m in ALERT_LINE.finditer(node.alerts()[since:]) if m["id"] == alert_id]
    return [m["transition"] for m in found], [m["text"] for m in found]


def states(document):
    return {n["id"]: n["state"] for n in document["nodes"]}


def wait_seen(lab, number, condition, what, limit_s):
    """How long after now each node says so, by asking as fast as it goes; the slowest. The others must stay 'ok' meanwhile."""
    begin_ns, waiting, last_ns = raw_now_ns(), set(lab.nodes), 0
    while waiting:
        for observer in sorted(waiting):
            sample = fetch(lab.nodes[observer])
            took_ns = sample.before_ns - begin_ns
            require(sample.document, f"n{observer} gives no status: {sample.error}")
            others = {n: s for n, s in states(sample.document).items() if n != number}
            require(set(others.values()) == {"ok"}, f"n{observer} says of the others {others}")
            if condition(sample.document):
                waiting.discard(observer)
                last_ns = max(last_ns, took_ns)
            else:
                require(took_ns <= limit_s * 1e9, f"n{observer} does not say that {what} after {took_ns / 1e9:.2f} s: {states(sample.document)}")
    return last_ns / 1e9


def step_and_undo(lab, number, step_ns):
    """One excursion of a node's clock; returns the seconds until it was seen and until it was seen to be undone."""
    marks = {n: len(node.alerts()) for n, node in lab.nodes.items()}
    with Watch(lab) as watch:
        lab.step(number, step_ns)
        seen_s = wait_seen(lab, number, lambda d: states(d)[number] == "beyond", f"n{number} is beyond", SEEN_S)
        for observer in lab.nodes:
            check_beyond(lab.status(observer), number, step_ns)
        lab.step(number, -step_ns)
        undone_s = wait_seen(lab, number, lambda d: states(d)[number] == "ok", f"n{number} is well again", SEEN_S)
        lab.wait_for(lambda: all(not blames(lab.status(n)) for n in lab.nodes), 10, "the alert to clear")
        lab.wait_for(lambda: all(transitions(node, "node-beyond", marks[n])[0] == ["raised", "cleared"] for n, node in lab.nodes.items()),
                     5, "one 'raised' and one 'cleared' in each log")
    watch.require_truth(30)
    for n, node in lab.nodes.items():
        require_equal(transitions(node, "node-beyond", marks[n])[0], ["raised", "cleared"], f"node-beyond in the log of n{n}")
        for alert in ("cluster-breached", "cluster-split"):
            require_equal(transitions(node, alert, marks[n])[0], [], f"{alert} in the log of n{n}")
        check_log(transitions(node, "node-beyond", marks[n])[1], number)
    return seen_s, undone_s


def check_beyond(document, number, step_ns):
    name = f"n{number}"
    require_equal(document["cluster"]["verdict"], "breached", "verdict")
    require(name in document["cluster"]["reason"], f"the reason names another: {document['cluster']['reason']}")
    alerts = {a["id"]: a for a in document["alerts"] if a["id"] in ("node-beyond", "cluster-breached", "cluster-split")}
    require_equal(list(alerts), ["node-beyond"], "alerts")
    alert = alerts["node-beyond"]
    require_equal((alert["node"], alert["node_id"], alert["level"]), (name, number, 2), "whom the alert is about")
    require(alert["bound_low_ns"] <= step_ns + 3 * MS and alert["bound_high_ns"] >= step_ns - 3 * MS,
            f"evidence [{alert['bound_low_ns']}, {alert['bound_high_ns']}] for a step of {step_ns}")
    require(name in alert["remedy"] and "chronyc" in alert["remedy"], f"remedy: {alert['remedy']}")
    require(document["cluster"]["reference"] != number, "the reference is the node that is beyond")


def check_log(texts, number):
    raised, cleared = texts
    require(f"n{number}" in raised and "budget is 50 ms" in raised and " | On n" in raised, f"evidence or remedy is missing: {raised}")
    require(f"n{number}" in cleared, f"cleared: {cleared}")


def test_step_forward(lab):
    leave_alone(lab)
    return "seen by all after {:.3f} s, undone after {:.3f} s".format(*step_and_undo(lab, 2, 100 * MS))


def test_step_backward(lab):
    leave_alone(lab)
    return "seen by all after {:.3f} s, undone after {:.3f} s".format(*step_and_undo(lab, 3, -100 * MS))


def test_step_of_reference(lab):
    """The reference of the agreeing set is a node like the others."""
    leave_alone(lab)
    reference = lab.status(1)["cluster"]["reference"]
    return "n{}: seen by all after {:.3f} s, undone after {:.3f} s".format(reference, *step_and_undo(lab, reference, 100 * MS))


def test_steps_latency(lab):
    """Steps at odd instants of the second, with time between for the agents' allowance of event reports to fill again: the slowest."""
    leave_alone(lab)
    seen = []
    for k in range(100 if options.long else 6):
        number, sign = 1 + k % 3, 1 if k % 2 else -1
        lab.step(number, sign * 100 * MS)
        seen.append(wait_seen(lab, number, lambda d, n=number: states(d)[n] == "beyond", f"n{number} is beyond", SEEN_S))
        lab.step(number, -sign * 100 * MS)
        wait_seen(lab, number, lambda d, n=number: states(d)[n] == "ok", f"n{number} is well again", SEEN_S)
        time.sleep(1.137)
    lab.wait_agreed(20)
    return f"seen by all after {sorted(seen)[len(seen) // 2]:.3f} s median, {max(seen):.3f} s at most of {len(seen)}"


def test_slow_slew(lab):
    """40 ms/s away by rate, not by step: past the warning it drifts, past the budget it is beyond; nobody else is blamed."""
    leave_alone(lab)
    with Watch(lab) as watch:
        lab.rate(2, 40000000)
        lab.wait_state(2, "beyond", 5)
        lab.rate(2, -40000000)
        lab.wait_state(2, "ok", 10)
        lab.rate(2, 0)
        lab.step(2, -lab.truth(2, 1))
        lab.wait_agreed(20)
    watch.require_truth(30)
    others = {n["state"] for d in watch.documents() for n in d["nodes"] if n["id"] != 2}
    require_equal(others, {"ok"}, "states of the others")
    return watch.summary()


def test_small_step_is_no_alert(lab):
    """30 ms with a budget of 50 ms."""
    leave_alone(lab)
    marks = {n: len(node.alerts()) for n, node in lab.nodes.items()}
    with Watch(lab) as watch:
        lab.step(2, 30 * MS)
        lab.wait_for(lambda: all(any(abs(n["offset_ns"]) > 25 * MS for n in d["nodes"] if n["offset_ns"] is not None)
                                 for d in map(lab.status, lab.nodes)), 2, "the offset on every status")
        lab.step(2, -30 * MS)
        lab.wait_agreed(5)
    watch.require_no_blame()
    watch.require_truth(9)
    require_equal({n["state"] for d in watch.documents() for n in d["nodes"]}, {"ok"}, "states")
    for n, node in lab.nodes.items():
        require_equal([m[0] for m in ALERT_LINE.finditer(node.alerts()[marks[n]:])], [], f"alerts of n{n}")


def test_default_budget(lab):
    """100 ms are no alert with a budget of 1 s: nothing for 30 s, in no log, on no status."""
    leave_alone(lab)
    marks = {n: len(node.alerts()) for n, node in lab.nodes.items()}
    lab.step(2, 100 * MS)
    begin = time.monotonic()
    with Watch(lab) as watch:
        lab.wait_for(lambda: all(any(abs(n["offset_ns"] or 0) > 95 * MS for n in d["nodes"]) for d in map(lab.status, lab.nodes)), 2,
                     "the offset on every status")
        watch_s = 30 if options.long else 30 - (time.monotonic() - begin)
        time.sleep(watch_s)
    lab.step(2, -100 * MS)
    watch.require_no_blame()
    watch.require_truth(100)
    alerts = sorted({a["id"] for d in watch.documents() for a in d["alerts"]})
    require_equal(alerts, [], "alerts in the status")
    require_equal({d["cluster"]["verdict"] for d in watch.documents()}, {"agreed"}, "verdicts")
    for n, node in lab.nodes.items():
        require_equal([m[0] for m in ALERT_LINE.finditer(node.alerts()[marks[n]:])], [], f"alerts of n{n}")
    return watch.summary()


def test_two_of_three(lab):
    """Offsets of 0, 0.9 and 1.8 budgets have no culprit: breached, the pair is named and no node."""
    leave_alone(lab)
    with Watch(lab) as watch:
        lab.step(2, 42 * MS)
        lab.step(3, 84 * MS)
        lab.wait_verdict("breached", 3)
        lab.wait_for(lambda: all(any(a["id"] == "cluster-breached" for a in d["alerts"]) for d in map(lab.status, lab.nodes)), 3,
                     "the alert on every status")
        document = lab.status(1)
        lab.step(3, -84 * MS)
        lab.step(2, -42 * MS)
        lab.wait_agreed(20)
    named = [n["name"] for d in watch.documents() for n in d["nodes"] if n["state"] == "beyond"]
    require_equal(named, [], "nodes that were blamed")
    require("n1" in document["cluster"]["reason"] and "n3" in document["cluster"]["reason"], f"reason: {document['cluster']['reason']}")
    watch.require_truth(10)


GROUPS = [Group(test_step_forward, test_step_backward, test_step_of_reference, test_steps_latency, test_small_step_is_no_alert,
                test_two_of_three, test_slow_slew, poll=(6, 6), budget="50ms"),
          Group(test_default_budget, poll=(6, 6))]

if __name__ == "__main__":
    sys.exit(main(GROUPS))
