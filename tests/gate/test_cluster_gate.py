#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The gate on a cluster of three machines with the stand-in of Proxmox HA, and clocks that are stepped or are about to be.
Usage: test_cluster_gate.py --build DIRECTORY [NAME...]"""

import sys
import time

from cluster import clockfile
from onmachines import RELEASE_S, SECOND, SOON, main, says, using, wait_gate
from stacks import ARM, CLOSE_S, Command, Proxmox, Units

from suite import require, require_equal, test  # by the search path of box.py

HOUR = 3600 * SECOND
OLD = "4.0.6"
JUMPS = 5
QUIET_REPORTS = 10


def would_close(lab, mark, timeout_s, number=1):
    """What a node says that it would do; meanwhile none does anything."""
    def said():
        verbs = set().union(*lab.gate_verbs(mark).values())
        require(verbs <= {"status"}, f"what the executors were run for: {verbs}")
        return lab.nodes[number].alerts("gate-would-close", mark)
    return lab.wait_for(said, timeout_s, f"gate-would-close raised on n{number}", 0.5)[0]


def alone(stack):
    """The number of a node that may be gated alone: neither the lowest id nor where the CRM master is."""
    return next(n for n in (3, 2) if stack.master() != f"n{n}")


@test
def observing_says_what_it_would_do(lab):
    """Two dangers: one of the cluster, one of a node. The journal has the command; nothing is run."""
    with using(lab, Proxmox, mode="observe") as p:
        mark = began = lab.now_s()
        lab.step(1, 10 * SECOND)
        entry = would_close(lab, mark, 60)
        lab.mend(1)
        says(entry, "close for the cluster by 'ha-manager crm-command disarm-ha freeze'")
        lab.wait_alert("gate-would-close", mark, 90, transition="cleared")
        mark, number = lab.now_s(), alone(p)
        lab.step(number, 10 * SECOND)
        says(would_close(lab, mark, 60, number), f"close for n{number} by 'systemctl stop --no-block pve-ha-lrm.service pve-ha-crm.service'")
        says(would_close(lab, mark, 60), f"close for n{number}, whose own agent says")
        lab.mend(number)
        require_equal((p.calls(), lab.alerts("gate-closed", began)), ([], {}), "runs of ha-manager, gates closed")
        require_equal(set().union(*lab.gate_verbs(began).values()), {"status"}, "what the executors were run for")
        require(p.all_started(), f"not as before: {p.armed()} {p.services()}")
        return f"said {entry['MESSAGE']!r}"


def one_node(lab, p, step_s):
    """One node of three is stepped: it alone is gated, and that is not called failed too early."""
    number, mark = alone(p), lab.now_s()
    node, others = lab.nodes[number], [f"n{n}" for n in lab.nodes if n != number]
    lab.step(number, step_s * SECOND)
    closed = lab.wait_closed(mark, CLOSE_S, number)
    took_s = int(closed["__MONOTONIC_TIMESTAMP"]) / 1e6 - mark
    says(closed, f"blocked for n{number}")
    require_equal((p.units(node.name)["pve-ha-lrm"], p.units(node.name)["pve-ha-crm"]), ("inactive", "inactive"), "units of the stepped node")
    require_equal(p.armed(), others, "armed watchdogs")
    states = {sid: state for sid, state in p.services().items() if state != "started"}
    require_equal(list(states.values()), ["freeze"], f"guests that are not started: {states}")
    mended_s = lab.now_s()
    lab.mend(number)
    cleared = lab.wait_opened(mark, 120, number)
    open_s = int(cleared["__MONOTONIC_TIMESTAMP"]) / 1e6
    require(open_s - mended_s >= RELEASE_S, f"open {open_s - mended_s:.1f} s after all was well, not {RELEASE_S} s")
    p.wait_armed()
    require_equal((p.calls(), lab.alerts("gate-failed", mark), p.resets()), ([], {}, []), "runs of ha-manager, failures told, resets")
    verbs = {n: [verb for verb in found if verb != "status"] for n, found in lab.gate_verbs(mark).items()}
    require_equal(verbs, {n: ["close", "open"] if n == number else [] for n in lab.nodes}, "what the executors were run for")
    return f"n{number} {step_s:+d} s: closed after {took_s:.1f} s, open {open_s - mark:.1f} s after the step"


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
        p.wait_closed(mark)
        took_s = lab.now_s() - mark
        require(min(abs(lab_shift_ns(lab, n)) for n in lab.nodes) > HOUR // 2, "a clock was stepped before")
        require_equal(p.calls(ARM), [], "runs of arm-ha before the clocks were stepped")
        mended_s = time.time()
        restart_chronyds(lab)
        lab.wait_agreed(60)
        p.wait_opened(mark, mended_s, RELEASE_S)
        require_equal((p.resets(), lab.alerts("gate-failed", mark)), ([], {}), "resets, failures told")
        return f"closed and read to be so {took_s:.1f} s after the jump, open again {lab.now_s() - mark:.1f} s after it"


@test
def the_same_jump_resets_nodes_that_are_not_gated(lab):
    """So the test above can fail."""
    with using(lab, Proxmox, mode="observe") as p:
        mark = lab.now_s()
        jump(lab)
        says(would_close(lab, mark, CLOSE_S), "ha-manager crm-command disarm-ha freeze")
        restart_chronyds(lab)
        jumps = 1
        # it is a race of watchdog-mux with those that feed it, which all nodes win in one of a dozen jumps
        while not p.resets() and jumps < JUMPS:
            lab.wait_reports(15)  # the node goes down 10 s after the last feeding
            if not p.resets():
                jump(lab)
                restart_chronyds(lab)
                jumps += 1
        lab.wait_for(p.resets, 30, "a reset")
        require_equal(p.calls(), [], "runs of ha-manager")
        found = f"reset: {p.resets()}, jumps: {jumps}"
    lab.stack.__exit__()
    return found


# Proxmox, the release that cannot be disarmed.

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
    with using(lab, Proxmox, OLD, settle=SOON) as p:
        mark, master = lab.now_s(), p.master()
        lab.step(1, 10 * SECOND)
        lab.wait_closed(mark, CLOSE_S)
        took_s = lab.now_s() - mark
        units = {name: (p.units(name)["pve-ha-lrm"], p.units(name)["pve-ha-crm"]) for name in p.versions}
        require_equal((set(units.values()), p.armed()), ({("inactive", "inactive")}, []), f"units {units}, watchdogs")
        require_equal((p.calls(), p.master()), ([], master), "runs of ha-manager, master")
        p.check_last(master, mark)
        lab.mend(1)
        lab.wait_opened(mark, 120)
        p.wait_armed()
        require_equal((lab.alerts("gate-failed", mark), p.resets()), ({}, []), "failures told, resets")
        return f"closed after {took_s:.1f} s"


# Units of the administrator's.


@test
def units_are_stopped_on_every_node_and_what_ran_is_started_again(lab):
    with using(lab, Units, settle=SOON) as u:
        lab.nodes[3].systemctl("stop", u.names[1])
        before, mark = u.states(), lab.now_s()
        lab.step(1, 10 * SECOND)
        lab.wait_closed(mark, CLOSE_S)
        took_s = lab.now_s() - mark
        require_equal(set(u.states().values()), {("inactive", "inactive")}, "units while it is closed")
        lab.mend(1)
        lab.wait_opened(mark, 120)
        require_equal((u.states(), lab.alerts("gate-failed", mark)), (before, {}), "units as before, failures told")
        return f"closed after {took_s:.1f} s"


# Somebody else's hand.


@test
def what_is_opened_by_hand_is_held_by_all(lab):
    """Though the danger goes on: each says why, and until when."""
    with using(lab, Command, settle=SOON) as stack:
        mark = lab.now_s()
        lab.step(1, 10 * SECOND)
        lab.wait_closed(mark, CLOSE_S)
        stack.set("open whole")
        lab.wait_alert("gate-taken", mark, 60)
        wait_gate(lab, "held", 10)
        lab.wait_reports(QUIET_REPORTS)
        for number, node in lab.nodes.items():
            hold = lab.status(number)["gate"]["hold"]
            require_equal((hold["taken"], hold["left_s"]), (True, None), f"the hold as n{number} knows it")
            for command in ("gate", "status"):
                text = " ".join(node.run("timeguard", command, check=False).stdout.split())
                words = f"held as it was opened by hand, told by {hold['by']}, until 'timeguard gate release'"
                require(words in text, f"'{words}' is not in {command} of n{number}: {text}")
        require_equal((stack.state(), len(stack.runs("close")), stack.runs("open")), ("open whole", 1, []), "state, closings, openings")


if __name__ == "__main__":
    sys.exit(main())
