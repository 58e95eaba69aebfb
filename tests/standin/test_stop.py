# SPDX-License-Identifier: LGPL-2.1-or-later
"""Stopping and killing the daemons of a node. Part of test_standin.py."""

import lab as labs
from lab import ALL, NEW, OLD, STARTED, Lab
from suite import require, require_equal, test


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
        require_equal((lab.lrm("n2"), lab.services()["vm:102"], lab.actions(begin)), (("active", "restart"), "freeze", []),
                      "a minute later")
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
    lab.until(lambda: lab.unit("n1", "pve-ha-crm").state == "inactive", 20,
              "a master that loses its lock")
    require_equal(lab.logged("lost_manager_lock => wait_for_quorum"), [], "it ends at once")
    require_equal(len(lab.hosts["n1"].mux.clients), 1, "with its watchdog closed")


@test
def test_waiting_takes_five_seconds():
    lab = Lab()
    lab.partition("n1 n2", "n3")
    lab.run(30)
    crm, lrm = lab.crm("n3"), lab.unit("n3", "pve-ha-lrm").program
    require_equal((crm.state, lrm.state), ("wait_for_quorum", "lost_agent_lock"), "states")
    for daemon in (crm, lrm):
        require(19 <= lab.rounds(daemon) <= 21, f"{daemon.name} in 100 s")


@test
def test_rounds_in_other_states():
    """Ten seconds where the LRM cannot read, or waits to be frozen; five in maintenance, empty or not."""
    lab = Lab()
    for name in ALL:
        lab.unit(name, "pve-ha-crm").kill()
    status = lab.status()
    lab.world.write("n1", "ha/manager_status", "{")
    require_equal(lab.rounds(lab.unit("n2", "pve-ha-lrm").program), 10, "unreadable")
    lab.world.write_json("n1", "ha/manager_status", status)
    lab.unit("n2", "pve-ha-lrm").stop()
    lab.run(12)
    require_equal(lab.rounds(lab.unit("n2", "pve-ha-lrm").program), 10, "not frozen")
    status["node_request"] = {"n3": {"maintenance": 1}}
    for services in ({"vm:103": {"state": "recovery", "node": "n3", "uid": "x"}}, {}):
        lab.world.write_json("n1", "ha/manager_status", {**status, "service_status": services})
        lab.run(12)
        require_equal(lab.unit("n3", "pve-ha-lrm").program.state, "maintenance", "maintenance")
        require(19 <= lab.rounds(lab.unit("n3", "pve-ha-lrm").program) <= 21, f"maintenance with {services}")


@test
def test_when_a_crm_gets_active():
    """Without any service, by what the last master left. And when a master may become idle."""
    base = {"master_node": "n1", "timestamp": 1, "node_status": dict.fromkeys(ALL, "online"), "service_status": {}}
    away = {**base, "node_status": {"n1": "online", "n2": "online", "n3": "maintenance"}}
    wanted = {**away, "node_request": {"n3": {"maintenance": 1}}}
    other = {**base, "master_node": "n2"}
    lost = {**other, "node_status": {**base["node_status"], "n2": "unknown"}}
    stale = {**base, "service_status": {"vm:9": {"state": "started", "node": "n1"}}}
    fenced = {**base, "service_status": {"vm:9": {"state": "fence", "node": "n1"}}}
    disarm = {**base, "disarm": {"mode": "freeze", "state": "disarmed"}}
    cases = [("nothing", base, "", "", "both"), ("a command", base, "arm-ha\n", "both", "both"),
             ("maintenance that ends", away, "", "both", "both"), ("wanted maintenance", wanted, "", "", "both"),
             ("services", stale, "", NEW, OLD), ("disarm", disarm, "", NEW, OLD), ("fencing", fenced, "arm-ha\n", "", ""),
             ("another master", other, "arm-ha\n", "", "both"), ("another master, lost", lost, "arm-ha\n", "both", "both")]
    for version in (NEW, OLD):
        lab = Lab((version,) * 3, guests={}, started=False)
        crm = labs.hosts.crm.Crm(lab.world, "n1", lab.hosts["n1"].mux)
        for name, status, commands, active, idle in cases:
            lab.world.write_json("n1", "ha/manager_status", status)
            lab.world.write("n1", "ha/crm_commands", commands)
            require_equal(crm.is_can_get_active(), active in ("both", version), f"{version}: {name}: active")
            require_equal(crm.is_may_idle(), idle in ("both", version), f"{version}: {name}: idle")
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
    lost = lab.now()
    lab.run(30)
    require_equal((lab.unit("n3", "pve-ha-lrm").state, lab.markers()), ("deactivating", ALL), "it hangs, armed")
    lab.until(lambda: lab.resets() == ["n3"], 60, "the watchdog")
    lab.until(lambda: lab.unit("n3", "pve-ha-lrm").state == "inactive", 60, "90 s later it gives up")
    require(lab.now() - lost >= 90, f"not before: {lab.now() - lost}")
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
    took = lab.until(lambda: lab.unit("n1", "pve-ha-crm").state == "failed", 61, "killed")
    require(took >= 59, f"after {took} s")
    require_equal(lab.hosts["n1"].mux.state, "expired", "the connection broke without a V")
    lab.until(lambda: lab.resets() == ["n1"], 11, "reset")


@test
def test_a_killed_daemon_resets_the_node():
    lab = Lab()
    lab.unit("n2", "pve-ha-lrm").kill()
    require_equal((lab.hosts["n2"].mux.state, lab.markers()), ("expired", ALL), "the watchdog")
    lab.until(lambda: lab.resets() == ["n2"], 12, "reset")
