#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A hostile member of the process group on one node: what it sends is counted and said once, the agents live, and no verdict that
does not concern its own node changes."""

import json
import os
import sys

from testing import Group, HERE, main, options, require, require_equal
from watch import Watch

HOSTILE = 3
BAD = "node-bad-report"


def hostile(lab, *kinds, count=10, rate=50, seed=1):
    """Runs the hostile member on n3 to its end."""
    result = lab.nodes[HOSTILE].space.run("/usr/bin/python3", os.path.join(HERE, "cpg_send.py"), *kinds, "--node", HOSTILE, "--nodes", len(lab.nodes),
                                          "--count", count, "--rate", rate, "--seed", seed, timeout_s=90)
    return json.loads(result.stdout)


def bad_counts(lab):
    return {n: lab.status(n)["agent"]["reports_bad"] for n in lab.nodes}


def raised(node, mark, alert=BAD):
    return node.alerts()[mark:].count(f"timeguard[{alert} raised]")


def attacked(lab, *kinds, counted=True, **how):
    """Sends, watching: every message of these kinds is counted on every node, and said once."""
    before, marks = bad_counts(lab), {n: len(node.alerts()) for n, node in lab.nodes.items()}
    pids = {n: node.agent.pid for n, node in lab.nodes.items()}
    with Watch(lab) as watch:
        result = hostile(lab, *kinds, **how)
        wanted = {n: before[n] + (sum(result["sent"].values()) if counted else 0) for n in lab.nodes}
        lab.wait_for(lambda: bad_counts(lab) == wanted, 5, f"all to be counted: {wanted}, not {bad_counts(lab)}")
        if counted:
            lab.wait_for(lambda: all(any(a["id"] == BAD and a["node_id"] == HOSTILE for a in lab.status(n)["alerts"]) for n in lab.nodes), 5,
                         f"{BAD} about n{HOSTILE} everywhere")
        lab.wait_agreed(10)
    require_equal({n: node.agent.pid for n, node in lab.nodes.items() if node.agent.running()}, pids, "living agents")
    watch.require_no_blame()
    watch.require_truth(6)
    watch.require_answers(0.5)
    require_equal({p["verdict"] for d in watch.documents() for p in d["pairs"]}, {"within"}, "verdicts of the pairs")
    require_equal({n["state"] for d in watch.documents() for n in d["nodes"]}, {"ok"}, "states")
    for n, node in lab.nodes.items():
        lab.wait_for(lambda n=n, node=node: raised(node, marks[n], "node-two-agents") <= 1, 1, "two-agents to be said once")
        require(raised(node, marks[n]) <= 1, f"{BAD} was raised {raised(node, marks[n])} times in the log of n{n}")
    return result, watch


def test_each_kind(lab):
    """One kind at a time: each is counted one by one."""
    for kind in ("truncated", "oversized", "foreign", "future-major", "forged", "absurd", "empty"):
        attacked(lab, kind, count=5)
    for n, node in lab.nodes.items():
        require_equal(raised(node, 0), 1, f"how often {BAD} is in the log of n{n}")
        text = next(a["reason"] for a in lab.status(n)["alerts"] if a["id"] == BAD)
        require(f"node {HOSTILE}" in text and "in all" in text, f"reason: {text}")


def test_own_replay(lab):
    """A node's own reports sent again by another process of that node: it is not the agent, and says nothing that counts."""
    attacked(lab, "own-replay", count=20, counted=False)


def test_flood(lab):
    """1,000 messages a second for 5 s."""
    def seqs(watch, number):
        return sorted({n["seq"] for d in watch.documents(number) for n in d["nodes"] if n["id"] == number})
    result, watch = attacked(lab, "truncated", "foreign", "future-major", "forged", count=2500 if options.long else 1250, rate=1000)
    for number in lab.nodes:
        own = seqs(watch, number)
        require(own[-1] - own[0] >= int(result["seconds"]) - 1, f"n{number} sent {own[-1] - own[0]} reports in {result['seconds']:.1f} s")
    return f"{sum(result['sent'].values())} messages in {result['seconds']:.1f} s; {watch.summary()}"


def test_lying_agent(lab):
    """The agent of n3 is gone and the hostile one speaks in its place, with sound reports of the past: the others' pair stays."""
    node = lab.nodes[HOSTILE]
    with Watch(lab, [1, 2]) as watch:
        script = node.program("liar", "/usr/bin/python3", os.path.join(HERE, "cpg_send.py"), "own-replay", "--node", HOSTILE, "--count", 40,
                              "--rate", 10)
        script.start()
        lab.wait_for(lambda: any(a["id"] == "node-two-agents" for a in lab.status(1)["alerts"]), 10, "two members on n3")
        node.agent.kill()
        lab.wait_for(lambda: not script.running(), 20, "the liar to end")
        node.start_agent()
        lab.wait_agreed(20)
    watch.require_answers(0.5)
    pair = [p["verdict"] for d in watch.documents() for p in d["pairs"] if (p["a"], p["b"]) == (1, 2)]
    require_equal(set(pair), {"within"}, "the pair of the honest")
    require_equal({n["state"] for d in watch.documents() for n in d["nodes"] if n["id"] != HOSTILE}, {"ok"}, "states of the honest")


def test_forged_clock(lab):
    """In the place of n3's agent one speaks that is an hour ahead, in every other respect like it: n3 is beyond, which is all that it can have
    the others say. Their own pair is theirs."""
    node = lab.nodes[HOSTILE]
    with Watch(lab, [1, 2]) as watch:
        liar = node.program("liar", "/usr/bin/python3", os.path.join(HERE, "cpg_send.py"), "forged-clock", "--node", HOSTILE, "--count", 50, "--rate", 2.5)
        liar.start()
        lab.wait_for(lambda: any(a["id"] == "node-two-agents" for a in lab.status(1)["alerts"]), 10, "two members on n3")
        node.agent.kill()
        lab.wait_for(lambda: all(next(x for x in lab.status(n)["nodes"] if x["id"] == HOSTILE)["state"] == "beyond" for n in (1, 2)), 15,
                     lambda: f"n{HOSTILE} to be beyond: {lab.status(1)['nodes']}")
        gates = [lab.status(n)["gate"] for n in (1, 2)]
        lab.wait_for(lambda: not liar.running(), 40, "the liar to end")
        node.start_agent()
        lab.wait_agreed(20)
    watch.require_answers(0.5)
    pair = [p["verdict"] for d in watch.documents() for p in d["pairs"] if (p["a"], p["b"]) == (1, 2)]
    require_equal(set(pair), {"within"}, "the pair of the honest")
    require_equal({n["state"] for d in watch.documents() for n in d["nodes"] if n["id"] != HOSTILE}, {"ok"}, "states of the honest")
    require_equal({g["state"] for g in gates}, {"open"}, "gates that observe")
    return f"the gate: {gates[0]['why'] or gates[0]['why_not']}; blocked: {gates[0]['blocked']}; would close: {gates[0]['would_close']}"


GROUPS = [Group(test_each_kind, test_own_replay, test_flood, test_lying_agent, test_forged_clock, budget="50ms")]

if __name__ == "__main__":
    sys.exit(main(GROUPS))
