#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The gate on a cluster of three machines with real pacemaker and real resources. Usage: test_cluster_pacemaker.py --build DIRECTORY [NAME...]"""

import sys

import pacemaker
from onmachines import SECOND, SOON, main, says, using
from stacks import CLOSE_S, Pacemaker

from suite import require_equal, test  # by the search path of box.py

QUIET_REPORTS = 15
RECOVERY_S = 20


def maintenance(p):
    return p.read_option("maintenance-mode")


def closed(lab, mark):
    lab.step(1, 10 * SECOND)
    return lab.wait_closed(mark, CLOSE_S)


def opened(lab, p, mark):
    lab.mend(1)
    lab.wait_opened(mark, 120)
    require_equal((maintenance(p), lab.alerts("gate-failed", mark)), ("", {}), "maintenance-mode as before, failures told")


def stays(lab, p, where):
    """For longer than an open cluster takes to recover a resource."""
    lab.wait_reports(QUIET_REPORTS)
    require_equal(p.where("d1"), where, "where d1 runs")


def with_dummy(p):
    if "d1" not in p.tool(1, "cibadmin", "--query", "--scope", "resources"):
        p.add_dummy("d1", 2)


@test
def nothing_is_recovered_or_moved_while_it_is_closed(lab):
    with using(lab, Pacemaker, settle=SOON) as p:
        with_dummy(p)
        p.break_resource("d1", 2)
        began_s = lab.now_s()
        lab.wait_for(lambda: p.where("d1") == [2], RECOVERY_S, "the recovery of d1 while the gate is open")
        open_s, mark = lab.now_s() - began_s, lab.now_s()
        entry = closed(lab, mark)
        require_equal((maintenance(p), "fencing" in entry["MESSAGE"]), ("true", False), "maintenance-mode, fencing told")
        p.break_resource("d1", 2)
        stays(lab, p, [])
        p.create("constraints", '<rsc_location id="move-d1" rsc="d1" node="n3" score="INFINITY"/>')
        stays(lab, p, [])
        opened(lab, p, mark)
        lab.wait_for(lambda: p.where("d1") == [3], RECOVERY_S, "the recovery of d1, where it was to move meanwhile")
        p.delete('<rsc_location id="move-d1"/>')
        lab.wait_for(lambda: p.where("d1") == [2], RECOVERY_S, "d1 back on n2")
        return f"recovered in {open_s:.1f} s while open, never in {2 * QUIET_REPORTS} s while closed"


@test
def a_node_that_is_cut_off_is_not_recovered_from(lab):
    with using(lab, Pacemaker, settle=SOON) as p:
        with_dummy(p)
        mark = lab.now_s()
        closed(lab, mark)
        lab.partition([[1, 3], [2]])
        lab.wait_for(lambda: lab.formed([1, 3]), 20, "the ring of two")
        lab.wait_for(lambda: 'online="false"' in p.tool(1, "crm_mon", "-1", "--output-as=xml"), 20, "n2 offline")
        stays_apart(lab, p)
        lab.merge()
        lab.wait_for(lab.formed, 20, "one ring")
        lab.wait_for(p.ready, 30, "three nodes online", 0.3)
        opened(lab, p, mark)
        lab.wait_for(lambda: p.where("d1") == [2], RECOVERY_S, "d1 on n2")


def stays_apart(lab, p):
    seq = {x["id"]: x["seq"] for x in lab.status(1)["nodes"]}
    lab.wait_for(lambda: all(x["seq"] > seq[x["id"]] + QUIET_REPORTS for x in lab.status(1)["nodes"] if x["id"] != 2), 40, "reports", 0.3)
    require_equal((p.where("d1"), maintenance(p)), ([2], "true"), "where d1 runs, maintenance-mode")


@test
def that_fencing_goes_on_is_said(lab):
    with using(lab, Pacemaker, settle=SOON) as p:
        with_dummy(p)
        p.add_fence()
        mark = lab.now_s()
        says(closed(lab, mark), "(fencing still active)")
        require_equal(maintenance(p), "true", "maintenance-mode")
        opened(lab, p, mark)
        p.option("stonith-enabled", "false")
        p.delete('<primitive id="fence"/>')


if __name__ == "__main__":
    sys.exit(main(pacemaker.missing))
