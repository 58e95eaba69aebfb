# SPDX-License-Identifier: LGPL-2.1-or-later
"""disarm-ha and arm-ha. Part of test_standin.py."""

import lab as labs
from lab import ALL, FROZEN, STARTED, Lab, disarmed
from suite import require, require_equal, test


@test
def test_disarm_freezes_and_lets_go():
    lab = Lab()
    begin = lab.now()
    status, text, took = lab.ha_manager("n3", "crm-command", "disarm-ha", "freeze")
    require_equal((status, text), (0, ""), "disarm-ha")
    require(took <= 0.2, "it only queues")
    require_equal(lab.world.read("n1", "ha/crm_commands"), "disarm-ha freeze\n", "crm_commands")
    lab.until(lambda: lab.disarm() == "disarming", 10.5, "the master reads it")
    require_equal((lab.services(), lab.markers(), lab.world.read("n1", "ha/crm_commands")), (FROZEN, ALL, ""), "while disarming")
    lab.until(lambda: lab.disarm() == "disarmed", 30, "disarmed")
    require(10 <= lab.now() - begin <= 30.5, f"disarmed after {lab.now() - begin} s")
    lab.run(0.5)
    require_equal(lab.markers(), [], "armed nodes")
    require_equal([lab.lrm(name) for name in ALL], [("wait_for_agent_lock", "disarm")] * 3, "LRMs")
    require_equal(lab.status()["disarm"], {"mode": "freeze", "state": "disarmed"}, "disarm")
    lab.world.guests["vm:102"].running = False
    since = lab.now()
    for name in ALL:
        lab.step(name, 3600)
    lab.run(300)
    require_equal((lab.actions(since), lab.resets(), lab.services(), lab.markers()), ([], [], FROZEN, []), "a step while disarmed")
    require_equal((lab.crm(lab.master()).arming, lab.disarm()), ("disarmed", "disarmed"), "the master, which may be another one")


@test
def test_arm_brings_everything_back():
    lab = disarmed()
    lab.world.guests["vm:102"].running = False
    lab.world.guests["vm:103"].state = "stopped"
    lab.world.write_guests()
    begin = lab.now()
    require_equal(lab.ha_manager("n1", "crm-command", "arm-ha")[0], 0, "arm-ha")
    lab.until(lambda: lab.disarm() is None, 10.5, "the master reads it")
    lab.until(lambda: lab.markers() == ALL, 30, "all armed")
    require(5 <= lab.now() - begin <= 40, f"armed after {lab.now() - begin} s")
    lab.run(30)
    require_equal(lab.services(), {"vm:101": "started", "vm:102": "started", "vm:103": "stopped"}, "services")
    require_equal(lab.actions(begin), ["start vm:102", "stop vm:103"], "actions")
    require_equal((lab.crm("n1").arming, len(lab.hosts["n1"].mux.clients)), ("armed", 2), "the master's watchdog")


@test
def test_disarm_twice_and_arm_twice():
    lab = disarmed()
    require_equal(lab.ha_manager("n1", "crm-command", "disarm-ha", "ignore")[0], 0, "again")
    lab.run(30)
    require_equal(lab.status()["disarm"], {"mode": "freeze", "state": "disarmed"}, "the second disarm-ha is ignored")
    for _ in range(2):
        require_equal(lab.ha_manager("n1", "crm-command", "arm-ha")[0], 0, "arm-ha")
        lab.run(60)
    require_equal((lab.disarm(), lab.services()), (None, STARTED), "armed")
    require_equal(len(lab.logged("ignoring crm command: arm-ha")), 1, "the second arm-ha is ignored")


@test
def test_disarm_ignore_keeps_states_and_follows_guests():
    lab = Lab()
    require_equal(lab.ha_manager("n1", "crm-command", "disarm-ha", "ignore")[0], 0, "disarm-ha ignore")
    lab.until(lambda: lab.disarm() == "disarming", 11, "disarming")
    require_equal((lab.services(), "running" in lab.status()["service_status"]["vm:101"]), (STARTED, False), "states stay, the rest goes")
    lab.until(lambda: lab.disarm() == "disarmed", 30, "disarmed")
    lab.run(0.5)
    require_equal((lab.services(), lab.markers()), (STARTED, []), "disarmed")
    lab.ha_manager("n1", "crm-command", "migrate", "vm:101", "n3")  # noted, but pruned before anything happens
    lab.run(30)
    require("cmd" not in lab.status()["service_status"]["vm:101"], "what is queued while disarmed goes")
    lab.world.guests["vm:102"].node = "n3"
    lab.world.write_guests()
    lab.run(30)
    require_equal(lab.status()["service_status"]["vm:102"]["node"], "n2", "nobody looks while disarmed")
    require_equal(lab.services(), STARTED, "states, a minute later")
    since = lab.now()
    lab.ha_manager("n1", "crm-command", "arm-ha")
    lab.run(60)
    require_equal((lab.status()["service_status"]["vm:102"]["node"], lab.services()), ("n3", STARTED), "armed")
    require_equal(lab.actions(since), [], "nothing moved")


