# SPDX-License-Identifier: LGPL-2.1-or-later
"""Node maintenance. Part of test_standin.py."""

from lab import ALL, NEW, OLD, Lab
from suite import require, require_equal, test


@test
def test_maintenance_moves_guests_away_and_back():
    for version in (NEW, OLD):
        lab = Lab((version,) * 3, guests={"vm:101": "n1", "vm:102": "n2", "ct:103": "n3"})
        begin = lab.now()
        require_equal(lab.ha_manager("n1", "crm-command", "node-maintenance", "enable", "n3")[0], 0, "enable")
        lab.unit("n3", "pve-ha-crm").stop()
        lab.until(lambda: lab.services()["ct:103"] == "relocate", 40, "on its way")
        lab.until(lambda: "n3" not in lab.markers(), 60, "empty and disarmed")
        require_equal((lab.status()["node_status"]["n3"], lab.lrm("n3")), ("maintenance", ("maintenance", "maintenance")), "node")
        lab.unit("n1", "pve-ha-crm").stop()
        lab.until(lambda: lab.master() == "n2", 20, "another master")
        lab.run(60)
        require_equal(lab.status()["service_status"]["ct:103"]["maintenance_node"], "n3", "it takes over what is known of services")
        status = lab.status()
        require_equal((status["node_status"]["n3"], status["node_request"]["n3"]), ("maintenance", {"maintenance": 1}), "and the rest")
        require_equal(len(lab.actions(begin)), 1, "moved")
        lab.ha_manager("n1", "crm-command", "node-maintenance", "disable", "n3")
        lab.until(lambda: lab.world.guests["ct:103"].node == "n3", 200, "back")
        lab.until(lambda: "n3" in lab.markers(), 30, "armed")
        # the old release does not know that it gave the lock back
        require_equal(bool(lab.logged("maintenance => lost_agent_lock")), version == OLD, f"{version}: the lock seems lost")
        require_equal(lab.services()["vm:101"], "started", "others stay")


@test
def test_maintenance_while_busy_keeps_the_watchdog():
    for version in (NEW, OLD):
        lab = Lab((version,) * 3)
        lab.world.guests["vm:103"].move_s = 100
        lab.ha_manager("n1", "crm-command", "node-maintenance", "enable", "n3")
        lab.until(lambda: lab.services()["vm:103"] == "migrate", 40, "on its way")
        lab.run(50)
        require_equal((lab.markers(), lab.lrm("n3")), (ALL, ("maintenance", "maintenance")), "armed while something is there")
        lab.unit("n3", "pve-ha-lrm").stop()
        lab.run(20)
        require_equal((lab.unit("n3", "pve-ha-lrm").state, lab.lrm("n3")[1]), ("deactivating", "maintenance"), "stop waits for evacuation")
        lab.until(lambda: lab.unit("n3", "pve-ha-lrm").state == "inactive", 80, "then it ends")
        require_equal(lab.markers(), ["n1", "n2"], "disarmed")


@test
def test_maintenance_cancelled_while_busy():
    """The guest comes back in the round in which it arrived: the new release counts it all the time, so the LRM stays in maintenance."""
    for version, state in ((NEW, "maintenance"), (OLD, "active")):
        lab = Lab((version,) * 3)
        lab.world.guests["vm:103"].move_s = 60
        lab.ha_manager("n1", "crm-command", "node-maintenance", "enable", "n3")
        lab.until(lambda: lab.lrm("n3") == ("maintenance", "maintenance") and lab.services()["vm:103"] == "migrate", 40, "on its way")
        lab.ha_manager("n1", "crm-command", "node-maintenance", "disable", "n3")
        lab.run(200)
        require_equal((lab.world.guests["vm:103"].node, lab.lrm("n3"), lab.markers()), ("n3", (state, "active"), ALL), "back again")


@test
def test_disarm_while_maintenance_ends():
    """The LRM is still in maintenance when it hears of the disarm: it lets go from there."""
    lab = Lab()
    lab.ha_manager("n1", "crm-command", "node-maintenance", "enable", "n3")
    lab.until(lambda: "n3" not in lab.markers(), 90, "empty")
    lab.ha_manager("n1", "crm-command", "node-maintenance", "disable", "n3")
    lab.ha_manager("n1", "crm-command", "disarm-ha", "freeze")
    begin = lab.now()
    lab.until(lambda: lab.disarm() == "disarmed", 60, "disarmed")
    require_equal([text for at, node, text in lab.logged("status change", begin) if node == "n3"],
                  ["pve-ha-lrm: status change maintenance => wait_for_agent_lock"], "n3")


@test
def test_lost_lock_in_maintenance():
    for version in (NEW, OLD):
        lab = Lab((version,) * 3)
        lab.world.guests["vm:103"].move_s = 300
        lab.ha_manager("n1", "crm-command", "node-maintenance", "enable", "n3")
        lab.until(lambda: lab.services()["vm:103"] == "migrate" and lab.lrm("n3")[0] == "maintenance", 60, "on its way")
        lab.partition("n1 n2", "n3")
        lab.until(lambda: lab.unit("n3", "pve-ha-lrm").program.state == "lost_agent_lock", 20, "the lock is lost")
        lab = Lab((version,) * 3)
        lab.ha_manager("n1", "crm-command", "node-maintenance", "enable", "n3")
        lab.until(lambda: "n3" not in lab.markers(), 90, "empty")
        lab.ha_manager("n1", "crm-command", "node-maintenance", "disable", "n3")
        lab.until(lambda: "n3" not in [n for n, r in lab.status().get("node_request", {}).items() if r.get("maintenance")], 11, "read")
        lab.world.lock_call("mkdir", "n1", "ha_agent_n3_lock", lab.world.wall("n1"))
        lab.until(lambda: lab.unit("n3", "pve-ha-lrm").program.state == "lost_agent_lock", 20, "somebody else has its lock")


@test
def test_fence_wanted_in_maintenance():
    lab = Lab()
    lab.world.guests["vm:103"].move_s = 300
    lab.ha_manager("n1", "crm-command", "node-maintenance", "enable", "n3")
    lab.until(lambda: lab.services()["vm:103"] == "migrate" and lab.lrm("n3")[0] == "maintenance", 60, "on its way")
    for name in ALL:
        lab.unit(name, "pve-ha-crm").kill()
    status = lab.status()
    status["node_status"]["n3"] = "fence"
    lab.world.write_json("n1", "ha/manager_status", status)
    lab.until(lambda: lab.unit("n3", "pve-ha-lrm").program.state == "lost_agent_lock", 6, "it lets go")


@test
def test_offline_node_in_maintenance_stays_so():
    lab = Lab()
    lab.ha_manager("n1", "crm-command", "node-maintenance", "enable", "n3")
    lab.until(lambda: "n3" not in lab.markers(), 90, "empty")
    lab.hosts["n3"].power_off()
    lab.partition("n1 n2")
    lab.run(60)
    require_equal(lab.status()["node_status"]["n3"], "maintenance", "offline")
    lab.world.write_json("n1", "nodes/n3/lrm_status", {"state": "wait_for_agent_lock", "mode": "active", "results": {}, "timestamp": 1})
    lab.until(lambda: lab.status()["node_status"]["n3"] == "unknown", 11, "by its last word")
    lab.ha_manager("n1", "crm-command", "node-maintenance", "enable", "n3")
    lab.run(12)
    require(lab.logged("ignoring crm command: enable-node-maintenance n3"), "not of an offline node")
