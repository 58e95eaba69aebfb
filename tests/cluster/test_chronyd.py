#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A chronyd that is gone, frozen, closed or lies on its command port: the agent lives and says so with the right state and alert, the
other nodes stay as they are, the bounds go on and stay true, and all is well again when the real one is back."""

import json
import math
import sys
import time

from fake_chronyd import ODD_FLOATS, float_value
from seen import SHOWN_S
from testing import Group, main, options, require, require_equal
from watch import Watch, validate

VICTIM, OTHERS = 3, (1, 2)
FAKE_STRATUM = 7
ALERT = "node-chrony-silent"


def own(document, number=VICTIM):
    return next(n for n in document["nodes"] if n["id"] == number)


def tells(document, states):
    """chronyd's state in the document is one of these, the node is in holdover and the alert is raised."""
    node = own(document)
    return (node["chrony"]["state"] in states and node["state"] == "holdover"
            and any(a["id"] == ALERT and a["node_id"] == VICTIM for a in document["alerts"]))


def told(lab, states):
    last = {}

    def seen():
        documents = {n: lab.status(n) for n in lab.nodes}
        last.update({n: d and (own(d)["chrony"]["state"], own(d)["state"], [a["id"] for a in d["alerts"]]) for n, d in documents.items()})
        return all(d and tells(d, states) for d in documents.values())
    begin = time.monotonic()
    while not seen():
        require(time.monotonic() - begin < SHOWN_S + 3, f"not {states} with holdover and alert everywhere: {last}")
        time.sleep(0.05)
    for number in lab.nodes:
        document = lab.status(number)
        validate(document)
        require_equal({n["state"] for n in document["nodes"] if n["id"] in OTHERS}, {"ok"}, "states of the others")
        alert = next(a for a in document["alerts"] if a["id"] == ALERT)
        require("chronyd" in alert["reason"] and f"n{VICTIM}" in alert["remedy"], f"alert: {alert['reason']} | {alert['remedy']}")
    return time.monotonic() - begin


def misbehaving(lab, states, break_it, mend_it):
    """A fault of the victim's chronyd from begin to end, under watch."""
    pid = lab.nodes[VICTIM].agent.pid
    with Watch(lab) as watch:
        break_it()
        took_s = told(lab, states)
        mend_it()
        lab.wait_agreed(25)
    require(lab.nodes[VICTIM].agent.running() and lab.nodes[VICTIM].agent.pid == pid, "the agent died")
    watch.require_no_blame()
    watch.require_truth(10)
    watch.require_answers(0.5)
    others = {n["state"] for d in watch.documents() for n in d["nodes"] if n["id"] in OTHERS}
    require_equal(others, {"ok"}, "states of the others at any time")
    return f"told by all after {took_s:.1f} s; {watch.summary()}"


# Each differs from the one before in what the status shows, so that none is passed by unseen.
LIES = (("silent", {"silent"}),
        ("short", {"garbled"}),
        ("late", {"silent"}),            # each reply after 2 s: it answers an earlier request
        ("unauthorised", {"refused"}),
        ("newer", {"garbled"}),          # longer than any reply of this version: not guessed at
        ("sequence", {"silent"}),
        ("version7", {"garbled", "refused"}),
        ("garbage", {"garbled", "silent"}))


def test_lying_port(lab):
    """One after the other, and then the real one; in the long form the real one between any two."""
    node = lab.nodes[VICTIM]

    def break_it():
        node.start_fake_chronyd(LIES[0][0])
        for before, (mode, _) in zip(LIES, LIES[1:]):
            told(lab, before[1])
            if options.long:
                node.stop_fake_chronyd()
                lab.wait_agreed(25)
            node.start_fake_chronyd(mode)
    return misbehaving(lab, LIES[-1][1], break_it, node.stop_fake_chronyd)


def test_killed(lab):
    node = lab.nodes[VICTIM]
    return misbehaving(lab, {"refused", "silent"}, node.chronyd.kill, node.start_time)


def test_frozen(lab):
    node = lab.nodes[VICTIM]
    return misbehaving(lab, {"silent"}, node.chronyd.freeze, node.chronyd.thaw)


def test_cmdport_0(lab):
    """chronyd runs and is right, but does not answer: nobody knows."""
    node = lab.nodes[VICTIM]

    def close():
        lab.chrony_lines.append("cmdport 0")
        node.start_time()
        lab.chrony_lines.remove("cmdport 0")
    return misbehaving(lab, {"refused", "silent"}, close, node.start_time)


def is_shown_as(number, value):
    """The status has nine digits."""
    return number is not None and math.isclose(number, value, rel_tol=1e-8)


def test_odd_floats(lab):
    """Numbers that are legal on the wire and absurd: infinite-looking, the largest, the least. The document stays JSON and says what
    they mean, and the bounds, which need none of them, stay true."""
    node = lab.nodes[VICTIM]
    pid = node.agent.pid
    meant = [float_value(bits) for bits in ODD_FLOATS]
    with Watch(lab) as watch:
        node.start_fake_chronyd("floats", stratum=FAKE_STRATUM)
        lab.wait_for(lambda: own(lab.status(1))["stratum"] == FAKE_STRATUM, 10, "the fake's word in the status")
        numbers = set()

        def varied():
            chrony = own(lab.status(1))["chrony"]
            for key in ("skew_ppm", "freq_ppm", "root_delay_s"):
                require(any(is_shown_as(chrony[key], value) for value in meant), f"{key}: nobody sent {chrony[key]}")
                numbers.add(chrony[key])
            return len(numbers) >= 8
        lab.wait_for(varied, 15, "several odd numbers in the status")
        node.stop_fake_chronyd()
        lab.wait_agreed(25)
    require(node.agent.running() and node.agent.pid == pid, "the agent died")
    watch.require_no_blame()
    watch.require_truth(10)
    watch.require_answers(0.5)
    for document in watch.documents():
        json.dumps(document, allow_nan=False)
        require_equal({n["state"] for n in document["nodes"] if n["id"] in OTHERS}, {"ok"}, "states of the others")
    return f"{len(numbers)} kinds"


def test_many_sources(lab):
    """10,000 sources: the poll is bounded, and the selected one, which comes first, is found."""
    node = lab.nodes[VICTIM]
    with Watch(lab) as watch:
        node.start_fake_chronyd("many")
        lab.wait_for(lambda: all(own(lab.status(n))["chrony"]["known"] == 255 for n in lab.nodes), 10, "255 known sources in the status")
        seq = own(lab.status(VICTIM))["seq"]
        begin = time.monotonic()
        lab.wait_for(lambda: own(lab.status(VICTIM))["seq"] >= seq + 4, 8, "four more reports")
        require(time.monotonic() - begin < 5.5, "reports are late")
        require_equal(own(lab.status(1))["source"], "10.77.2.254", "the source")
        node.stop_fake_chronyd()
        lab.wait_agreed(25)
    watch.require_no_blame()
    watch.require_truth(10)
    watch.require_answers(0.5)


GROUPS = [Group(test_lying_port, test_killed, test_frozen, test_cmdport_0, test_odd_floats, test_many_sources, budget="50ms")]

if __name__ == "__main__":
    sys.exit(main(GROUPS))