@test
def test_disarm_waits_for_a_migration():
    lab = Lab()
    lab.world.guests["vm:101"].move_s = 60
    require_equal(lab.ha_manager("n1", "crm-command", "migrate", "vm:101", "n2")[0], 0, "migrate")
    lab.until(lambda: lab.services()["vm:101"] == "migrate", 11, "migration")
    lab.world.guests["vm:103"].running = False
    lab.world.guests["vm:103"].state = "stopped"
    lab.ha_manager("n1", "crm-command", "disarm-ha", "freeze")
    lab.run(40)
    require_equal((lab.disarm(), lab.services()), ("disarming", {**STARTED, "vm:101": "migrate"}), "meanwhile")
    lab.until(lambda: lab.disarm() == "disarmed", 60, "disarmed")
    require_equal((lab.services(), lab.world.guests["vm:101"].node), (FROZEN, "n2"), "afterwards")
    require(lab.logged("deferring disarm - service 'vm:101'"), "it says so")


@test
def test_disarm_waits_for_fencing():
    lab = Lab()
    lab.hosts["n3"].power_off()
    lab.partition("n1 n2")
    lab.until(lambda: lab.services()["vm:103"] == "fence", 100, "fence")
    lab.ha_manager("n1", "crm-command", "disarm-ha", "freeze")
    lab.run(30)
    require_equal((lab.disarm(), lab.services()["vm:101"]), ("disarming", "started"), "meanwhile")
    lab.until(lambda: lab.disarm() == "disarmed", 150, "disarmed")
    require(lab.world.guests["vm:103"].node in ("n1", "n2"), "recovered first")
    require_equal(lab.services(), FROZEN, "afterwards")


@test
def test_disarmed_says_nothing_of_workers():
    """The manager looks at the LRM's mode only: with a worker still at work it keeps its watchdog, and lrm_status says active."""
    lab = Lab()
    lab.world.guests["vm:102"].running = False
    lab.world.guests["vm:102"].start_s = 100
    lab.until(lambda: lab.unit("n2", "pve-ha-lrm").program.workers, 20, "a worker")
    lab.ha_manager("n1", "crm-command", "disarm-ha", "freeze")
    lab.until(lambda: lab.disarm() == "disarmed", 40, "disarmed")
    lab.run(1)
    require_equal((lab.markers(), lab.lrm("n2")), (["n2"], ("active", "disarm")), "disarmed, and yet armed")
    lab.until(lambda: not lab.markers(), 100, "the worker ends")
    require_equal(lab.lrm("n2"), ("wait_for_agent_lock", "disarm"), "then the watchdog goes")


@test
def test_disarm_never_ends_with_a_stopped_lrm():
    """B before A: lrm_status of the stopped LRM says restart for ever."""
    lab = Lab()
    lab.unit("n2", "pve-ha-lrm").stop()
    lab.until(lambda: not lab.unit("n2", "pve-ha-lrm").running(), 40, "stopped")
    lab.ha_manager("n1", "crm-command", "disarm-ha", "freeze")
    lab.run(200)
    require_equal((lab.disarm(), lab.lrm("n2")), ("disarming", ("active", "restart")), "it waits for the LRM")
    require_equal((lab.lrm("n3"), lab.markers()), (("wait_for_agent_lock", "disarm"), ["n1"]), "the other LRMs let go, the master does not")
    lab.unit("n2", "pve-ha-lrm").start()
    lab.until(lambda: lab.disarm() == "disarmed", 30, "it ends when the LRM is back")


