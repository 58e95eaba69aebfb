#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The backend pacemaker on three nodes of real corosync and pacemaker with real resources. Usage: test_pacemaker.py --build DIRECTORY [NAME...]"""

import argparse
import sys
import time

from box import require_refused
from pacemaker import Cluster, missing

from suite import require, require_equal, run_tests, test  # by box's search path

arguments = argparse.ArgumentParser()
arguments.add_argument("--build", required=True)
arguments.add_argument("names", nargs="*")
ARGS = arguments.parse_args()
SET = "crm_attribute --type crm_config --name maintenance-mode"


def until(cluster, number, state, scope="cluster", timeout_s=15):
    seen = []
    return cluster.lab.wait_for(lambda: seen.append(cluster.order(number, "status", scope=scope)) or seen[-1]["state"] == state and seen[-1],
                                timeout_s, f"the state {state}")


def close(cluster, number, scope="cluster", prior="absent"):
    found = cluster.order(number, "close", scope=scope)
    require_equal((found["outcome"], found["prior"]), ("done", prior), f"close: {found['detail']}")
    require(found["state"] in ("closing", "closed"), f"state after close: {found['state']}")
    return until(cluster, number, "closed", scope)


def reopen(cluster, number, prior, scope="cluster"):
    found = cluster.order(number, "open", scope=scope, prior=prior)
    require_equal((found["outcome"], found["state"]), ("done", "open"), f"open: {found['detail']}")
    return found


