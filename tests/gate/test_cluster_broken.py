#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The gate on a cluster of three machines: agents are killed, and the cluster falls apart, while it is closed or being closed.
Usage: test_cluster_broken.py --build DIRECTORY [NAME...]"""

import sys
import time

from onmachines import RELEASE_S, SECOND, SOON, gate_of, main, using, wait_gate
from stacks import ARM, DISARM, Proxmox

from suite import require, require_equal, test  # by the search path of box.py

QUIET_REPORTS = 15


@test
def killed_agents_open_what_they_closed(lab):
    with using(lab, Proxmox, settle=SOON) as p:
        mark = lab.now_s()
        lab.step(1, 10 * SECOND)
        p.wait_closed(mark)
        pids = lab.each(lambda node: node.pid())
        lab.each(lambda node: node.systemctl("kill", "-s", "KILL", "timeguard"))
        mark = lab.now_s()
        wait_gate(lab, "closed", 30)
        require(all(old != new for old, new in zip(pids, lab.each(lambda node: node.pid()))), "an agent was not killed")
        lab.wait_alert("gate-closed", mark, 30)
        require_equal(p.calls(ARM), [], "runs of arm-ha before the proof")
        mended_s = time.time()
        lab.mend(1)
        p.wait_opened(mark, mended_s, RELEASE_S)
        require_equal((len(p.calls(DISARM)), lab.alerts("gate-failed", mark)), (1, {}), "disarms, failures told")


# The cluster falls apart while it is being closed. All three clocks are apart, so the danger is in the larger part too.


def part_at(lab, p, ready):
    """n1, which acts, is cut off as soon as its command runs and `ready` is true."""
    lab.step(2, 10 * SECOND)
    lab.step(3, -10 * SECOND)
    lab.wait_for(lambda: p.calls(DISARM) and ready(), 60, "n1's command", 0.01)
    lab.partition([[1], [2, 3]])
    p.ctl(do="partition", parts=[["n1"], ["n2", "n3"]])
    require_equal([name for _, name, _ in p.calls(DISARM)], ["n1"], "who acted first")


def own_seq(lab, number):
    return next(x["seq"] for x in lab.status(number)["nodes"] if x["id"] == number)


def end_apart(lab):
    """An isolated node fences itself in the end; the stack begins anew."""
    lab.stack.__exit__()
    lab.merge()


@test
def a_command_that_was_taken_is_not_run_again_elsewhere(lab):
    with using(lab, Proxmox, settle=SOON) as p:
        mark = lab.now_s()
        part_at(lab, p, lambda: "disarm-ha" in p.read("n2", "ha/crm_commands") or "disarm" in p.manager_status("n2"))
        gate = lab.wait_for(lambda: gate_of(lab, 2, "closed", "unclear") or len(p.calls(DISARM)) > 1 and "unknown", 120, "n2 to know what became of it", 0.2)
        seq = own_seq(lab, 2)
        lab.wait_for(lambda: own_seq(lab, 2) > seq + QUIET_REPORTS, 2 * QUIET_REPORTS, "reports of n2", 0.5)
        require_equal([name for _, name, _ in p.calls(DISARM)], ["n1"], "who ran disarm-ha")
        found = f"in the larger part: {gate}, {lab.now_s() - mark:.1f} s after the steps"
    end_apart(lab)
    return found


@test
def a_command_that_failed_is_run_elsewhere_once_it_is_over(lab):
    with using(lab, Proxmox, settle=SOON) as p:
        p.ctl(do="lock", node="n2", name="domain-ha", held=True)
        part_at(lab, p, lambda: True)
        p.ctl(do="lock", node="n2", name="domain-ha", held=False)
        lab.wait_for(lambda: p.manager_status("n2").get("disarm", {}).get("state") == "disarmed", 180, "the larger part to close", 0.2)
        runs = p.calls(DISARM)
        require_equal([name for _, name, _ in runs], ["n1", "n2"], "who ran disarm-ha")
        apart_s = runs[1][0] - runs[0][0]
        require(apart_s > 20, f"n2 began {apart_s:.1f} s after n1, whose run may last for 20 s")
    end_apart(lab)
    return f"n2 began {apart_s:.1f} s after n1"


if __name__ == "__main__":
    sys.exit(main())