@test
def test_disarm_with_a_node_in_maintenance():
    lab = Lab()
    lab.ha_manager("n1", "crm-command", "node-maintenance", "enable", "n3")
    lab.until(lambda: lab.world.guests["vm:103"].node != "n3" and lab.lrm("n3") == ("maintenance", "maintenance"), 60, "n3 is empty")
    lab.until(lambda: lab.markers() == ["n1", "n2"], 60, "n3 disarmed")
    lab.ha_manager("n1", "crm-command", "disarm-ha", "freeze")
    lab.until(lambda: lab.disarm() == "disarmed", 60, "disarmed without n3")
    require_equal(lab.lrm("n3"), ("maintenance", "maintenance"), "maintenance comes before disarm")
    lab.ha_manager("n1", "crm-command", "node-maintenance", "disable", "n3")
    lab.until(lambda: lab.lrm("n3") == ("wait_for_agent_lock", "disarm"), 30, "then it is disarmed too")
    lab.ha_manager("n1", "crm-command", "node-maintenance", "enable", "n2")
    lab.run(40)
    require_equal(lab.lrm("n2"), ("wait_for_agent_lock", "disarm"), "no maintenance while disarmed")


@test
def test_disarm_leaves_an_error_alone():
    lab = Lab()
    lab.world.guests["vm:103"].startable = lab.world.guests["vm:103"].running = False
    lab.world.guests["vm:103"].max_relocate = 0
    lab.until(lambda: lab.services()["vm:103"] == "error", 100, "error")
    lab.ha_manager("n1", "crm-command", "disarm-ha", "freeze")
    lab.until(lambda: lab.disarm() == "disarmed", 40, "disarmed")
    require_equal(lab.services(), {**FROZEN, "vm:103": "error"}, "services")


@test
def test_disarm_survives_the_master():
    for powered in (True, False):
        lab = disarmed()
        if powered:
            lab.unit("n1", "pve-ha-crm").stop()
        else:
            lab.hosts["n1"].power_off()
            lab.partition("n2 n3")
        lab.until(lambda: lab.master() in ("n2", "n3"), 150, "another master")
        lab.run(30)
        require_equal((lab.disarm(), lab.markers(), lab.services()), ("disarmed", [], FROZEN), "the next master")
        require(lab.logged("status change slave => master"), "it was a slave")
        require_equal(len(lab.logged("pve-ha-crm: watchdog active")), 1, "only the first master ever opened a watchdog")
        require_equal(lab.crm(lab.master()).arming, "disarmed", "it skips the watchdog")
        lab.run(200)
        require_equal((lab.actions(lab.now() - 200), lab.services()), ([], FROZEN), "nothing is recovered")


@test
def test_disarmed_without_services_stays_master():
    lab = disarmed()
    for guest in lab.world.guests.values():
        guest.configured = False
    lab.world.write_guests()
    lab.run(1500)
    require_equal((lab.master(), lab.disarm(), lab.services()), ("n1", "disarmed", FROZEN), "after 25 minutes")
    lab.unit("n1", "pve-ha-crm").stop()
    lab.run(5)
    lab.unit("n1", "pve-ha-crm").start()
    lab.until(lambda: lab.master() is not None, 150, "somebody takes over though nothing is configured")


@test
def test_services_come_and_go_only_while_armed():
    lab = disarmed()
    lab.world.add_guest(labs.cluster.Guest("vm:104", "n1"))
    lab.world.guests["vm:104"].running = True
    lab.world.guests["vm:103"].configured = False
    lab.world.write_guests()
    lab.run(30)
    require_equal(lab.services(), FROZEN, "while disarmed")
    lab.ha_manager("n1", "crm-command", "arm-ha")
    lab.run(60)
    require_equal(lab.services(), {"vm:101": "started", "vm:102": "started", "vm:104": "started"}, "armed")
    require("stop vm:104" not in lab.actions(), "what runs when it is added is left alone")
    lab.world.guests["vm:104"].state = "ignored"
    lab.world.add_guest(labs.cluster.Guest("vm:105", "n1", "stopped"))
    lab.world.add_guest(labs.cluster.Guest("vm:106", "n1", "ignored"))
    require_equal(lab.ha_manager("n1", "crm-command", "stop", "vm:106", "9")[0], 0, "a stop of what the master does not know")
    for _ in range(80):
        lab.run(0.5)
        require("vm:106" not in lab.services(), "an ignored one is never there")
    require(lab.logged("ignoring crm command: stop vm:106 9"), "ignored")
    require_equal(lab.services(), {"vm:101": "started", "vm:102": "started", "vm:105": "stopped"}, "ignored and stopped ones")