def quiet(cluster, name, where, seconds=6):
    """Six monitors long: the resource is where it was, or nowhere."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        require_equal(cluster.where(name), where, f"where {name} runs")
        time.sleep(0.2)


@test
def status_reads_the_cluster(cluster):
    flags = {}
    for number in cluster.lab.nodes:
        found = cluster.order(number, "status")
        require_equal((found["outcome"], found["state"], found["prior"]), ("done", "open", "absent"), f"status on n{number}: {found['detail']}")
        require_equal(found["command"], f"{SET} --update true", "what close would run")
        require({"ready", "whole"} <= set(found["flags"]) and "fencing" not in found["flags"], f"flags {found['flags']}")
        flags[f"n{number}"] = "master" in found["flags"]
    require_equal([name for name, is_dc in flags.items() if is_dc], [cluster.dc()], "the designated controller")


@test
def nothing_is_recovered_while_it_is_closed(cluster):
    cluster.add_dummy("d1", 2)
    found = close(cluster, 1)
    cluster.break_resource("d1", 2)
    quiet(cluster, "d1", [])
    require_equal(cluster.order(2, "close")["command"], "", "a second close, elsewhere")
    reopen(cluster, 3, found["prior"] if found["prior"] != "true" else "absent")
    require_equal(cluster.read_option("maintenance-mode"), "", "the option, removed again")
    cluster.lab.wait_for(lambda: cluster.where("d1") == [2], 20, "the recovery of d1")


@test
def nothing_moves_while_it_is_closed(cluster):
    close(cluster, 2)
    cluster.create("constraints", '<rsc_location id="move-d1" rsc="d1" node="n3" score="INFINITY"/>')
    quiet(cluster, "d1", [2])
    reopen(cluster, 2, "absent")
    cluster.lab.wait_for(lambda: cluster.where("d1") == [3], 20, "d1 on n3")
    cluster.delete('<rsc_location id="move-d1"/>')
    cluster.lab.wait_for(lambda: cluster.where("d1") == [2], 20, "d1 back on n2")


@test
def a_lost_node_is_not_recovered_from(cluster):
    """Fencing is disabled: an open cluster starts the resource elsewhere at once, a closed one does not."""
    close(cluster, 1)
    cluster.lab.partition([[1, 3], [2]])
    try:
        cluster.lab.wait_for(lambda: cluster.lab.formed([1, 3]), 20, "the ring of two")
        cluster.lab.wait_for(lambda: 'online="false"' in cluster.tool(1, "crm_mon", "-1", "--output-as=xml"), 20, "n2 offline")
        quiet(cluster, "d1", [2])
    finally:
        cluster.lab.merge()
    cluster.lab.wait_for(cluster.lab.formed, 20, "one ring")
    cluster.lab.wait_for(cluster.ready, 30, "three nodes online", every_s=0.3)
    require_equal(cluster.order(1, "status")["state"], "closed", "state after the merge")
    reopen(cluster, 1, "absent")
    cluster.lab.wait_for(lambda: cluster.where("d1") == [2], 30, "d1 on n2")


@test
def what_was_set_before_is_kept(cluster):
    cluster.option("maintenance-mode", "off")
    close(cluster, 1, prior="false")
    reopen(cluster, 1, "false")
    require_equal(cluster.read_option("maintenance-mode"), "false", "the option")
    cluster.option("maintenance-mode", "Yes")
    found = cluster.order(1, "status")
    require_equal((found["state"], found["prior"]), ("closed", "true"), "an administrator's maintenance")
    for prior in ("true", "", "armed"):
        require_refused(cluster.order(1, "open", prior=prior), f"open with prior '{prior}'")
    require_equal(cluster.read_option("maintenance-mode"), "Yes", "the option")
    cluster.option("maintenance-mode", None)


@test
def one_node_alone_is_closed(cluster):
    cluster.add_dummy("d2", 3)
    close(cluster, 3, scope="node")
    require_equal(cluster.order(1, "status", scope="node")["state"], "open", "the state of another node")
    require_equal(cluster.order(3, "status")["state"], "open", "the state of the cluster")
    cluster.break_resource("d2", 3)
    cluster.break_resource("d1", 2)
    cluster.lab.wait_for(lambda: cluster.where("d1") == [2], 20, "the recovery of d1")
    quiet(cluster, "d2", [])
    reopen(cluster, 3, "absent", scope="node")
    cluster.lab.wait_for(lambda: cluster.where("d2") == [3], 20, "the recovery of d2")


@test
def fencing_is_told(cluster):
    cluster.create("resources", '<primitive id="fence" class="stonith" type="null"><instance_attributes id="fence-a">'
                                '<nvpair id="fence-h" name="hostlist" value="n1 n2 n3"/></instance_attributes></primitive>')
    require("fencing" not in cluster.order(1, "status")["flags"], "a device counts although fencing is disabled")
    cluster.option("stonith-enabled", "true")
    cluster.lab.wait_for(cluster.idle, 30, "an idle controller")
    found = close(cluster, 1)
    require("fencing" in found["flags"] and "fencing is active" in found["detail"], f"closed: {found}")
    reopen(cluster, 1, "absent")
    cluster.option("stonith-enabled", None)
    require("fencing" in cluster.order(1, "status")["flags"], "fencing is on where nothing is said")
    cluster.option("stonith-enabled", "false")
    cluster.delete('<primitive id="fence"/>')
    require("fencing" not in cluster.order(1, "status")["flags"], "the flag stays")


def tell(cluster, number, colour, told=None):
    """... and what it is then."""
    require_equal(cluster.order(number, "status", health=colour)["outcome"], "done", "status")
    cluster.lab.wait_for(lambda: cluster.health().get(number) == (told or colour), 15, f"n{number} told as {told or colour}")


def follow(cluster, where, what):
    """A colour is heard of 5 s after it was told, and then the controller acts; the resource must stay there."""
    cluster.lab.wait_for(lambda: cluster.where("d1") == where, 20, what)
    quiet(cluster, "d1", where, 8)


@test
def health_moves_resources_where_that_is_the_policy(cluster):
    cluster.lab.wait_for(lambda: cluster.where("d1") == [2], 20, "d1 on n2")
    tell(cluster, 2, "green")
    cluster.option("node-health-strategy", "migrate-on-red")
    try:
        tell(cluster, 2, "yellow")
        follow(cluster, [2], "d1 on n2, which is yellow")
        tell(cluster, 2, "red")
        cluster.lab.wait_for(lambda: cluster.where("d1") in ([1], [3]), 20, "d1 away from n2, which is red")
        tell(cluster, 2, "green")
        follow(cluster, [2], "d1 back on n2")
        cluster.option("node-health-strategy", "only-green")
        tell(cluster, 2, "yellow")
        cluster.lab.wait_for(lambda: cluster.where("d1") in ([1], [3]), 20, "d1 away from n2, which is not green")
    finally:
        cluster.option("node-health-strategy", None)
        tell(cluster, 2, "green")
    follow(cluster, [2], "d1 back on n2")


@test
def no_majority_is_red(cluster):
    for number in cluster.lab.nodes:
        tell(cluster, number, "green")
    tell(cluster, 2, "red")
    tell(cluster, 2, "red")  # again: it does not count itself
    for number in (1, 3):
        tell(cluster, number, "red", told="yellow")
    tell(cluster, 2, "green")
    tell(cluster, 3, "red")
    tell(cluster, 1, "red", told="yellow")
    require_equal(cluster.health(), {1: "yellow", 2: "green", 3: "red"}, "health")
    for number in cluster.lab.nodes:
        tell(cluster, number, "green")


@test
def health_is_told_and_decides_nothing(cluster):
    """... by itself: the strategy is the administrator's."""
    cluster.lab.wait_for(cluster.idle, 30, "an idle controller")
    require_equal(cluster.order(2, "status", health="red")["outcome"], "done", "status")
    value = cluster.lab.wait_for(lambda: cluster.tool(1, "attrd_updater", "--name", "#health-time", "--query", "-A", check=False), 15, "the attribute")
    require('host="n2" value="red"' in value, value)
    require_equal(cluster.where("d1"), [2], "where d1 runs")
    cluster.order(2, "status")
    require('value="red"' in cluster.tool(1, "attrd_updater", "--name", "#health-time", "--query", "-A"), "'leave' changed it")
    cluster.order(2, "status", health="green")
    cluster.lab.wait_for(lambda: 'value="green"' in cluster.tool(1, "attrd_updater", "--name", "#health-time", "--query", "-A"), 15, "green")


