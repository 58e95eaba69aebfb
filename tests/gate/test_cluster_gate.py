#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The gate on a cluster of three machines: real corosync, chronyd, systemd and agents, with HA stacks of stacks.py, and clocks that are stepped.
Usage: test_cluster_gate.py --build DIRECTORY [NAME...]"""

import argparse
import contextlib
import sys
import traceback

from cluster import Machines
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
        lab.configure(["[gate]", f"mode = {mode}", f"backend = {kind.backend}", f"release = {RELEASE_S}s", *lines])
        yield lab.stack
    except BaseException:
        tell(lab)
        if lab.stack:
            lab.stack.__exit__()
        lab.merge()
        lab.heal_clocks()
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


def main():
    why = missing()
    if why:
        print(f"skip all: {why}\n0 passed, 0 failed, 1 skipped")
        return 77
    with Machines(3, ARGS.build, keep_logs=ARGS.keep_logs) as lab:
        return run_tests(lab, names=ARGS.names)


if __name__ == "__main__":
    sys.exit(main())
