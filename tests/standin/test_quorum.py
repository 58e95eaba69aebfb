# SPDX-License-Identifier: LGPL-2.1-or-later
"""Loss of quorum and of nodes, fencing, recovery. Part of test_standin.py."""

from lab import NEW, OLD, STARTED, Lab
from suite import require, require_equal, test


@test
def test_isolated_node_is_recovered():
    """Both sides: the watchdog of the lost node first, then the others."""
    for version in (NEW, OLD):
        lab = Lab((version,) * 3)
        begin = lab.now()
        lab.partition("n1 n2", "n3")
        lab.until(lambda: lab.services()["vm:103"] == "fence", 80, "fence")
        require(50 <= lab.now() - begin <= 71, f"60 s after it was last seen: {lab.now() - begin}")
        require_equal(lab.status("n1")["node_status"]["n3"], "fence", "node")
        require(lab.logged("service 'vm:103': state changed from 'started' to 'fence'"), "nothing else was tried")
        lab.until(lambda: "n3" in lab.resets(), 40, "the lost node resets itself")
        reset_s = lab.now() - begin
        lab.until(lambda: lab.actions(begin), 160, "recovery")
        require(lab.actions(begin)[0].startswith("recover vm:103 from n3 to n"), lab.actions(begin)[0])
        require(reset_s + 20 <= lab.now() - begin <= 250, f"{reset_s} s, then {lab.now() - begin} s")
        require_equal(lab.status("n1")["node_status"]["n3"], "unknown", "the node afterwards")
        lab.run(30)
        require_equal(lab.services()["vm:103"], "started", "service")
        require(lab.logged("service 'vm:103': state changed from 'recovery' to 'started'"), "at once")
        lab.hosts["n3"].power_off()
        lab.partition("n1 n2 n3")
        lab.hosts["n3"].power_on()
        lab.run(30)
        require_equal((lab.status()["node_status"]["n3"], lab.lrm("n3")), ("online", ("wait_for_agent_lock", "active")), "it comes back")


@test
def test_lost_master_is_replaced_after_the_lock():
    lab = Lab()
    begin = lab.now()
    lab.partition("n2 n3", "n1")
    lab.until(lambda: lab.crm("n1").state == "wait_for_quorum", 30, "the old master")
    require(lab.logged("status change lost_manager_lock => wait_for_quorum"), "through lost_manager_lock")
    lab.until(lambda: lab.master() is not None, 160, "the new one")
    require(110 <= lab.now() - begin <= 140, f"after the lock's 120 s: {lab.now() - begin}")


@test
def test_short_loss_of_quorum_is_survived():
    lab = Lab()
    lab.partition("n1", "n2", "n3")
    lab.until(lambda: lab.unit("n2", "pve-ha-lrm").program.state == "lost_agent_lock", 20, "the lock is lost")
    lab.run(10)
    lab.partition("n1 n2 n3")
    lab.run(30)
    require_equal((lab.resets(), lab.services(), lab.lrm("n2")), ([], STARTED, ("active", "active")), "later")
    require(lab.master() is not None, "a master")


@test
def test_start_without_quorum_waits():
    for version in (NEW, OLD):
        lab = Lab((version,) * 3, started=False)
        lab.partition("n1", "n2 n3")
        lab.hosts["n1"].power_on()
        lab.run(60)
        require_equal(("nodes/n1/lrm_status" in lab.world.shared, lab.hosts["n1"].mux.clients), (False, []), "nothing is written")
        lab.unit("n1", "pve-ha-lrm").stop()
        lab.until(lambda: lab.unit("n1", "pve-ha-lrm").state == "inactive", 1, "it can be stopped at once")
        lab.unit("n1", "pve-ha-lrm").start()
        lab.run(1)
        lab.partition("n1 n2 n3")
        took = lab.until(lambda: "nodes/n1/lrm_status" in lab.world.shared, 6, "then it is")
        require(3.5 <= took <= 4.5, f"5 s after the last try: {took}")


@test
def test_nodes_come_and_go():
    lab = Lab()
    lab.hosts["n3"].power_off()
    lab.partition("n1 n2")
    lab.until(lambda: lab.status()["node_status"]["n3"] == "unknown", 11, "unknown")
    lab.world.guests["vm:103"].configured = False
    lab.world.write_guests()
    lab.world.listed.discard("n3")
    lab.until(lambda: lab.status()["node_status"]["n3"] == "gone", 25, "gone")
    lab.run(3400)
    require_equal(lab.status()["node_status"].get("n3"), "gone", "an hour less 200 s later")
    lab.run(300)
    require("n3" not in lab.status()["node_status"], "after an hour")


@test
def test_fence_state_without_services_ends():
    lab = Lab()
    lab.hosts["n3"].power_off()
    lab.partition("n1 n2")
    lab.until(lambda: lab.services()["vm:103"] == "fence", 80, "fence")
    lab.partition("n1 n2 n3")
    lab.run(30)
    require_equal(lab.status()["node_status"]["n3"], "fence", "a node that is back stays fenced")
    lab.world.guests["vm:103"].configured = False
    lab.world.write_guests()
    lab.until(lambda: lab.status()["node_status"]["n3"] == "online", 160, "until its lock is had")


@test
def test_a_master_that_is_to_be_fenced_does_nothing():
    lab = Lab()
    lab.crm("n1").manager.nodes["n1"] = "fence"
    stamp = lab.status()["timestamp"]
    lab.run(60)
    require_equal(lab.status()["timestamp"], stamp, "manager_status")


@test
def test_fence_wanted_stops_the_lrm_and_the_crm():
    """A node that is told to be fenced lets go of its lock, and its CRM takes no part."""
    lab = Lab()
    lab.unit("n1", "pve-ha-crm").kill()
    lab.unit("n2", "pve-ha-crm").kill()
    lab.unit("n3", "pve-ha-crm").kill()
    status = lab.status()
    status["service_status"]["vm:102"]["state"] = "fence"
    lab.world.write_json("n1", "ha/manager_status", status)
    lab.until(lambda: lab.unit("n2", "pve-ha-lrm").program.state == "lost_agent_lock", 11, "the LRM")
    lab.run(12)
    require_equal(lab.unit("n2", "pve-ha-lrm").program.state, "lost_agent_lock", "it stays so")
    lab.unit("n2", "pve-ha-crm").start()
    lab.run(200)
    require_equal(lab.crm("n2").state, "wait_for_quorum", "its CRM")
    lab.unit("n3", "pve-ha-crm").start()
    lab.until(lambda: lab.master() == "n3", 130, "another CRM")
