#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Nodes whose source is gone, that follow themselves or each other: state, alert and text on every node's status at most 5 s after
chronyd shows it; chronyd itself goes on saying Normal."""

import sys

import network
from seen import CHRONYD_S, SHOWN_S, check_texts, follows, log_marks, others_are, refid, selects, wait_seen
from testing import Group, main, require_equal
from watch import Watch


def test_local_mode(lab):
    """chronyd in local mode reports perfection: offset 0, leap normal."""
    node, marks = lab.nodes[2], log_marks(lab)
    node.set_local(10)
    lab.wait_for(lambda: node.tracking()[0] == "7F7F0101", CHRONYD_S, "n2 in local mode")
    require_equal(node.tracking()[13], "Normal", "the premise: leap status of local mode")
    took_s = wait_seen(lab, 2, "local-clock", "node-local-clock", ["local mode", "stratum 10"])
    others_are(lab, 2)
    check_texts(lab, "node-local-clock", 2, ["local"], marks)
    node.set_sources([network.NTP], restart=True)
    return f"{took_s:.1f} s after chronyd showed it"


def test_dead_source_of_one(lab):
    """A node cut off from the server; its chronyd goes on saying Normal."""
    marks = log_marks(lab)
    lab.cut_time(2)
    lab.wait_for(selects(lab.nodes[2], "?"), CHRONYD_S, "n2 to lose its source")
    require_equal(lab.nodes[2].tracking()[13], "Normal", "the premise: what chronyd says of a dead source")
    took_s = wait_seen(lab, 2, "holdover", "node-holdover", ["no source is selectable", "Normal"])
    others_are(lab, 2)
    check_texts(lab, "node-holdover", 2, ["chronyc sources"], marks)
    lab.cut_time(2, cut=False)
    return f"{took_s:.1f} s after chronyd showed it"


def test_dead_server(lab):
    """The server is killed: every node holds over, nobody is blamed."""
    with Watch(lab) as watch:
        lab.servers["ntp"].chronyd.kill()
        for node in lab.nodes.values():
            lab.wait_for(selects(node, "?"), CHRONYD_S, f"{node.name} to lose its source")
        took_s = max(wait_seen(lab, n, "holdover", "node-holdover", ["Normal"]) for n in lab.nodes)
        require_equal(lab.status(1)["cluster"]["verdict"], "at-risk", "verdict")
        lab.servers["ntp"].start()
        lab.wait_agreed(30)
    watch.require_no_blame()
    return f"{took_s:.1f} s after the last chronyd showed it"


def test_unsynchronised(lab):
    """A chronyd that has never had a source."""
    node = lab.nodes[3]
    node.set_sources([network.TIME_NET + "99"], restart=True)
    lab.wait_for(lambda: node.tracking()[0] == "00000000", CHRONYD_S, "n3 without a source")
    wait_seen(lab, 3, "unsynchronised", "node-unsynchronised", ["no source is selectable", "never synchronised"])
    others_are(lab, 3)
    node.set_sources([network.NTP], restart=True)


def test_boundary(lab):
    """n2 and n3 follow n1, which follows the server: one root, all well. Where n1 has lost it, so have they."""
    ring_address = network.CLUSTER_NET + "1"
    with Watch(lab) as watch:
        for number in (2, 3):
            lab.nodes[number].set_sources([ring_address])
        for number in (2, 3):
            lab.wait_for(follows(lab.nodes[number], ring_address), CHRONYD_S, f"n{number} on n1")
        lab.wait_agreed(SHOWN_S)
        for n in lab.status(2)["nodes"]:
            require_equal(n["root"], network.NTP, f"root of {n['name']}")
        lab.cut_time(1)
        lab.wait_for(selects(lab.nodes[1], "?"), CHRONYD_S, "n1 to lose its source")
        wait_seen(lab, 1, "holdover", "node-holdover", ["no source is selectable"])
        for number in (2, 3):
            wait_seen(lab, number, "holdover", "node-holdover", ["follows n1"])
        lab.cut_time(1, cut=False)
        lab.wait_agreed(CHRONYD_S)
    watch.require_no_blame()


def test_orphan(lab):
    """n1 in local mode, the others behind it: each has an alert of its own kind."""
    ring_address = network.CLUSTER_NET + "1"
    for number in (2, 3):
        lab.nodes[number].set_sources([ring_address])
    lab.nodes[1].set_local(8)
    lab.wait_for(lambda: lab.nodes[1].tracking()[0] == "7F7F0101", CHRONYD_S, "n1 in local mode")
    for number in (2, 3):
        lab.wait_for(lambda number=number: lab.nodes[number].tracking()[2] == "9", CHRONYD_S, f"n{number} behind it")
    wait_seen(lab, 1, "local-clock", "node-local-clock", ["local mode"])
    for number in (2, 3):
        wait_seen(lab, number, "local-clock", "node-orphan", ["n1"])
    for number in (1, 2, 3):
        lab.nodes[number].set_sources([network.NTP], restart=True)


def test_cycle(lab):
    """n2 and n3 follow each other. Real chronyds see through that, so stand-ins say it."""
    for number, other in ((2, 3), (3, 2)):
        address = f"{network.CLUSTER_NET}{other}"
        lab.nodes[number].start_fake_chronyd("honest", ref_id=refid(address), address=address, stratum=5,
                                             sources=[{"address": address, "state": "*", "reach": 255}])
    lab.wait_for(lambda: all(any(a["id"] == "source-cycle" for a in lab.status(n)["alerts"]) for n in lab.nodes), SHOWN_S, "source-cycle")
    for number in (2, 3):
        wait_seen(lab, number, "foreign-source", "node-foreign-source", ["circle"])
    require_equal(lab.status(1)["cluster"]["verdict"], "at-risk", "verdict")
    for number in (2, 3):
        lab.nodes[number].stop_fake_chronyd()


GROUPS = [Group(test_local_mode, test_dead_source_of_one, test_dead_server, test_unsynchronised, test_boundary, test_orphan,
                test_cycle, chrony_lines=("allow",))]

if __name__ == "__main__":
    sys.exit(main(GROUPS))
