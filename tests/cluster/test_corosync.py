#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Corosync frozen, killed, stopped and split: at no poll is anybody blamed, every agent answers at once all the time, and the
cluster comes back to 'agreed' by itself."""

import sys
import time

from survive import ANSWER_S, RECOVER_S, cluster_of, settle_s, survived, wait_cluster
from testing import Group, main, require, require_equal
from watch import Watch


def test_frozen_corosync(lab):
    """SIGSTOP for 10 s on one node: the others form a ring of two, its agent goes on answering."""
    def meanwhile(_):
        lab.wait_for(lambda: lab.formed([1, 2]), 10, "the ring of two")
        wait_cluster(lab, 1, absent=["n3"])
        require_equal(cluster_of(lab, 1)["verdict"], "agreed", "the verdict of the two")
    return survived(lab, lab.nodes[3].corosync.freeze, lab.nodes[3].corosync.thaw, meanwhile, hold_s=10)


def test_connecting_to_frozen(lab):
    """An agent that is started while its corosync is stopped, and one that reconnects into a stopped one."""
    node = lab.nodes[3]
    node.agent.stop()

    def break_it():
        node.corosync.freeze()
        node.start_agent()
        lab.wait_for(node.status, 5, "the agent to answer")

    def meanwhile(watch):
        lab.wait_for(lambda: len(watch.of(3)) > 60, 15, "six seconds of answers")
        require(not cluster_of(lab, 3)["connected"], "connected to a stopped corosync")
    with Watch(lab, [3]) as early:
        lab.wait_for(lambda: not node.status(), 5, "the agent to be gone")
        result = survived(lab, break_it, node.corosync.thaw, meanwhile, answering=[1, 2])
    answered = [s for s in early.of(3) if s.document]
    slowest = max((s.after_ns - s.before_ns) / 1e9 for s in answered)
    require(slowest <= ANSWER_S, f"the agent that connects answered after {slowest:.2f} s")
    require(len(answered) > 60, f"only {len(answered)} answers")
    first = next(i for i, s in enumerate(early.of(3)) if s.document)
    gaps = [s for s in early.of(3)[first:] if not s.document]
    require(not gaps, f"{len(gaps)} questions to the agent that connects were not answered: {gaps[:1]}")
    return f"{result}; slowest answer of the one that connects {slowest:.3f} s"


def test_killed_corosync(lab):
    """kill -9 and a new start: 'no cluster' in between, and a new connection."""
    node = lab.nodes[2]

    def meanwhile(_):
        wait_cluster(lab, 2, connected=False, verdict="unproven")
        lab.wait_for(lambda: any(a["id"] == "no-cluster" for a in lab.status(2)["alerts"]), 10, "the alert no-cluster")
        code, text = node.show("status")
        require(code == 3 and "corosync" in text, f"the screen without corosync: {code} {text}")
    mark = len(node.alerts())
    result = survived(lab, node.corosync.kill, node.start_corosync, meanwhile)
    log = node.alerts()[mark:]
    require_equal(log.count("connection to corosync lost"), 1, "how often the loss is said")
    require_equal(log.count("connected to corosync as node 2"), 1, "how often the new connection is said")
    return result


def test_stopped_corosync(lab):
    """An orderly stop and start."""
    node = lab.nodes[1]
    return survived(lab, node.corosync.stop, node.start_corosync, lambda _: wait_cluster(lab, 1, connected=False))


def test_all_corosync_killed(lab):
    """All at once: nobody has a cluster, and all come back."""
    def kill():
        for node in lab.nodes.values():
            node.corosync.kill()

    def start():
        for node in lab.nodes.values():
            node.start_corosync()
    return survived(lab, kill, start, lambda _: [wait_cluster(lab, n, connected=False) for n in lab.nodes])


def test_partition(lab):
    """2|1 and back: the two agree, the one is unproven without quorum."""
    def meanwhile(_):
        lab.wait_for(lambda: lab.formed([1, 2]), 15, "the ring of two")
        wait_cluster(lab, 1, absent=["n3"], verdict="agreed", votes=2, margin=0)
        wait_cluster(lab, 3, quorate=False, verdict="unproven", absent=["n1", "n2"])
        require("not quorate" in cluster_of(lab, 3)["reason"], f"reason: {cluster_of(lab, 3)['reason']}")
    return survived(lab, lambda: lab.partition([[1, 2], [3]]), lab.merge, meanwhile, hold_s=5)


def test_short_partitions(lab):
    """Breaks that are shorter than, about as long as and longer than the token timeout."""
    with Watch(lab) as watch:
        for hold_s in (0.3, 0.9, 1.3, 2.0):
            lab.partition([[1, 3], [2]])
            time.sleep(hold_s)
            lab.merge()
            lab.wait_for(lab.formed, 20, "one ring")
        lab.wait_agreed(RECOVER_S)
        time.sleep(settle_s())
    watch.require_no_blame()
    watch.require_truth(20)
    watch.require_answers(ANSWER_S)
    return watch.summary()


GROUPS = [Group(test_frozen_corosync, test_connecting_to_frozen, test_killed_corosync, test_stopped_corosync, test_all_corosync_killed,
                test_partition, test_short_partitions, budget="50ms")]

if __name__ == "__main__":
    sys.exit(main(GROUPS))
