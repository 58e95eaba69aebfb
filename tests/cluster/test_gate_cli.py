#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""An administrator's word about the gate, from the command line over a real system bus to every node; and `timeguard wait`."""

import os
import shutil
import sys
import time

from system_bus import Bus
from testing import Group, main, require, require_equal

FOREVER = 4294967295
DONE, NOT, UNPROVEN, UNAVAILABLE, DENIED = 0, 1, 3, 69, 77
NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--")
TRIES_S = 4  # it has tried more than once by then
BACK_S = 40  # the agent tries a lost bus again every 30 s at last


def buses(lab):
    """One on each node, made once a lab."""
    if not hasattr(lab, "buses"):
        lab.buses = {number: Bus(node) for number, node in lab.nodes.items()}
        for bus in lab.buses.values():
            bus.start()
            # where anybody may run it
            shutil.copy(lab.timeguard, bus.node.space.path("/run/timeguard-cli"))
        lab.wait_for(lambda: all(names(lab, number) for number in lab.nodes), BACK_S, "every agent on its bus")
    return lab.buses


def names(lab, number):
    result = lab.nodes[number].space.run("busctl", "--system", "--no-pager", "list", check=False)
    return any(line.startswith("org.timeguard1 ") and "timeguardd" in line for line in result.stdout.splitlines())


def say(lab, number, *words, prefix=()):
    result = lab.nodes[number].space.run(*prefix, "/run/timeguard-cli", *words, check=False)
    return result.returncode, result.stdout + result.stderr


def gates(lab):
    return [lab.status(number)["gate"] for number in lab.nodes]


def wait_gates(lab, state, timeout_s=5):
    lab.wait_for(lambda: {gate["state"] for gate in gates(lab)} == {state}, timeout_s,
                 lambda: f"the gate to be {state} for all: it is {[gate['state'] for gate in gates(lab)]}")


def require_said(lab, number, *either):
    """By the screen of the gate and by that of all."""
    for command in ("gate", "status"):
        text = " ".join(lab.nodes[number].show(command)[1].split())
        require(any(words in text for words in either), f"{either} is not in {command} of n{number}: {text}")


def bus_property(lab, number, name, prefix=()):
    result = lab.nodes[number].space.run(*prefix, "busctl", "--system", "get-property", "org.timeguard1", "/org/timeguard1", "org.timeguard1.Gate", name)
    return result.stdout.strip()


def test_hold_is_every_nodes(lab):
    """Given on n1, seen everywhere, released on n2; nobody closes meanwhile."""
    buses(lab)
    code, text = say(lab, 1, "gate", "hold", "--for", "2h")
    require_equal(code, DONE, text)
    wait_gates(lab, "held")
    for gate in gates(lab):
        require(gate["hold"]["by"] == "n1" and 7180 < gate["hold"]["left_s"] <= 7200 and not gate["hold"]["taken"], gate["hold"])
        require([check["met"] for check in gate["checks"] if check["name"] == "hold"] == [False], gate["checks"])
    code, text = lab.nodes[3].show("gate")
    require(code == DONE and text.startswith("GATE HELD: "), text)
    require_said(lab, 3, "held by an administrator on n1, for another 2 h 0 min", "held by an administrator on n1, for another 119 min")
    require_equal(bus_property(lab, 3, "State"), 's "held"', "over the bus")
    require_equal(bus_property(lab, 3, "HoldBy"), 's "n1"', "over the bus")
    require_equal(say(lab, 2, "gate", "release")[0], DONE, "release")
    wait_gates(lab, "open")
    require(all(gate["hold"] is None for gate in gates(lab)), "a hold is left")
    require_equal(bus_property(lab, 3, "HoldSeconds"), "u 0", "over the bus")


def test_hold_without_end(lab):
    buses(lab)
    require_equal(say(lab, 2, "gate", "hold")[0], DONE, "hold")
    wait_gates(lab, "held")
    require(all(gate["hold"]["left_s"] is None for gate in gates(lab)), gates(lab)[0]["hold"])
    require_equal(bus_property(lab, 1, "HoldSeconds"), f"u {FOREVER}", "over the bus")
    require_said(lab, 1, "held by an administrator on n2, until 'timeguard gate release'")
    require_equal(say(lab, 2, "gate", "release")[0], DONE, "release")
    wait_gates(lab, "open")


def test_hold_runs_out(lab):
    buses(lab)
    require_equal(say(lab, 1, "gate", "hold", "--for", "4s")[0], DONE, "hold")
    wait_gates(lab, "held", 3)
    wait_gates(lab, "open", 8)


