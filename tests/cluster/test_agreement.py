#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A healthy cluster: agreed in time, and the status says just what chronyd and corosync say."""

import json
import os
import sys
import time

import jsonschema

from testing import Group, SOURCE, main, require, require_equal

AGREED_S = 10
EXACT = {"ref_id": 0, "stratum": 2, "ref_time_ns": 3, "last_offset_s": 5, "rms_offset_s": 6, "freq_ppm": 7, "skew_ppm": 9,
         "update_interval_s": 12, "leap": 13}
MOVING = {"correction_s": 4, "resid_freq_ppm": 8, "root_delay_s": 10, "root_dispersion_s": 11}
DIGITS = {"last_offset_s": 9, "rms_offset_s": 9, "freq_ppm": 3, "skew_ppm": 3, "update_interval_s": 1, "correction_s": 9, "resid_freq_ppm": 3,
          "root_delay_s": 9, "root_dispersion_s": 9}
LEAPS = {"Normal": "normal", "Insert second": "insert", "Delete second": "delete", "Not synchronised": "unsynchronised"}


def schema():
    with open(os.path.join(SOURCE, "packaging", "status.schema.json"), encoding="utf-8") as file:
        return json.load(file)


def cli_status(lab, number):
    """The document by `timeguard status --json`, valid by the schema, and the exit code."""
    code, text = lab.nodes[number].show("status", "--json")
    document = json.loads(text)
    jsonschema.validate(document, schema())
    return code, document


def test_agreed_in_time(lab):
    """From the start of the last agent to 'agreed' on every node; here all agents are started at once."""
    for node in lab.nodes.values():
        node.agent.stop()
    for node in lab.nodes.values():
        node.start_agent()
    begin = time.monotonic()
    lab.wait_agreed(AGREED_S)
    return f"agreed after {time.monotonic() - begin:.2f} s"


def test_last_agent_later(lab):
    lab.nodes[3].agent.stop()
    lab.wait_for(lambda: any(n["id"] == 3 and n["state"] == "mute" for n in lab.status(1)["nodes"]), 15, "n3 to be mute")
    bad = {n: lab.status(n)["agent"]["reports_bad"] for n in (1, 2)}
    lab.nodes[3].start_agent()
    begin = time.monotonic()
    lab.wait_agreed(AGREED_S)
    took_s = time.monotonic() - begin
    require_equal({n: lab.status(n)["agent"]["reports_bad"] for n in (1, 2)}, bad, "reports refused, of one that counts anew")
    return f"agreed after {took_s:.2f} s"


def equal_to_digits(number, text, digits):
    """The document's number rounds to what chronyc prints (or lies beside it: chronyc rounds half up)."""
    return abs(number - float(text)) <= 0.5001 * 10.0 ** -digits + 1e-12


def compare(ours, before, after):
    """True when the two chronyc readings are the same update and all agrees; raises on a difference."""
    if any(before[EXACT[k]] != after[EXACT[k]] for k in EXACT):
        return False
    for key, column in EXACT.items():
        text = before[column]
        if key == "ref_id":
            require_equal(ours[key], text, key)
        elif key == "stratum":
            require_equal(ours[key], int(text), key)
        elif key == "leap":
            require_equal(ours[key], LEAPS[text], key)
        elif key == "ref_time_ns":
            seconds, _, fraction = text.partition(".")
            require_equal(ours[key], int(seconds) * 10**9 + int(fraction.ljust(9, "0")), key)
        else:
            require(equal_to_digits(ours[key], text, DIGITS[key]), f"{key}: {ours[key]} instead of {text}")
    for key, column in MOVING.items():
        low, high = sorted((float(before[column]), float(after[column])))
        slack = 0.5001 * 10.0 ** -DIGITS[key] + 1e-12
        require(low - slack <= ours[key] <= high + slack, f"{key}: {ours[key]} is not from {low} to {high}")
    return True


def test_tracking(lab):
    """Equal to chronyc in what an update of chronyd sets, within its change between two readings in what moves on."""
    compared = 0
    for number in lab.nodes:
        def once(number=number):
            before = lab.nodes[number].tracking()
            seq = next(n["seq"] for n in lab.status(number)["nodes"] if n["id"] == number)

            def newer():
                document = lab.status(number)
                own = next(n for n in document["nodes"] if n["id"] == number)
                # the next one, and one that follows it up, may carry a sample from before
                return own if own["seq"] > seq + 2 else None
            own = lab.wait_for(newer, 5, "the third report", every_s=0.02)
            return compare(own["chrony"], before, lab.nodes[number].tracking())
        lab.wait_for(once, 30, f"a reading of n{number} without an update of chronyd between")
        compared += 1
    return f"{compared} nodes"


def quorumtool(node):
    lines = [line.split(":", 1) for line in node.quorum().splitlines() if ":" in line]
    return {key.strip(): value.strip() for key, value in lines}


