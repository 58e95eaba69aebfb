#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The gate on a cluster of three machines: real corosync, chronyd, systemd and agents, with HA stacks of stacks.py, and clocks that are stepped.
Usage: test_cluster_gate.py --build DIRECTORY [NAME...]"""

import argparse
import contextlib
import sys
import traceback

from cluster import Machines, clockfile
from machine import missing
from stacks import Proxmox

from suite import require, require_equal, run_tests, test  # by box's search path

arguments = argparse.ArgumentParser()
arguments.add_argument("--build", required=True)
arguments.add_argument("--keep-logs", action="store_true")
arguments.add_argument("names", nargs="*")
ARGS = arguments.parse_args()

SECOND = 10**9
HOUR = 3600 * SECOND
DISARM, ARM = "crm-command disarm-ha", "crm-command arm-ha"
RELEASE_S = 10
CLOSE_S = 150


@contextlib.contextmanager
def using(lab, kind, *arguments_, mode="enforce", lines=()):
    """An HA stack in good order, of before if there is one of that kind, and agents that know nothing of what was."""
    wanted = (kind, *arguments_)
    if lab.stack and lab.kind != wanted:
        lab.stack.__exit__()
    try:
        if not lab.stack:
            kind(lab, *arguments_).__enter__()
            lab.kind = wanted
        lab.heal_clocks()
        lab.configure(["[gate]", f"mode = {mode}", f"backend = {kind.backend}", f"release = {RELEASE_S}s", *lines])
        yield lab.stack
    except BaseException:
        tell(lab)
        if lab.stack:
            lab.stack.__exit__()
        lab.merge()
        raise


def tell(lab):
    """What the agents said, for whoever looks for the fault."""
    for node in lab.nodes.values():
        try:
            print(node.run("journalctl", "-q", "-u", "timeguard", "-n", "25", "--no-pager", "-o", "short-monotonic").stdout, file=sys.stderr)
        except AssertionError as error:
            traceback.print_exception(error, file=sys.stderr)


def alone(stack):
    """The number of a node that may be gated alone: neither the lowest id nor where the CRM master is."""
    return next(n for n in (3, 2) if stack.master() != f"n{n}")


def says(entry, *words):
    for word in words:
        require(word in entry["MESSAGE"], f"'{word}' is not in: {entry['MESSAGE']}")


# Proxmox, the release that can be disarmed.


@test
def observing_says_what_it_would_do(lab):
    """Two dangers: one of the cluster, one of a node. The journal has the command; nothing is run."""
    with using(lab, Proxmox, mode="observe") as p:
        mark = lab.now_s()
        lab.step(1, 10 * SECOND)
        entry = lab.wait_alert("gate-would-close", mark, 60)
        lab.step(1, -10 * SECOND)
        says(entry, "ha-manager crm-command disarm-ha freeze", "the cluster")
        lab.wait_alert("gate-would-close", mark, 90, transition="cleared")
        mark, number = lab.now_s(), alone(p)
        lab.step(number, 10 * SECOND)
        says(lab.wait_alert("gate-would-close", mark, 60), f"n{number}")
        lab.step(number, -10 * SECOND)
        require_equal((p.calls(), lab.alerts("gate-closed", mark)), ([], {}), "runs of ha-manager, gates closed")
        require(p.all_started(), f"not as before: {p.armed()} {p.services()}")
        return f"said {entry['MESSAGE']!r}"


def one_node(lab, p, step_s):
    """One node of three is stepped: it alone is gated, and that is not called failed too early."""
    number, mark = alone(p), lab.now_s()
    node, others = lab.nodes[number], [f"n{n}" for n in lab.nodes if n != number]
    lab.step(number, step_s * SECOND)
    closed = lab.wait_alert("gate-closed", mark, CLOSE_S, number)
    took_s = int(closed["__MONOTONIC_TIMESTAMP"]) / 1e6 - mark
    says(closed, f"blocked for n{number}")
    require_equal((p.units(node.name)["pve-ha-lrm"], p.units(node.name)["pve-ha-crm"]), ("inactive", "inactive"), "units of the stepped node")
    require_equal(p.armed(), others, "armed watchdogs")
    states = {sid: state for sid, state in p.services().items() if state != "started"}
    require_equal(list(states.values()), ["freeze"], f"guests that are not started: {states}")
    lab.step(number, -step_s * SECOND)
    cleared = lab.wait_alert("gate-closed", mark, 120, number, "cleared")
    p.wait_armed()
    require_equal((p.calls(), lab.alerts("gate-failed", mark), p.resets()), ([], {}, []), "runs of ha-manager, failures told, resets")
    return f"n{number} {step_s:+d} s: closed after {took_s:.1f} s, open {int(cleared['__MONOTONIC_TIMESTAMP']) / 1e6 - mark:.1f} s after the step"


@test
def one_node_ahead_is_gated_alone(lab):
    with using(lab, Proxmox) as p:
        return one_node(lab, p, 30)


@test
def one_node_behind_is_gated_alone(lab):
    with using(lab, Proxmox) as p:
        return one_node(lab, p, -30)


@test
def one_node_far_behind_is_gated_alone(lab):
    """Its loops stand still for longer than a closing may otherwise last."""
    with using(lab, Proxmox) as p:
        return one_node(lab, p, -75)


def close_all(lab, p, mark):
    """Until the stack itself shows that the cluster is closed."""
    lab.wait_alert("gate-closed", mark, CLOSE_S)
    require_equal((p.armed(), p.manager_status()["disarm"]), ([], {"mode": "freeze", "state": "disarmed"}), "watchdogs, disarm")
    require_equal(set(p.services().values()), {"freeze"}, "guests")
    require_equal(len(p.calls(DISARM)), 1, "runs of disarm-ha")


@test
def killed_agents_open_what_they_closed(lab):
    with using(lab, Proxmox) as p:
        mark = lab.now_s()
        lab.step(1, 10 * SECOND)
        close_all(lab, p, mark)
        pids = lab.each(lambda node: node.pid())
        lab.each(lambda node: node.systemctl("kill", "-s", "KILL", "timeguard"))
        mark = lab.now_s()
        lab.wait_for(lambda: all(lab.status(n) and lab.status(n)["gate"]["state"] == "closed" for n in lab.nodes), 30, "'closed' on all nodes")
        require(not set(pids) & set(lab.each(lambda node: node.pid())), "an agent was not killed")
        lab.wait_alert("gate-closed", mark, 30)
        require_equal(p.calls(ARM), [], "runs of arm-ha before the proof")
        lab.step(1, -10 * SECOND)
        lab.wait_alert("gate-closed", mark, 90, transition="cleared")
        p.wait_armed()
        require_equal((len(p.calls(DISARM)), len(p.calls(ARM)), lab.alerts("gate-failed", mark)), (1, 1, {}), "disarms, arms, failures told")


# The source jumps, and all chronyds are restarted: all clocks are stepped by an hour.


def jump(lab):
    lab.servers["ntp"].disturb("step", HOUR)


def restart_chronyds(lab):
    lab.each(lambda node: node.start_time())
    lab.wait_for(lambda: all(abs(lab_shift_ns(lab, n)) < SECOND for n in lab.nodes), 60, "all clocks to be stepped", 0.5)


def lab_shift_ns(lab, number):
    """How far a node is from the time server."""
    return clockfile.truth_ns(lab.nodes[number].clock, lab.servers["ntp"].clock)


@test
def a_jump_of_the_source_closes_before_it_steps(lab):
    with using(lab, Proxmox) as p:
        mark = lab.now_s()
        jump(lab)
        close_all(lab, p, mark)
        took_s = lab.now_s() - mark
        require(min(abs(lab_shift_ns(lab, n)) for n in lab.nodes) > HOUR // 2, "a clock was stepped before")
        restart_chronyds(lab)
        lab.wait_agreed(60)
        lab.wait_alert("gate-closed", mark, 120, transition="cleared")
        p.wait_armed()
        require_equal((p.resets(), len(p.calls(ARM)), lab.alerts("gate-failed", mark)), ([], 1, {}), "resets, runs of arm-ha, failures told")
        return f"closed and read to be so {took_s:.1f} s after the jump, open again {lab.now_s() - mark:.1f} s after it"


@test
def the_same_jump_resets_nodes_that_are_not_gated(lab):
    """So the test above can fail."""
    with using(lab, Proxmox, mode="observe") as p:
        mark = lab.now_s()
        jump(lab)
        says(lab.wait_alert("gate-would-close", mark, CLOSE_S), "ha-manager crm-command disarm-ha freeze")
        restart_chronyds(lab)
        lab.wait_for(p.resets, 30, "a reset")
        found = f"reset: {p.resets()}"
    lab.stack.__exit__()
    return found


# The cluster falls apart while it is being closed. All three clocks are apart, so the danger is in the larger part too.


def part_at(lab, p, ready):
    """n1, which acts, is cut off as soon as its command runs and `ready` is true."""
    lab.step(2, 10 * SECOND)
    lab.step(3, -10 * SECOND)
    lab.wait_for(lambda: p.calls(DISARM) and ready(), 60, "n1's command", 0.01)
    lab.partition([[1], [2, 3]])
    p.ctl(do="partition", parts=[["n1"], ["n2", "n3"]])
    require_equal([name for _, name, _ in p.calls(DISARM)], ["n1"], "who acted first")


def end_apart(lab):
    """An isolated node fences itself in the end; the stack begins anew."""
    lab.stack.__exit__()
    lab.merge()


@test
def a_command_that_was_taken_is_not_run_again_elsewhere(lab):
    with using(lab, Proxmox) as p:
        mark = lab.now_s()
        part_at(lab, p, lambda: "disarm-ha" in p.read("n2", "ha/crm_commands") or "disarm" in p.manager_status("n2"))
        gate = lab.wait_for(lambda: gate_of(lab, 2, "closed", "unclear"), 120, "n2 to know what became of it", 0.2)
        require_equal([name for _, name, _ in p.calls(DISARM)], ["n1"], "who ran disarm-ha")
        found = f"in the larger part: {gate}, {lab.now_s() - mark:.1f} s after the steps"
    end_apart(lab)
    return found


@test
def a_command_that_failed_is_run_elsewhere_once_it_is_over(lab):
    with using(lab, Proxmox) as p:
        p.ctl(do="lock", node="n2", name="domain-ha", held=True)
        part_at(lab, p, lambda: True)
        p.ctl(do="lock", node="n2", name="domain-ha", held=False)
        lab.wait_for(lambda: p.manager_status("n2").get("disarm", {}).get("state") == "disarmed" or len(p.calls(DISARM)) > 2, 180, "the larger part to close", 0.2)
        runs = p.calls(DISARM)
        require_equal([name for _, name, _ in runs], ["n1", "n2"], "who ran disarm-ha")
        apart_s = runs[1][0] - runs[0][0]
        require(apart_s > 20, f"n2 began {apart_s:.1f} s after n1, whose run may last for 20 s")
    end_apart(lab)
    return f"n2 began {apart_s:.1f} s after n1"


def gate_of(lab, number, *words):
    """What a node says of the gate, if that is one of these: its state, or the stage of a record."""
    document = lab.status(number)
    gate = document["gate"] if document else {"state": "", "records": []}
    found = [gate["state"], *[record["stage"] for record in gate["records"]]]
    return next((word for word in words if word in found), None)


# Proxmox, the release that cannot be disarmed.

OLD = "4.0.6"


@test
def one_node_ahead_of_the_old_release(lab):
    with using(lab, Proxmox, OLD) as p:
        return one_node(lab, p, 30)


@test
def one_node_behind_of_the_old_release(lab):
    with using(lab, Proxmox, OLD) as p:
        return one_node(lab, p, -30)


@test
def every_node_of_the_old_release_stops_its_own(lab):
    with using(lab, Proxmox, OLD) as p:
        mark, master = lab.now_s(), p.master()
        lab.step(1, 10 * SECOND)
        lab.wait_alert("gate-closed", mark, CLOSE_S)
        took_s = lab.now_s() - mark
        units = {name: (p.units(name)["pve-ha-lrm"], p.units(name)["pve-ha-crm"]) for name in p.versions}
        require_equal((set(units.values()), p.armed()), ({("inactive", "inactive")}, []), f"units {units}, watchdogs")
        require_equal((p.calls(), p.master()), ([], master), "runs of ha-manager, master: it went last")
        lab.step(1, -10 * SECOND)
        lab.wait_alert("gate-closed", mark, 120, transition="cleared")
        p.wait_armed()
        require_equal((lab.alerts("gate-failed", mark), p.resets()), ({}, []), "failures told, resets")
        return f"closed after {took_s:.1f} s"


def main():
    why = missing()
    if why:
        print(f"skip all: {why}\n0 passed, 0 failed, 1 skipped")
        return 77
    with Machines(3, ARGS.build, keep_logs=ARGS.keep_logs) as lab:
        return run_tests(lab, names=ARGS.names)


if __name__ == "__main__":
    sys.exit(main())