def test_hold_outlives_the_agent(lab):
    """... that was told, and all others: nobody is left who could tell of it."""
    buses(lab)
    require_equal(say(lab, 1, "gate", "hold")[0], DONE, "hold")
    wait_gates(lab, "held")
    for node in lab.nodes.values():
        node.agent.kill()
    for node in lab.nodes.values():
        node.agent.start()
    lab.wait_for(lambda: all(lab.status(n) for n in lab.nodes), 10, "the agents")
    wait_gates(lab, "held", 10)
    lab.wait_for(lambda: all(gate["hold"] and gate["hold"]["by"] == "n1" for gate in gates(lab)), 10, "all to know that it was n1")
    lab.wait_for(lambda: all(names(lab, n) for n in lab.nodes), BACK_S, "their names on the buses")
    require_equal(say(lab, 1, "gate", "release")[0], DONE, "release")
    wait_gates(lab, "open")


def test_only_root_is_heard(lab):
    """By the bus's policy, and by the agent itself where the policy lets everybody through; everybody may read."""
    bus = buses(lab)[1]
    for lax in (False, True):
        if lax:
            bus.stop()
            bus.start(lax=True)
            lab.wait_for(lambda: names(lab, 1), BACK_S, "the agent on the lax bus")
        for words in (("hold",), ("release",), ("test",)):
            code, text = say(lab, 1, "gate", *words, prefix=NOBODY)
            require(code == DENIED and text == "timeguard: only root may do that\n", f"{words}, lax {lax}: {code} {text}")
        require_equal({gate["state"] for gate in gates(lab)}, {"open"}, "the gate")
        require_equal(bus_property(lab, 1, "State", prefix=NOBODY), 's "open"', "read by nobody")
        require_equal(say(lab, 1, "gate", "hold", "--for", "1h")[0], DONE, "root")
        wait_gates(lab, "held")
        require_equal(say(lab, 1, "gate", "release")[0], DONE, "root")
        wait_gates(lab, "open")
    bus.stop()
    bus.start()
    lab.wait_for(lambda: names(lab, 1), BACK_S, "the agent on the strict bus")


def test_a_hold_of_nothing_is_refused(lab):
    buses(lab)
    result = lab.nodes[1].space.run("busctl", "--system", "call", "org.timeguard1", "/org/timeguard1", "org.timeguard1.Gate", "Hold", "u", "0", check=False)
    require(result.returncode != 0 and "wants at least a second" in result.stderr, result.stderr)
    require_equal({gate["state"] for gate in gates(lab)}, {"open"}, "the gate")


def test_changes_are_signalled(lab):
    bus = buses(lab)[2]
    monitor = bus.node.program("monitor", "busctl", "--system", "monitor", "--match=type='signal',path='/org/timeguard1'")
    monitor.start()
    try:
        lab.wait_for(lambda: "Monitoring" in monitor.tail(1000), 10, "the monitor")
        require_equal(say(lab, 1, "gate", "hold")[0], DONE, "hold")
        lab.wait_for(lambda: "Member=StateChanged" in monitor.tail(1000) and 'STRING "held"' in monitor.tail(1000), 5, "StateChanged of another node's agent")
        require("Member=PropertiesChanged" in monitor.tail(1000), "PropertiesChanged")
        n = monitor.tail(1000).count("Member=StateChanged")
        time.sleep(2.5)
        require_equal(monitor.tail(1000).count("Member=StateChanged"), n, "signals while nothing changes")
    finally:
        monitor.kill()
        say(lab, 1, "gate", "release")
    wait_gates(lab, "open")


def test_without_a_bus(lab):
    """The agent lives, says it once, and is there when the bus is."""
    bus = buses(lab)[1]
    mark = len(lab.nodes[1].alerts())
    bus.stop()
    code, text = say(lab, 1, "gate", "hold")
    require(code == UNAVAILABLE and text.startswith("timeguard: no connection to the system bus: ") and text.count("\n") == 1, f"{code} {text}")
    lab.wait_for(lambda: "no connection to the system bus" in lab.nodes[1].alerts()[mark:], 10, "the loss in the log")
    time.sleep(TRIES_S)
    require_equal(lab.status(1)["cluster"]["verdict"], "agreed", "the agent")
    bus.start()
    lab.wait_for(lambda: names(lab, 1), BACK_S, "the agent on the bus again")
    for whose in ("gate", "org.timeguard1"):  # each has a connection of its own
        require_equal(lab.nodes[1].alerts()[mark:].count(f"{whose}: no connection to the system bus"), 1, f"said of {whose}")
    require_equal(say(lab, 1, "gate", "hold", "--for", "1h")[0], DONE, "hold")
    wait_gates(lab, "held")
    require_equal(say(lab, 1, "gate", "release")[0], DONE, "release")
    wait_gates(lab, "open")


