#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Agents killed, frozen and stopped, one, all or twice on one node: mute, never blamed, and back by themselves."""

import os
import sys
import time

from survive import RECOVER_S, cluster_of, survived
from testing import Group, main, require, require_equal
from watch import Watch

UNDISTURBED_S = 2


def test_killed_agent(lab):
    """kill -9: mute by the others, with no blame; a restart resumes."""
    node = lab.nodes[2]

    def meanwhile(_):
        lab.wait_state(2, "mute", 12, seen_by=[1, 3])
        require_equal({n["state"] for n in lab.status(1)["nodes"] if n["id"] != 2}, {"ok"}, "states of the others")
        reason = next(n["reason"] for n in lab.status(1)["nodes"] if n["id"] == 2)
        require("no report" in reason or "without a running" in reason, f"reason: {reason}")
        require_equal(cluster_of(lab, 1)["verdict"], "at-risk", "verdict")
    return survived(lab, node.agent.kill, node.start_agent, meanwhile, answering=[1, 3])


def test_frozen_agent(lab):
    """SIGSTOP of an agent for 10 s: mute, and back at once when it goes on; what it heard late is no news."""
    def meanwhile(_):
        lab.wait_state(3, "mute", 12, seen_by=[1, 2])
    return survived(lab, lab.nodes[3].agent.freeze, lab.nodes[3].agent.thaw, meanwhile, hold_s=10, answering=[1, 2])


def test_all_agents_killed(lab):
    def kill():
        for node in lab.nodes.values():
            node.agent.kill()

    def start():
        for node in lab.nodes.values():
            node.start_agent()
    return survived(lab, kill, start, answering=[], least=3)


def test_orderly_stop(lab):
    """SIGTERM: gone in less than 2 s, and the others say that it was stopped, not that it is silent."""
    node = lab.nodes[2]
    with Watch(lab) as watch:
        begin = time.monotonic()
        status = node.agent.stop(5)
        took_s = time.monotonic() - begin
        require_equal(status, 0, "exit status")
        require(took_s < 2, f"it took {took_s:.2f} s to stop")
        lab.wait_for(lambda: all(any(n["id"] == 2 and n["state"] == "mute" and n["reason"] == "its agent was stopped" for n in lab.status(o)["nodes"])
                                 for o in (1, 3)), 2, "the others to say that it was stopped")
        node.start_agent()
        lab.wait_agreed(10)
    watch.require_no_blame()
    return f"gone after {took_s:.2f} s"


def test_stop_with_frozen_corosync(lab):
    """SIGTERM while corosync stands still: also in less than 2 s."""
    node = lab.nodes[3]
    node.corosync.freeze()
    begin = time.monotonic()
    status = node.agent.stop(5)
    took_s = time.monotonic() - begin
    node.corosync.thaw()
    require_equal(status, 0, "exit status")
    require(took_s < 2, f"it took {took_s:.2f} s to stop")
    node.start_agent()
    lab.wait_agreed(RECOVER_S)
    return f"gone after {took_s:.2f} s"


def test_stop_while_connecting(lab):
    """The same before there ever was a connection: the worker hangs in a call that does not return."""
    node = lab.nodes[3]
    node.agent.stop()
    node.corosync.freeze()
    node.start_agent()
    lab.wait_for(node.status, 5, "the agent to answer")
    begin = time.monotonic()
    node.agent.stop(5)
    took_s = time.monotonic() - begin
    node.corosync.thaw()
    require(took_s < 2, f"it took {took_s:.2f} s to stop")
    node.start_agent()
    lab.wait_agreed(RECOVER_S)
    return f"gone after {took_s:.2f} s"


def test_second_agent(lab):
    """A second one with the same configuration ends with a clear error; the first is not disturbed."""
    node = lab.nodes[2]
    with Watch(lab) as watch:
        result = node.space.run(lab.timeguardd, "--config", os.path.join(node.directory, "timeguard.conf"), check=False, timeout_s=10)
        require_equal(result.returncode, 1, "exit code of the second")
        for words in ("/run/timeguard/status.sock", "another timeguardd"):
            require(words in result.stderr, f"the error does not say '{words}': {result.stderr}")
        time.sleep(UNDISTURBED_S)  # nothing may happen to the first
    watch.require_answers(0.5)
    watch.require_no_blame()
    require(all(d["cluster"]["verdict"] == "agreed" for d in watch.documents()), "the first was disturbed")


def test_second_agent_elsewhere(lab):
    """A second one with a socket of its own gets into the group: named, not counted, nobody blamed, over when it goes."""
    node = lab.nodes[2]
    conf = node.file("second.conf", "budget = 50ms\n[status]\nsocket = /run/timeguard/second.sock\n")
    second = node.program("second", lab.timeguardd, "--config", conf, env=node.clock_env())

    def meanwhile(_):
        lab.wait_for(lambda: all(any(a["id"] == "node-two-agents" and a["node"] == "n2" for a in lab.status(n)["alerts"]) for n in lab.nodes),
                     10, "the alert node-two-agents everywhere")
        require_equal({n["state"] for n in lab.status(1)["nodes"]}, {"ok"}, "states with two agents")
        require(f"pid {node.agent.pid}" in next(a["reason"] for a in lab.status(1)["alerts"] if a["id"] == "node-two-agents"),
                "the one that counts is not the first")
    try:
        return survived(lab, second.start, second.stop, meanwhile)
    finally:
        second.kill()


GROUPS = [Group(test_killed_agent, test_frozen_agent, test_all_agents_killed, test_orderly_stop, test_stop_with_frozen_corosync,
                test_stop_while_connecting, test_second_agent, test_second_agent_elsewhere, budget="50ms")]

if __name__ == "__main__":
    sys.exit(main(GROUPS))