@test
def without_quorum_nothing_is_run(cluster):
    cluster.lab.partition([[1], [2, 3]])
    try:
        cluster.lab.wait_for(lambda: cluster.tool(1, "crm_node", "--quorum", check=False) == "0", 30, "pacemaker without quorum")
        cluster.lab.wait_for(cluster.dc, 30, "a designated controller")
        found = cluster.order(1, "close")
        require_refused(found, "close", "no quorum")
        require("ready" not in found["flags"], f"flags {found['flags']}")
        require_equal(cluster.read_option("maintenance-mode"), "", "the option")
    finally:
        cluster.lab.merge()
    cluster.lab.wait_for(cluster.ready, 60, "three nodes online", every_s=0.3)


@test
def a_stopped_pacemaker_is_told(cluster):
    cluster.daemons[3].stop(30)
    found = cluster.order(3, "status")
    require_equal((found["outcome"], found["state"], found["flags"]), ("failed", "unknown", []), "status")
    require(found["detail"].startswith("crm_node: exit status"), found["detail"])
    require_refused(cluster.order(3, "close"), "close")
    cluster.lab.wait_for(lambda: cluster.order(1, "status")["outcome"] == "done", 20, "a status elsewhere")


if __name__ == "__main__":
    WHY_NOT = missing()
    if WHY_NOT:
        print(f"skip: {WHY_NOT}\n0 passed, 0 failed, 1 skipped")
        sys.exit(77)
    with Cluster(ARGS.build) as CLUSTER:
        sys.exit(run_tests(CLUSTER, names=ARGS.names))