def test_without_an_agent(lab):
    buses(lab)
    lab.nodes[3].agent.stop()
    code, text = say(lab, 3, "gate", "hold")
    require(code == UNAVAILABLE and text == "timeguard: no timeguardd is on the system bus; see: systemctl status timeguard\n", f"{code} {text}")
    code, text = lab.nodes[3].show("gate")
    require(code == UNPROVEN and "cannot reach timeguardd" in text, f"{code} {text}")
    lab.nodes[3].start_agent()
    lab.wait_for(lambda: names(lab, 3), BACK_S, "the agent on the bus")


def test_nobody_waits_long(lab):
    """For a frozen bus, nor for a frozen agent; and a frozen bus does not hold the agent."""
    bus = buses(lab)[2]
    for program, words in ((bus.program, "the system bus does not answer within 5 s"), (lab.nodes[2].agent, "timeguardd does not answer within 5 s")):
        program.freeze()
        try:
            begin = time.monotonic()
            code, text = say(lab, 2, "gate", "hold")
            took = time.monotonic() - begin
            if program is bus.program:
                time.sleep(3)
                document = lab.status(2)
                require(document and document["cluster"]["verdict"] == "agreed", "the agent hangs on the bus")
        finally:
            program.thaw()
        require(code == UNAVAILABLE and words in text, f"{code} {text}")
        require(4 < took < 7, f"{took:.1f} s")
    # what was asked for is heard late, not never: it is not known to have failed
    lab.wait_for(lambda: names(lab, 2), BACK_S, "the agent on the bus")
    lab.wait_for(lambda: say(lab, 2, "gate", "release")[0] == DONE, 10, "a release")
    wait_gates(lab, "open", 15)


def test_the_name_is_waited_for(lab):
    """A second agent on the bus says once that the name is taken, lives, and gets it when the first is gone."""
    node = lab.nodes[1]
    buses(lab)
    conf = node.file("second.conf", lab.agent_conf(node).replace("status.sock", "second.sock"))
    state = os.path.join(node.directory, "second-state")
    os.makedirs(state, exist_ok=True)
    second = node.program("second", lab.timeguardd, "--config", conf, env={**node.clock_env(), "STATE_DIRECTORY": state})
    second.start()
    try:
        lab.wait_for(lambda: "another process has it" in second.tail(1000), 10, "the second agent to say so")
        time.sleep(2)
        require_equal(second.tail(1000).count("another process has it"), 1, "said")
        node.agent.stop()
        lab.wait_for(lambda: "is this agent's now" in second.tail(1000), 10, "the name")
        require(second.running(), "it lives")
    finally:
        second.stop()
        node.start_agent()
    lab.wait_for(lambda: names(lab, 1), BACK_S, "the agent on the bus")


def test_wait(lab):
    """At once where all is well; until an agent has come; and no longer than told."""
    begin = time.monotonic()
    code, text = lab.nodes[1].show("wait", "--timeout", "120s")
    require(code == DONE and text.startswith("proven after ") and time.monotonic() - begin < 2, f"{code} {text}")
    lab.nodes[2].agent.stop()
    begin = time.monotonic()
    code, text = lab.nodes[2].show("wait", "--timeout", "2s")
    took = time.monotonic() - begin
    require(code == NOT and "not proven within 2" in text and "cannot reach timeguardd" in text and 2 <= took < 4, f"{code} {text} {took:.1f} s")
    waiting = lab.nodes[2].program("wait", lab.timeguard, "wait", "--timeout", "60s")
    waiting.start()
    try:
        time.sleep(2)
        require(waiting.running(), waiting.tail())
        lab.nodes[2].start_agent()
        lab.wait_for(lambda: not waiting.running(), 30, "the end of the wait")
        require(waiting.stop() == DONE and waiting.tail().startswith("proven after "), waiting.tail())
    finally:
        waiting.kill()


def test_wait_for_a_node_that_is_not_right(lab):
    lab.step(3, 60_000_000_000)
    lab.wait_state(3, "beyond", 15, seen_by=[1])
    code, text = lab.nodes[3].show("wait", "--timeout", "3s")
    require(code == NOT and "this node is beyond: " in text, f"{code} {text}")
    code, text = lab.nodes[1].show("wait", "--timeout", "3s")
    require(code == NOT and "breached" in text, f"{code} {text}")
    code, text = lab.nodes[1].show("status")
    require("Means:" in text and "from 50 s on set forward by that" in text, text)
    lab.step(3, -60_000_000_000)
    lab.wait_agreed(40)


GROUPS = [Group(test_hold_is_every_nodes, test_hold_without_end, test_hold_runs_out, test_hold_outlives_the_agent, test_only_root_is_heard,
                test_a_hold_of_nothing_is_refused, test_changes_are_signalled, test_without_a_bus, test_without_an_agent, test_nobody_waits_long,
                test_the_name_is_waited_for, test_wait, test_wait_for_a_node_that_is_not_right)]

if __name__ == "__main__":
    sys.exit(main(GROUPS))