def test_quorum(lab):
    for number, node in lab.nodes.items():
        tool, cluster = quorumtool(node), cli_status(lab, number)[1]["cluster"]
        require_equal(cluster["votes"], int(tool["Total votes"]), "votes")
        require_equal(cluster["expected_votes"], int(tool["Expected votes"]), "expected votes")
        require_equal(cluster["quorum"], int(tool["Quorum"].split()[0]), "quorum")
        require_equal(cluster["quorate"], tool["Quorate"] == "Yes", "quorate")
        require_equal(cluster["margin"], int(tool["Total votes"]) - int(tool["Quorum"].split()[0]), "margin")


def test_quorum_without_one(lab):
    """The same numbers when a node is gone, and when quorum is."""
    for number in (3, 2):
        lab.nodes[number].corosync.stop()
        left = number - 1
        lab.wait_for(lambda left=left: quorumtool(lab.nodes[1]).get("Nodes") == str(left), 20, f"{left} nodes in the ring")
        tool = quorumtool(lab.nodes[1])
        lab.wait_for(lambda tool=tool: lab.status(1)["cluster"]["votes"] == int(tool["Total votes"]), 10, "the votes to follow")
        cluster = cli_status(lab, 1)[1]["cluster"]
        require_equal(cluster["quorate"], tool["Quorate"] == "Yes", "quorate")
        require_equal(cluster["quorum"], int(tool["Quorum"].split()[0]), "quorum")
        require_equal(sorted(cluster["absent"]), [f"n{n}" for n in range(number, 4)], "absent")
    require_equal(cluster["verdict"], "unproven", "the verdict without quorum")
    for number in (2, 3):
        lab.nodes[number].start_corosync()
    lab.wait_agreed(30)


def test_document(lab):
    code, document = cli_status(lab, 1)
    require_equal(code, 0, "exit code")
    require_equal([n["name"] for n in document["nodes"]], ["n1", "n2", "n3"], "nodes")
    require_equal(document["cluster"]["source"], "10.77.2.254", "source")
    require_equal([(p["a"], p["b"]) for p in document["pairs"]], [(1, 2), (1, 3), (2, 3)], "pairs")
    require(all(p["verdict"] == "within" and p["low_ns"] <= p["estimate_ns"] <= p["high_ns"] for p in document["pairs"]), "a pair")
    require_equal(document["alerts"], [], "alerts")


PAIR_FACTS = ("verdict", "stale", "contradicted", "low_ns", "high_ns", "estimate_ns", "rate_ppb", "rho_ppm")


def pairs_by_reports(document):
    """What is said of each pair, under the last reports of its two nodes."""
    seq = {n["id"]: n["seq"] for n in document["nodes"]}
    return {(p["a"], seq[p["a"]], p["b"], seq[p["b"]]): {key: p[key] for key in PAIR_FACTS} for p in document["pairs"]}


def test_same_verdict(lab):
    """All nodes say the same: reference, fingerprint, and of a pair to the nanosecond, wherever they have heard the same reports."""
    said, compared = {}, 0

    def enough():
        nonlocal compared
        documents = {n: lab.status(n) for n in lab.nodes}
        for observer, document in documents.items():
            for key, facts in pairs_by_reports(document).items():
                first, known = said.setdefault(key, (observer, facts))
                require_equal(facts, known, f"n{observer} of n{key[0]} (report {key[1]}) and n{key[2]} (report {key[3]}), unlike n{first}")
                compared += first != observer
        require_equal(len({d["cluster"]["fingerprint"] for d in documents.values()}), 1, "fingerprints")
        return compared >= 200
    lab.wait_for(enough, 20, "200 bounds heard by two nodes", every_s=0.11)
    lab.wait_for(lambda: len({lab.status(n)["cluster"]["reference"] for n in lab.nodes}) == 1, 2, "one reference on all nodes")
    return f"{compared} bounds"


def test_screen(lab):
    code, text = lab.nodes[2].show("status")
    require_equal(code, 0, "exit code")
    require("AGREED" in text and "n3" in text and "10.77.2.254" in text, f"the screen: {text}")
    code, text = lab.nodes[2].show("explain", "n1")
    require(code == 0 and "n1" in text, f"explain: {code} {text}")


def test_two_nodes(lab):
    """two_node: quorum is one vote, and is named."""
    cluster = cli_status(lab, 1)[1]["cluster"]
    require("two_node" in cluster["quorum_flags"], f"flags: {cluster['quorum_flags']}")
    require_equal((cluster["votes"], cluster["quorum"], cluster["margin"]), (2, 1, 1), "votes, quorum and margin")


# chronyd updates every 8 s: two readings of chronyc a second apart are mostly of the same update.
GROUPS = [Group(test_agreed_in_time, test_last_agent_later, test_document, test_same_verdict, test_tracking, test_quorum, test_screen,
                test_quorum_without_one, poll=(3, 3)),
          Group(test_two_nodes, nodes=2)]

if __name__ == "__main__":
    sys.exit(main(GROUPS))
