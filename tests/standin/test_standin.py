#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Tests of the stand-in: one for each group of rows of transitions.table, in virtual time, and a few with the real program.

    test_standin.py [NAME...]      runs the tests whose name holds one of these
    test_standin.py --rows [COMPONENT...]
                                   takes one row after the other away and tells which of them no test in virtual time misses (minutes)

The seconds asked for are those that the source gives, not measurements."""

import os
import sys

sys.path.insert(1, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))

import lab as labs
import table as tables
import test_live  # its tests are in the same list
from lab import NEW, OLD, Lab
from suite import Results, TESTS, require, require_equal, run_tests, test

ALL = ["n1", "n2", "n3"]
FROZEN = {"vm:101": "freeze", "vm:102": "freeze", "vm:103": "freeze"}
STARTED = dict.fromkeys(FROZEN, "started")


def disarmed(versions=(NEW, NEW, NEW), mode="freeze"):
    lab = Lab(versions)
    require_equal(lab.ha_manager("n2", "crm-command", "disarm-ha", mode)[:2], (0, ""), "disarm-ha")
    lab.until(lambda: lab.disarm() == "disarmed", 40, "disarmed")
    lab.run(0.5)
    return lab


# ---- at rest


@test
def test_starts_and_arms():
    lab = Lab()
    require_equal(lab.services(), STARTED, "services")
    require(all(one.get("running") for one in lab.status()["service_status"].values()), "services are marked as running")
    require_equal(sorted(lab.actions()), ["start vm:101", "start vm:102", "start vm:103"], "actions")
    require_equal([lab.lrm(name) for name in ALL], [("active", "active")] * 3, "LRMs")
    require_equal((lab.master(), lab.markers()), ("n1", ALL), "master and armed nodes")
    require_equal(lab.status()["node_status"], dict.fromkeys(ALL, "online"), "nodes")
    require_equal([lab.crm(name).state for name in ALL], ["master", "slave", "slave"], "CRMs")
    require(lab.world.wall("n1") - lab.status()["timestamp"] <= 10, "manager_status is fresh")
    require_equal(len(lab.hosts["n1"].mux.clients), 2, "watchdog clients of the master")
    require(lab.logged("wait_for_quorum => master") and lab.logged("wait_for_quorum => slave"), "each became at once what it is")
    lab.run(600)
    require_equal((lab.services(), lab.markers(), lab.resets(), len(lab.actions())), (STARTED, ALL, [], 3), "ten minutes later")


@test
def test_rounds_take_their_time():
    lab = Lab()
    stamps, master = set(), set()
    for _ in range(400):
        stamps.add(lab.stamp("n2"))
        master.add(lab.status()["timestamp"])
        lab.run(0.25)
    require(all(10 <= len(seen) <= 11 for seen in (stamps, master)), f"100 s are 10 rounds: {len(stamps)}, {len(master)}")
    lab = Lab(guests={"vm:101": "n1"})
    stamps = {lab.stamp("n2")}
    for _ in range(400):
        lab.run(0.25)
        stamps.add(lab.stamp("n2"))
    require(19 <= len(stamps) <= 21, f"an idle LRM takes 5 s: {len(stamps)} in 100 s")
    require_equal((lab.lrm("n2"), lab.markers()), (("wait_for_agent_lock", "active"), ["n1"]), "an LRM without services")


@test
def test_idle_lrm_and_crm_give_up():
    """10 and 15 minutes without a service; a command wakes a CRM."""
    for version in (NEW, OLD):
        lab = Lab((version,) * 3)
        for guest in lab.world.guests.values():
            guest.configured = False
        lab.world.write_guests()
        begin = lab.now()
        lab.run(540)
        require_equal(lab.markers(), ALL, "armed for 9 minutes")
        lab.until(lambda: lab.markers() == ["n1"], 100, "LRMs let go")
        lab.until(lambda: lab.markers() == [], 400, "the CRM lets go")
        require(890 <= lab.now() - begin <= 960, f"the CRM after 15 minutes: {lab.now() - begin}")
        lab.run(30)
        require_equal([lab.crm(name).state for name in ALL], ["wait_for_quorum"] * 3, "nobody is master")
        require_equal(lab.ha_manager("n3", "crm-command", "node-maintenance", "disable", "n2")[0], 0, "a command")
        # only the last master answers, and the old release believes for 120 s to have the lock that it gave back
        took = lab.until(lambda: lab.master() == "n1", 130, "the last master is master again")
        require(took <= 11 if version == NEW else 50 <= took, f"{version}: {took} s")


@test
def test_idle_rounds_begin_again():
    """What interrupts the idle time makes it begin anew."""
    lab = Lab()
    for guest in lab.world.guests.values():
        guest.configured = False
    lab.world.write_guests()
    lab.run(580)
    for guest in lab.world.guests.values():
        guest.configured = True
    lab.world.write_guests()
    lab.run(60)
    require_equal(lab.services(), STARTED, "services are back")
    for guest in lab.world.guests.values():
        guest.configured = False
    lab.world.write_guests()
    lab.run(560)
    require_equal(lab.markers(), ALL, "still armed 9 minutes after")
    lab.run(200)
    require_equal((lab.markers(), lab.master()), (["n1"], "n1"), "the CRM after 13 minutes")


# ---- A: disarm


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
    require_equal((lab.disarm(), lab.services()), ("disarming", {"vm:101": "migrate", "vm:102": "started", "vm:103": "started"}), "meanwhile")
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
    lab.world.guests["vm:103"].configured = False
    lab.world.write_guests()
    lab.run(30)
    require_equal(lab.services(), FROZEN, "while disarmed")
    lab.ha_manager("n1", "crm-command", "arm-ha")
    lab.run(60)
    require_equal(lab.services(), {"vm:101": "started", "vm:102": "started", "vm:104": "started"}, "armed")
    lab.world.guests["vm:104"].state = "ignored"
    lab.world.add_guest(labs.cluster.Guest("vm:105", "n1", "stopped"))
    lab.world.add_guest(labs.cluster.Guest("vm:106", "n1", "ignored"))
    for _ in range(80):
        lab.run(0.5)
        require("vm:106" not in lab.services(), "an ignored one is never there")
    require_equal(lab.services(), {"vm:101": "started", "vm:102": "started", "vm:105": "stopped"}, "ignored and stopped ones")


# ---- the old release, and mixed ones


@test
def test_old_release_knows_no_disarm():
    lab = Lab((OLD,) * 3)
    require_equal((lab.services(), lab.master(), lab.markers()), (STARTED, "n1", ALL), "at rest")
    for words in (["disarm-ha", "freeze"], ["arm-ha"]):
        status, text, took = lab.ha_manager("n1", "crm-command", *words)
        require_equal(status, 255, "exit status")
        require(f"ERROR: unknown command 'ha-manager crm-command {words[0]}'" in text and took < 1, text)
    lab.run(40)
    require_equal(lab.services(), STARTED, "nothing happened")


@test
def test_old_master_cannot_parse_a_disarm():
    lab = Lab((OLD, NEW, NEW))
    require_equal((lab.master(), lab.ha_manager("n2", "crm-command", "disarm-ha", "freeze")[0]), ("n1", 0), "queued on a new node")
    lab.run(60)
    require_equal((lab.disarm(), lab.services(), lab.world.read("n1", "ha/crm_commands")), (None, STARTED, ""), "lost")
    require(lab.logged("unable to parse crm command: disarm-ha freeze"), "the master's log")


@test
def test_old_lrm_never_reports_disarm():
    lab = Lab((NEW, NEW, OLD))
    lab.ha_manager("n1", "crm-command", "disarm-ha", "freeze")
    lab.run(300)
    require_equal((lab.disarm(), lab.services(), lab.lrm("n3")), ("disarming", FROZEN, ("active", "active")), "for ever")
    require_equal(lab.markers(), ["n1", "n3"], "the old LRM and the master stay armed")


@test
def test_old_master_forgets_a_disarm():
    lab = Lab((NEW, OLD, NEW), guests={"vm:101": "n1", "vm:103": "n3"})
    lab.ha_manager("n1", "crm-command", "disarm-ha", "freeze")
    lab.run(40)
    lab.unit("n1", "pve-ha-crm").stop()
    lab.until(lambda: lab.master() in ("n2", "n3"), 20, "a master")
    if lab.master() == "n3":
        lab.unit("n3", "pve-ha-crm").stop()
        lab.until(lambda: lab.master() == "n2", 20, "the old one")
    lab.until(lambda: lab.disarm() is None, 15, "manager_status without a disarm")
    lab.until(lambda: set(lab.services().values()) == {"started"}, 40, "HA acts again, asked by nobody")


# ---- B: stopping the LRM


@test
def test_stopping_an_lrm_freezes_its_services():
    for version in (NEW, OLD):
        lab = Lab((version,) * 3)
        begin = lab.now()
        lab.unit("n2", "pve-ha-lrm").stop()
        require_equal((lab.unit("n2", "pve-ha-lrm").state, lab.lrm("n2")), ("deactivating", ("active", "restart")), "it says so at once")
        lab.until(lambda: lab.services()["vm:102"] == "freeze", 10.5, "frozen")
        require_equal((lab.services()["vm:101"], lab.markers()), ("started", ALL), "only these, and still armed")
        lab.until(lambda: lab.unit("n2", "pve-ha-lrm").state == "inactive", 20.5, "the LRM's end")
        require(lab.now() - begin <= 31, f"it took {lab.now() - begin} s")
        require_equal(lab.markers(), ["n1", "n3"], "armed nodes")
        lab.world.guests["vm:102"].running = False
        lab.run(60)
        require_equal((lab.lrm("n2"), lab.services()["vm:102"], lab.actions(begin)), (("active", "restart"), "freeze", []), "a minute later")
        require(lab.world.wall("n2") - lab.stamp("n2") > 50, "its status is old")
        lab.partition("n1 n3")
        lab.run(300)
        require_equal((lab.services()["vm:102"], lab.actions(begin)), ("freeze", []), "the node is lost: nobody recovers its service")
        lab.partition("n1 n2 n3")
        lab.unit("n2", "pve-ha-lrm").start()
        lab.until(lambda: lab.services()["vm:102"] == "started", 20, "unfrozen")
        lab.until(lambda: "n2" in lab.markers(), 20, "armed again")
        lab.run(20)
        require_equal((lab.actions(begin), lab.resets()), (["start vm:102"], []), "its guest runs again")


@test
def test_stopping_an_idle_lrm_or_slave_is_quick():
    lab = Lab(guests={"vm:101": "n1"})
    for unit in ("pve-ha-lrm", "pve-ha-crm"):
        lab.unit("n2", unit).stop()
        lab.until(lambda: lab.unit("n2", unit).state == "inactive", 6, unit)
    require_equal(lab.lrm("n2"), ("wait_for_agent_lock", "restart"), "lrm_status")


@test
def test_stopping_what_has_no_quorum():
    lab = Lab()
    lab.partition("n1 n2", "n3")
    lab.until(lambda: lab.crm("n3").state == "wait_for_quorum", 11, "no quorum")
    lab.unit("n3", "pve-ha-crm").stop()
    lab.until(lambda: lab.unit("n3", "pve-ha-crm").state == "inactive", 6, "a CRM that waits")
    lab.run(20)
    lab.unit("n3", "pve-ha-lrm").program.services = {}
    status = {**lab.status(), "service_status": {}}
    lab.world.nodes["n3"].view["ha/manager_status"] = labs.cluster.json.dumps(status)
    require_equal((lab.unit("n3", "pve-ha-lrm").program.state, lab.markers()), ("lost_agent_lock", ALL), "a lost lock")
    lab.unit("n3", "pve-ha-lrm").stop()
    lab.until(lambda: lab.unit("n3", "pve-ha-lrm").state == "inactive", 11, "an LRM without services may go")
    require_equal(lab.markers(), ["n1", "n2"], "and closes its watchdog")
    lab = Lab()
    lab.partition("n1", "n2 n3")
    lab.unit("n1", "pve-ha-crm").stop()
    lab.until(lambda: lab.unit("n1", "pve-ha-crm").state == "inactive", 20, "a master that loses its lock")
    require_equal((lab.logged("lost_manager_lock => wait_for_quorum"), len(lab.hosts["n1"].mux.clients)), ([], 1), "it ends at once, watchdog closed")


@test
def test_waiting_takes_five_seconds():
    def rounds(daemon):
        count, half = [], daemon.half

        def counted(component):
            count.append(component)
            return half(component)

        daemon.half = counted
        lab.run(100)
        return len(count) // 2

    lab = Lab()
    lab.partition("n1 n2", "n3")
    lab.run(30)
    crm, lrm = lab.crm("n3"), lab.unit("n3", "pve-ha-lrm").program
    require_equal((crm.state, lrm.state), ("wait_for_quorum", "lost_agent_lock"), "states")
    for daemon in (crm, lrm):
        require(19 <= rounds(daemon) <= 21, f"{daemon.name} in 100 s")


@test
def test_when_a_crm_gets_active():
    """Without any service, by what the last master left. And when a master may become idle."""
    base = {"master_node": "n1", "timestamp": 1, "node_status": dict.fromkeys(ALL, "online"), "service_status": {}}
    away = {**base, "node_status": {"n1": "online", "n2": "online", "n3": "maintenance"}}
    stale = {**base, "service_status": {"vm:9": {"state": "started", "node": "n1"}}}
    fenced = {**base, "service_status": {"vm:9": {"state": "fence", "node": "n1"}}}
    disarm = {**base, "disarm": {"mode": "freeze", "state": "disarmed"}}
    cases = [("nothing", base, "", "", "both"), ("a command", base, "arm-ha\n", "both", "both"),
             ("maintenance that ends", away, "", "both", "both"), ("wanted maintenance", {**away, "node_request": {"n3": {"maintenance": 1}}}, "", "", "both"),
             ("services", stale, "", NEW, OLD), ("disarm", disarm, "", NEW, OLD), ("fencing", fenced, "arm-ha\n", "", ""),
             ("another master", {**base, "master_node": "n2"}, "arm-ha\n", "", "both"),
             ("another master, lost", {**base, "master_node": "n2", "node_status": {**base["node_status"], "n2": "unknown"}}, "arm-ha\n", "both", "both")]
    for version in (NEW, OLD):
        lab = Lab((version,) * 3, guests={}, started=False)
        crm = labs.hosts.crm.Crm(lab.world, "n1", lab.hosts["n1"].mux)
        for name, status, commands, active, idle in cases:
            lab.world.write_json("n1", "ha/manager_status", status)
            lab.world.write("n1", "ha/crm_commands", commands)
            require_equal((crm.is_can_get_active(), crm.is_may_idle()), (active in ("both", version), idle in ("both", version)), f"{version}: {name}")
        lab.world.add_guest(labs.cluster.Guest("vm:101", "n1"))
        lab.world.write_json("n1", "ha/manager_status", {**base, "master_node": "n2"})
        require_equal((crm.is_can_get_active(), crm.is_may_idle()), (True, False), "with a service")
        lab.partition("n1", "n2 n3")
        require_equal((crm.is_can_get_active(), crm.is_may_idle()), (False, False), "without quorum")


@test
def test_stopping_waits_for_workers():
    lab = Lab()
    lab.world.guests["vm:102"].running = False
    lab.world.guests["vm:102"].start_s = 70
    lab.until(lambda: lab.unit("n2", "pve-ha-lrm").program.workers, 20, "a worker")
    lab.unit("n2", "pve-ha-lrm").stop()
    lab.run(50)
    require_equal((lab.unit("n2", "pve-ha-lrm").state, lab.services()["vm:102"]), ("deactivating", "freeze"), "meanwhile")
    lab.until(lambda: lab.unit("n2", "pve-ha-lrm").state == "inactive", 40, "its end")
    require(lab.world.guests["vm:102"].running, "the worker was not killed")


@test
def test_an_lrm_that_stops_does_nothing_else():
    """No guest is looked after, no mode is taken over, and it is not asked twice."""
    for version in (NEW, OLD):
        lab = Lab((version,) * 3)
        for name in ALL:
            lab.unit(name, "pve-ha-crm").kill()
        lab.run(1)
        begin = lab.now()
        lab.world.guests["vm:102"].running = False
        lab.unit("n2", "pve-ha-lrm").program.results = {}  # so that the command stands again
        lab.unit("n2", "pve-ha-lrm").stop()
        stamp = lab.stamp("n2")
        lab.run(0.5)
        lab.step("n2", 1)
        lab.unit("n2", "pve-ha-lrm").program.stop()
        require_equal(lab.stamp("n2"), stamp, "a second signal")
        lab.run(60)
        require_equal((lab.unit("n2", "pve-ha-lrm").state, lab.actions(begin)), ("deactivating", []), "nobody freezes: it waits")
        lab.world.write_json("n1", "ha/manager_status", {**lab.status(), "disarm": {"mode": "freeze", "state": "disarming"}})
        lab.run(20)
        require_equal((lab.unit("n2", "pve-ha-lrm").state, lab.lrm("n2")), ("deactivating", ("active", "restart")), "its mode")


@test
def test_an_lrm_that_does_not_stop_is_killed():
    lab = Lab()
    lab.run(1)
    lab.step("n2", -5000)
    lab.unit("n2", "pve-ha-lrm").stop()
    lab.run(3590)
    require_equal(lab.unit("n2", "pve-ha-lrm").state, "deactivating", "nearly an hour later")
    lab.run(15)
    require_equal(lab.unit("n2", "pve-ha-lrm").state, "failed", "after an hour")


@test
def test_services_by_their_state():
    """Those that keep an LRM busy, and those that get a command."""
    states = ["stopped", "request_stop", "request_start", "started", "fence", "recovery", "migrate", "relocate", "freeze", "error"]
    for version in (NEW, OLD):
        lab = Lab((version,) * 3)
        lrm = lab.unit("n2", "pve-ha-lrm").program
        busy, queued = [], []
        for state in states:
            one = {"state": state, "node": "n2", "uid": "x" + state}
            lrm.services, lrm.workers = {"vm:102": one}, {}
            busy += [state] if lrm.is_services() else []
            lrm.decide_now("lrm.queue", state, labs.hosts.lrm.ServiceHere(lrm, "vm:102", one))
            queued += [state] if lrm.workers else []
        require_equal(busy, ["request_stop", "started", "fence", "recovery", "migrate", "relocate"], "active services")
        require_equal(queued, ["stopped", "request_stop", "started", "fence", "migrate", "relocate", "error"], "commands")
        for node, target, wanted in (("n1", "n2", version == NEW), ("n1", "n3", False), ("n2", "n1", True)):
            lrm.services = {"vm:102": {"state": "migrate", "node": node, "target": target}}
            require_equal(lrm.is_services(), wanted, f"{version}: from {node} to {target}")
        lrm.results, lrm.workers = {"x": {}}, {}
        for state, wanted in (("stopped", True), ("started", False)):
            one = {"state": state, "node": "n2", "uid": "x"}
            lrm.decide_now("lrm.queue", state, labs.hosts.lrm.ServiceHere(lrm, "vm:102", one))
            require_equal(bool(lrm.workers), wanted, f"{state} with a result")
            lrm.workers = {}
        for state in ("stopped", "started"):
            lrm.results = {}
            lrm.workers = {"vm:102": labs.hosts.lrm.Worker("vm:102", "old", "started", None)}
            lrm.workers["vm:102"].done_at = 1e9
            one = {"state": state, "node": "n2", "uid": "new"}
            lrm.decide_now("lrm.queue", state, labs.hosts.lrm.ServiceHere(lrm, "vm:102", one))
            require_equal(lrm.workers["vm:102"].uid, "old", f"{state} while its worker works")


@test
def test_a_lost_master_may_win_its_lock_back():
    """In the source as well no round ever begins in this state: its second half leaves it."""
    lab = Lab()
    crm = lab.crm("n1")
    crm.state = "lost_manager_lock"
    require_equal(crm.answer("crm.change", "lost_manager_lock"), "master", "with the lock")


@test
def test_stopping_without_quorum_ends_in_a_reset():
    lab = Lab()
    lab.partition("n1 n2", "n3")
    lab.unit("n3", "pve-ha-lrm").stop()
    lab.until(lambda: lab.unit("n3", "pve-ha-lrm").program.state == "lost_agent_lock", 20, "the lock is lost")
    lab.run(30)
    require_equal((lab.unit("n3", "pve-ha-lrm").state, lab.markers()), ("deactivating", ALL), "it hangs, armed")
    lab.until(lambda: lab.resets() == ["n3"], 60, "the watchdog")
    lab.until(lambda: lab.unit("n3", "pve-ha-lrm").state == "inactive", 60, "90 s later it gives up")
    require_equal(lab.hosts["n3"].mux.marker, True, "which does not close the watchdog")


@test
def test_stopping_the_master_hands_over():
    lab = Lab()
    require_equal(lab.master(), "n1", "master")
    begin = lab.now()
    lab.unit("n1", "pve-ha-crm").stop()
    lab.until(lambda: lab.unit("n1", "pve-ha-crm").state == "inactive", 11, "its end")
    require_equal((lab.markers(), len(lab.hosts["n1"].mux.clients)), (ALL, 1), "the LRM is still armed")
    lab.until(lambda: lab.master() in ("n2", "n3"), 3, "the next master")
    lab.run(30)
    require_equal((lab.status()["master_node"], lab.services(), lab.resets()), (lab.master(), STARTED, []), "goes on")
    require(lab.actions(begin) == [], "nothing moved")


@test
def test_a_master_that_does_not_stop_is_killed():
    """A step back stalls it for longer than systemctl waits; the watchdog stays armed and unfed."""
    lab = Lab()
    lab.run(1)
    lab.step("n1", -100)
    lab.unit("n1", "pve-ha-crm").stop()
    lab.until(lambda: lab.unit("n1", "pve-ha-crm").state == "failed", 61, "killed")
    require_equal(lab.hosts["n1"].mux.state, "expired", "the connection broke without a V")
    lab.until(lambda: lab.resets() == ["n1"], 11, "reset")


@test
def test_a_killed_daemon_resets_the_node():
    lab = Lab()
    lab.unit("n2", "pve-ha-lrm").kill()
    require_equal((lab.hosts["n2"].mux.state, lab.markers()), ("expired", ALL), "the watchdog")
    lab.until(lambda: lab.resets() == ["n2"], 12, "reset")


# ---- clocks


@test
def test_step_forward_resets():
    """More than 60 s less the age of the last feeding; 45 s never."""
    lab = Lab()
    lab.step("n2", 45)
    lab.run(60)
    require_equal(lab.resets(), [], "45 s")
    lab = Lab()
    at = {}
    for seconds in (300, 3600):
        lab = Lab()
        lab.until(lambda: lab.world.wall("n2") - lab.stamp("n2") >= 3, 20, "the middle of a round")
        lab.step("n2", seconds)
        at[seconds] = lab.until(lambda: lab.hosts["n2"].mux.state == "expired" or lab.now() > 400, 400, "expired")
    require(any(wait < 3 for wait in at.values()), f"the mux may win against the client's next feeding: {at}")


@test
def test_hung_file_system_resets():
    """What LRM and CRM do stands still; the watchdog does not."""
    for version in (NEW, OLD):
        lab = Lab((version,) * 3)
        begin = lab.now()
        lab.world.set_hung("n2", True)
        require_equal(lab.ha_manager("n2", "status")[0], None, "ha-manager hangs")
        lab.until(lambda: lab.resets() == ["n2"], 80, "reset")
        require(60 <= lab.now() - begin <= 82 + 100, "60 s and 10 s of the hardware")
        require_equal(bool(lab.logged("watchdog is about to expire")), version == NEW, "a warning of the new release")


@test
def test_step_back_stalls_the_loops():
    for seconds in (30, 90):
        lab = Lab()
        lab.until(lambda: lab.world.wall("n2") - lab.stamp("n2") == 1, 20, "a fresh round")
        stamp = lab.stamp("n2")
        lab.step("n2", -seconds)
        waited = lab.until(lambda: lab.stamp("n2") != stamp, seconds + 20, "its status moves again")
        require(seconds + 7 <= waited <= seconds + 10, f"a step back of {seconds} s stalls for {waited} s")
        require_equal(lab.resets(), [], "the watchdog's clock stepped as well")
        lab.run(60)
        require_equal((lab.services(), lab.lrm("n2")), (STARTED, ("active", "active")), "later")


@test
def test_step_back_delays_a_stop():
    lab = Lab()
    lab.run(1)
    lab.step("n2", -30)
    lab.unit("n2", "pve-ha-lrm").stop()
    lab.run(29)
    require_equal((lab.unit("n2", "pve-ha-lrm").state, lab.markers()), ("deactivating", ALL), "30 s later")
    lab.until(lambda: lab.unit("n2", "pve-ha-lrm").state == "inactive", 30, "its end")


@test
def test_step_back_refuses_lock_renewals():
    """Between two renewals 7 s apart a step back of 60 s makes the new stamp older: EACCES, until the clock has caught up."""
    lab = Lab()
    lrm = lab.unit("n2", "pve-ha-lrm").program
    require(lrm.wanted.get(), "renewed")
    lab.step("n2", -60)
    require_equal(lrm.wanted.get(), False, "refused")
    lab.step("n2", 0)
    lab.run(61)
    require(lrm.wanted.get(), "renewed again")


@test
def test_lowest_node_stepping_forward_breaks_locks():
    lab = Lab()
    lab.unit("n1", "pve-ha-crm").stop()
    lab.until(lambda: lab.master() in ("n2", "n3"), 20, "a master elsewhere")
    first = lab.master()
    lab.run(12)
    lab.step("n1", 125)
    lab.until(lambda: lab.crm(first).state != "master", 20, "it loses its lock")
    require(lab.logged("status change master => lost_manager_lock"), "and says so")
    lab.until(lambda: lab.master() is not None, 20, "one master again")
    require_equal(lab.hosts[first].mux.state, "feeding", "lost_manager_lock closes its watchdog")


@test
def test_locks_expire_by_the_judge():
    lab = Lab(started=False)
    world = lab.world
    require_equal(world.lock_call("mkdir", "n2", "x", world.wall("n2")), 0, "mkdir")
    require_equal(world.lock_call("mkdir", "n3", "x", world.wall("n3")), 17, "mkdir of another")
    require_equal(world.lock_call("utime", "n3", "x", world.wall("n3")), 13, "utime of another")
    require_equal(world.lock_call("utime", "n3", "y", world.wall("n3")), 2, "utime of none")
    lab.run(100)
    require_equal(world.lock_call("utime", "n2", "x", world.wall("n2")), 0, "utime")
    world.lock_call("unlock", "n3", "x")  # the judge sees a new stamp: the time begins
    lab.run(119)
    world.lock_call("unlock", "n3", "x")
    require("x" in world.locks, "119 s")
    lab.step("n3", 500)
    world.lock_call("unlock", "n3", "x")
    require("x" in world.locks, "the clock of who asks does not count")
    lab.run(2)
    world.lock_call("unlock", "n3", "x")
    require("x" not in world.locks, "121 s")
    require_equal(world.lock_call("mkdir", "n3", "x", world.wall("n3")), 0, "mkdir again")
    lab.run(121)
    world.lock_call("unlock", "n2", "x")
    require("x" not in world.locks, "a new lock's time begins when it is made")
    lab.partition("n1 n2", "n3")
    for call in ("mkdir", "utime", "unlock", "rmdir"):
        require_equal(world.lock_call(call, "n3", "x", 1), 13, f"{call} without quorum")
    require_equal(world.lock_call("rmdir", "n1", "x"), 0, "rmdir")


# ---- quorum, fencing, recovery


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
    require_equal((lab.resets(), lab.services(), lab.lrm("n2"), lab.master() is not None), ([], STARTED, ("active", "active"), True), "later")


@test
def test_start_without_quorum_waits():
    for version in (NEW, OLD):
        lab = Lab((version,) * 3, started=False)
        lab.partition("n1", "n2 n3")
        lab.hosts["n1"].power_on()
        lab.run(60)
        require_equal(("nodes/n1/lrm_status" in lab.world.shared, lab.hosts["n1"].mux.clients), (False, []), "nothing is written")
        lab.unit("n1", "pve-ha-lrm").stop()
        lab.until(lambda: lab.unit("n1", "pve-ha-lrm").state == "inactive", 6, "it can be stopped")
        lab.unit("n1", "pve-ha-lrm").start()
        lab.partition("n1 n2 n3")
        lab.until(lambda: "nodes/n1/lrm_status" in lab.world.shared, 6, "then it is")


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


# ---- maintenance


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
        require_equal((lab.status()["node_status"]["n3"], lab.status()["node_request"]["n3"]), ("maintenance", {"maintenance": 1}), "and the rest")
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


# ---- services


@test
def test_guests_that_fail():
    """Once more on the same node, then on another one, then error; disabling clears it."""
    for version in (NEW, OLD):
        lab = Lab((version,) * 3, guests={"vm:101": "n1", "vm:102": "n2", "ct:103": "n3"})
        for sid, word in (("vm:102", "migrate"), ("ct:103", "relocate")):
            guest = lab.world.guests[sid]
            guest.startable = guest.running = False
            seen = []

            def watch():
                state = lab.services()[sid]
                if seen[-1:] != [state]:
                    seen.append(state)
                return state == "error"

            home = guest.node
            lab.until(watch, 200, "error")
            require_equal(seen, ["started", word, "started", "error"], "states")
            require(guest.node != home, "it was tried elsewhere")
            guest.state = "disabled"
            lab.until(lambda: lab.services()[sid] == "stopped", 11, "cleared")
            guest.startable, guest.state = True, "started"
            lab.until(lambda: lab.services()[sid] == "started", 30, "and started")
            lab.run(15)
            require(guest.running, "runs")


@test
def test_a_guest_that_fails_once_is_restarted():
    lab = Lab()
    guest = lab.world.guests["vm:102"]
    guest.startable = guest.running = False
    lab.until(lambda: lab.unit("n2", "pve-ha-lrm").program.tries.get("vm:102"), 30, "a first try")
    guest.startable = True
    begin = lab.now()
    lab.run(40)
    require_equal((guest.node, guest.running, lab.actions(begin)), ("n2", True, ["start vm:102"]), "on the same node")
    require_equal(lab.unit("n2", "pve-ha-lrm").program.tries["vm:102"], 0, "tries")


@test
def test_a_guest_without_another_node_is_tried_again():
    lab = Lab((NEW,), guests={"vm:101": "n1"})
    guest = lab.world.guests["vm:101"]
    guest.max_relocate = 3
    guest.startable = guest.running = False
    lab.until(lambda: len(lab.status()["service_status"]["vm:101"].get("failed_nodes", [])) == 2, 100, "twice")
    guest.startable = True
    lab.run(40)
    require_equal((guest.running, lab.status()["service_status"]["vm:101"].get("failed_nodes")), (True, None), "runs")


@test
def test_stop_and_disable():
    for version in (NEW, OLD):
        lab = Lab((version,) * 3)
        guest = lab.world.guests["vm:102"]
        require_equal(lab.ha_manager("n1", "crm-command", "stop", "vm:102", "30")[0], 0, "stop")
        lab.until(lambda: lab.services()["vm:102"] == "request_stop", 11, "requested")
        lab.until(lambda: lab.services()["vm:102"] == "stopped", 25, "stopped")
        require_equal((guest.running, guest.state), (False, "stopped"), "guest")
        lab.ha_manager("n1", "crm-command", "stop", "vm:102", "30")
        lab.run(15)
        require("cmd" not in lab.status()["service_status"]["vm:102"], "a stop of what is stopped goes")
        lab.ha_manager("n1", "crm-command", "migrate", "vm:102", "n3")
        lab.until(lambda: lab.services()["vm:102"] == "migrate", 11, "it moves while stopped")
        lab.until(lambda: lab.services()["vm:102"] == "stopped" and guest.node == "n3", 60, "and is stopped there")
        lab.ha_manager("n1", "crm-command", "relocate", "vm:102", "n2")
        lab.until(lambda: lab.services()["vm:102"] == "relocate", 11, "relocate while stopped")
        guest.running = True
        lab.until(lambda: not guest.running, 60, "an LRM stops what shall be stopped")
        guest.state = "disabled"
        lab.run(30)
        require_equal(lab.services()["vm:102"], "stopped", "disabled")
        guest.state = "started"
        lab.until(lambda: guest.running, 60, "started again")


@test
def test_stopped_services_of_a_lost_node():
    """stopped is recovered, disabled is not."""
    lab = Lab(guests={"vm:101": "n1", "vm:103": "n3", "vm:104": "n3", "vm:105": "n3"})
    lab.world.guests["vm:103"].state = "stopped"
    lab.world.guests["vm:104"].state = "disabled"
    lab.run(40)
    require_equal(lab.services(), {"vm:101": "started", "vm:103": "stopped", "vm:104": "stopped", "vm:105": "started"}, "before")
    lab.partition("n1 n2", "n3")
    lab.until(lambda: lab.services()["vm:103"] == "fence", 80, "stopped")
    require_equal((lab.services()["vm:104"], lab.services()["vm:105"]), ("stopped", "fence"), "the others")
    lab.until(lambda: lab.services()["vm:103"] == "request_stop", 200, "recovered to be stopped")
    lab.until(lambda: lab.services()["vm:103"] == "stopped", 30, "stopped elsewhere")


@test
def test_services_on_their_way_when_the_node_is_lost():
    for state in ("request_stop", "migrate"):
        lab = Lab()
        guest = lab.world.guests["vm:103"]
        guest.stop_s = guest.move_s = 500
        lab.ha_manager("n1", "crm-command", *(["stop", "vm:103", "9"] if state == "request_stop" else ["migrate", "vm:103", "n1"]))
        lab.until(lambda: lab.services()["vm:103"] == state, 11, state)
        lab.run(12)
        lab.partition("n1 n2", "n3")
        lab.until(lambda: lab.services()["vm:103"] == "fence", 80, f"fence of {state}")


@test
def test_recovery_without_a_node():
    """All that is left is in maintenance: it waits; disabling the service ends that."""
    for version in (NEW, OLD):
        lab = Lab((version,) * 3)
        lab.hosts["n3"].power_off()
        lab.partition("n1 n2")
        lab.until(lambda: lab.services()["vm:103"] == "fence", 80, "fence")
        for name in ("n1", "n2"):
            lab.world.guests["vm:101"].configured = lab.world.guests["vm:102"].configured = False
            lab.ha_manager("n1", "crm-command", "node-maintenance", "enable", name)
        lab.until(lambda: lab.services().get("vm:103") == "recovery", 250, "recovery")
        lab.run(30)
        require_equal(lab.services()["vm:103"], "recovery", "it waits")
        lab.world.guests["vm:103"].state = "disabled"
        lab.until(lambda: lab.services()["vm:103"] == "stopped", 11, "disabled")


@test
def test_migrations():
    for version in (NEW, OLD):
        lab = Lab((version,) * 3, guests={"vm:101": "n1", "vm:102": "n2", "ct:103": "n3"})
        require_equal(lab.ha_manager("n1", "migrate", "vm:101", "n2")[0], 0, "migrate, an alias")
        lab.until(lambda: lab.services()["vm:101"] == "migrate", 11, "migrate")
        lab.until(lambda: lab.services()["vm:101"] == "started", 30, "arrived")
        require_equal(lab.status()["service_status"]["vm:101"]["node"], "n2", "node")
        require_equal(lab.ha_manager("n1", "crm-command", "relocate", "ct:103", "n2")[0], 0, "relocate")
        lab.until(lambda: lab.services()["ct:103"] == "relocate", 11, "relocate")
        lab.run(40)
        begin = lab.now()
        lab.world.guests["vm:102"].movable = False
        lab.ha_manager("n1", "crm-command", "migrate", "vm:102", "n3")
        lab.until(lambda: lab.services()["vm:102"] == "migrate", 11, "a try")
        lab.until(lambda: lab.services()["vm:102"] == "started", 40, "that fails")
        require_equal((lab.world.guests["vm:102"].node, lab.actions(begin)), ("n2", []), "where it was")
        lab.ha_manager("n1", "crm-command", "migrate", "vm:102", "n2")
        lab.run(12)
        require(lab.logged("ignoring crm command: migrate vm:102 n2"), "to where it is")
        lab.world.guests["vm:102"].state = "stopped"
        lab.until(lambda: lab.services()["vm:102"] == "stopped", 60, "stopped")
        lab.ha_manager("n1", "crm-command", "migrate", "vm:102", "n3")
        lab.until(lambda: lab.services()["vm:102"] == "migrate", 11, "a try")
        lab.until(lambda: lab.services()["vm:102"] == "request_stop", 40, "that fails, too")


@test
def test_a_command_whose_target_went_away_is_dropped():
    lab = Lab((NEW, NEW, NEW))
    crm = lab.crm("n1")
    crm.manager.services["vm:101"]["cmd"] = ["migrate", "n1"]
    lab.run(12)
    require_equal((lab.services()["vm:101"], "cmd" in lab.status()["service_status"]["vm:101"]), ("started", False), "dropped")


@test
def test_a_guest_on_the_wrong_node_is_an_error():
    lab = Lab()
    guest = lab.world.guests["vm:102"]
    guest.move_s = 20
    lab.ha_manager("n1", "crm-command", "migrate", "vm:102", "n3")
    lab.until(lambda: lab.services()["vm:102"] == "migrate", 11, "migrate")
    lab.run(11)
    guest.node = "n1"
    lab.until(lambda: lab.services()["vm:102"] == "error", 40, "error")
    since = lab.now()
    lab.run(40)
    require_equal((lab.services()["vm:102"], lab.actions(since)), ("error", []), "and stays so")


@test
def test_a_stopped_guest_is_followed():
    """In the round in which a command is dropped as well."""
    lab = Lab()
    guest = lab.world.guests["vm:102"]
    guest.state = "stopped"
    lab.until(lambda: lab.services()["vm:102"] == "stopped", 60, "stopped")
    guest.node, guest.state = "n3", "started"
    lab.crm("n1").manager.services["vm:102"]["cmd"] = ["stop", "9"]
    lab.until(lambda: lab.status()["service_status"]["vm:102"]["node"] == "n3", 11, "its node")
    require_equal(lab.services()["vm:102"], "started", "started in the same round")


@test
def test_a_stop_that_fails_is_an_error():
    lab = Lab()
    guest = lab.world.guests["vm:102"]
    guest.stop_s = 15
    lab.ha_manager("n1", "crm-command", "stop", "vm:102", "30")
    lab.until(lambda: lab.services()["vm:102"] == "request_stop", 11, "request_stop")
    lab.run(11)
    guest.node = "n1"
    lab.until(lambda: lab.services()["vm:102"] == "error", 40, "error")


@test
def test_few_workers_at_once():
    guests = {f"vm:{number}": "n1" for number in range(101, 110)}
    lab = Lab(guests=guests, started=False)
    for guest in lab.world.guests.values():
        guest.start_s = 30
    lab.hosts["n1"].power_on()
    lab.hosts["n2"].power_on()
    for _ in range(200):
        working = [w for w in lab.unit("n1", "pve-ha-lrm").program.workers.values() if w.started()]
        require(len(working) <= 4, f"{len(working)} workers")
        lab.run(1)
    require(all(guest.running for guest in lab.world.guests.values()), "all start")


# ---- what is broken


@test
def test_unreadable_manager_status():
    for version in (NEW, OLD):
        lab = Lab((version,) * 3)
        for name in ALL:
            lab.unit(name, "pve-ha-crm").kill()
        lab.world.write("n1", "ha/manager_status", "{")
        stamp, begin = lab.stamp("n2"), lab.now()
        lab.unit("n3", "pve-ha-crm").start()
        lab.run(1)
        lab.world.guests["vm:102"].running = False
        lab.unit("n2", "pve-ha-lrm").program.results = {}
        lab.run(200)
        require_equal(lab.actions(begin), [], "no LRM acts by what it knew before")
        require_equal(lab.crm("n3").state, "wait_for_quorum", "no CRM is master of it")
        require_equal((lab.lrm("n2"), lab.stamp("n2") > stamp + 150), (("active", "active"), True), "an active LRM goes on")
        lab = Lab((version,) * 3)
        lab.world.guests["vm:103"].move_s = 300
        lab.ha_manager("n1", "crm-command", "node-maintenance", "enable", "n3")
        lab.until(lambda: lab.lrm("n3")[0] == "maintenance", 60, "maintenance")
        for name in ALL:
            lab.unit(name, "pve-ha-crm").kill()
        lab.world.write("n1", "ha/manager_status", "{")
        lab.until(lambda: lab.unit("n3", "pve-ha-lrm").state == "inactive", 20, "one in maintenance ends")
        require_equal(lab.hosts["n3"].mux.state, "expired", "with the watchdog open")


@test
def test_watchdog_protocol():
    for version in (NEW, OLD):
        lab = Lab((version,), guests={}, started=False)
        mux = lab.hosts["n1"].mux
        lab.unit("n1", "watchdog-mux").start()
        lab.run(1)
        require_equal((mux.state, mux.marker), ("feeding", False), "nobody is there")
        first, second = mux.connect("first"), mux.connect("second")
        require(mux.marker, "marker")
        lab.run(30)
        mux.data(first, b"V\0")
        mux.data(second, b"V")
        lab.run(40)
        mux.eof(second)
        require_equal((mux.state, mux.marker), ("feeding", True), "one of two left cleanly")
        mux.data(first, b"\0V")
        mux.eof(first)
        require_equal((mux.state, mux.marker), ("feeding", False), "the last one left")
        first = mux.connect("first")
        lab.run(55)
        mux.data(first, b"\0")
        lab.run(58)
        require_equal((mux.state, lab.resets()), ("feeding", []), "fed again within 60 s")
        lab.run(8)
        require_equal((mux.state, mux.marker), ("expired", True), "silent for 65 s")
        lab.run(10)
        require_equal(lab.resets(), ["n1"], "reset 10 s later")
        require_equal(len(lab.logged("about to expire")), {NEW: 2, OLD: 0}[version], "warnings")
        lab.unit("n1", "watchdog-mux").start()
        lab.run(1)
        require_equal((mux.state, lab.unit("n1", "watchdog-mux").state), ("exit", "inactive"), "no start with the marker there")


@test
def test_watchdog_close_without_v():
    lab = Lab((NEW,), guests={}, started=False)
    mux = lab.hosts["n1"].mux
    lab.unit("n1", "watchdog-mux").start()
    lab.run(1)
    client = mux.connect("x")
    mux.data(client, b"V\0")
    mux.eof(client)
    require_equal((mux.state, mux.marker), ("expired", True), "the last byte was no V")
    mux.connect("late")
    try:
        mux.connect("later")
        require(False, "it ends at the first event after that")
    except labs.hosts.watchdog.NoWatchdog:
        pass
    lab.run(12)
    require_equal(lab.resets(), ["n1"], "reset")


@test
def test_stopping_the_watchdog():
    lab = Lab()
    lab.unit("n2", "watchdog-mux").stop()
    lab.run(0.5)
    require_equal((lab.hosts["n2"].mux.marker, lab.hosts["n2"].mux.state), (True, "expired"), "with clients")
    lab = disarmed()
    lab.unit("n2", "watchdog-mux").stop()
    lab.run(0.5)
    require_equal(lab.unit("n2", "watchdog-mux").state, "inactive", "without")
    lab.unit("n2", "watchdog-mux").start()
    lab.run(0.5)
    require_equal(lab.hosts["n2"].mux.state, "feeding", "and again")


# ---- ha-manager


@test
def test_cli_without_quorum():
    for version in (NEW, OLD):
        lab = Lab((version,) * 3)
        lab.partition("n1 n2", "n3")
        status, text, took = lab.ha_manager("n3", "crm-command", "node-maintenance", "enable", "n1")
        require_equal(status, 13, "exit status")
        require(text.endswith("cfs-lock 'domain-ha' error: no quorum!\n"), text)
        require(9 <= took <= 11, f"it took {took} s")
        require("quorum No quorum on node 'n3'!" in lab.ha_manager("n3", "status")[1], "status")


@test
def test_cli_with_a_busy_lock():
    lab = Lab()
    lab.world.lock_call("mkdir", "n3", "domain-ha", lab.world.wall("n3"))
    status, text, took = lab.ha_manager("n2", "crm-command", "disarm-ha", "freeze")
    require_equal((status, lab.world.read("n1", "ha/crm_commands") or ""), (17, ""), "exit status")
    require("error: got lock request timeout" in text and 9 <= took <= 11, f"{took} s: {text}")
    lab.world.lock_call("rmdir", "n3", "domain-ha")
    require_equal(lab.ha_manager("n2", "crm-command", "disarm-ha", "freeze")[0], 0, "free again")
    require("domain-ha" not in lab.world.locks, "it is given back")


@test
def test_cli_commands():
    lab = Lab()
    wrong = [["crm-command", "disarm-ha"], ["crm-command", "disarm-ha", "soft"], ["crm-command", "arm-ha", "now"],
             ["crm-command", "node-maintenance", "enable", "n9"], ["crm-command", "node-maintenance", "disable"],
             ["crm-command", "migrate", "vm:101"], ["relocate", "vm:999", "n1"], ["crm-command", "stop", "vm:101", "soon"]]
    for words in wrong:
        status, text, _ = lab.ha_manager("n1", *words)
        require_equal((status, text.split("\n", maxsplit=1)[0]), (255, "400 Parameter verification failed."), " ".join(words))
    for words in ([], ["crm-command"], ["crm-command", "node-maintenance"], ["arm-ha"], ["crm-command", "resume"]):
        status, text, _ = lab.ha_manager("n1", *words)
        require(status == 255 and text.startswith("ERROR: "), f"{words}: {status} {text}")
    require_equal(lab.world.read("n1", "ha/crm_commands") or "", "", "nothing was queued")


@test
def test_cli_status():
    lab = Lab()
    text = lab.ha_manager("n2", "status")[1]
    for line in ("quorum OK", "master n1 (active, ", "fencing armed (CRM watchdog active)", "lrm n2 (active, watchdog active, ",
                 "service vm:103 (n3, started)"):
        require(line in text, f"{line!r} in {text}")
    lab = disarmed()
    text = lab.ha_manager("n2", "status")[1]
    for line in ("fencing disarmed, resource mode: freeze (CRM watchdog released)", "lrm n2 (disarm mode, watchdog released, "):
        require(line in text, f"{line!r} in {text}")
    lab = Lab((OLD,) * 3)
    lab.step("n2", -20)
    require("master n1 (detected time drift!, " in lab.ha_manager("n2", "status")[1], "drift")
    lab.step("n2", 65)
    text = lab.ha_manager("n2", "status")[1]
    require("lrm n1 (old timestamp - dead?, " in text and "fencing" not in text and "watchdog" not in text, text)


# ---- the table itself


@test
def test_table_is_well_formed():
    rows = tables.read()
    for row in rows:
        require(row.release in ("both", NEW, OLD), f"line {row.line}: release")
        versions = {place.rsplit(" @ ")[1] for place in row.source.split(";")}
        wanted = {NEW, OLD} if row.release == "both" else {row.release}
        foreign = {version for version in versions if version[0] in "cp"}
        require(foreign or wanted <= versions, f"line {row.line}: no source for {wanted - versions}")
        require(all(" @ " in place and ":" in place for place in row.source.split(";")), f"line {row.line}: source")
    require_equal([tables.release_of(v) for v in ("5.1.3", "5.1.2", "9.0", "4.0.6", "3.3-4", "5.2.0~1")], [NEW, OLD, NEW, OLD, OLD, NEW], "release_of")


def missed_rows(components):
    """Runs all tests in virtual time once for each row taken away."""
    rows, results = tables.read(), Results()
    tests = [function for function in TESTS if function.__module__ == "__main__" and function is not test_table_is_well_formed]
    for row in rows:
        if components and row.component not in components:
            continue
        labs.ROWS = [other for other in rows if other is not row]

        def row_is_missed():
            for number, function in enumerate(tests):
                try:
                    function()
                except Exception as error:  # any way of failing is one
                    tests.insert(0, tests.pop(number))  # likely to see the next one, too
                    return f"{function.__name__}: {str(error)[:60]}"
            raise AssertionError(f"nobody misses line {row.line}")

        row_is_missed.__name__ = f"test_{row.line}_{row.component}_{row.state}"
        results.attempt(row_is_missed)
    return results.close()


if __name__ == "__main__":
    if sys.argv[1:2] == ["--rows"]:
        sys.exit(missed_rows(sys.argv[2:]))
    sys.exit(run_tests(names=sys.argv[1:]))
