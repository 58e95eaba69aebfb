# SPDX-License-Identifier: LGPL-2.1-or-later
"""What becomes of services. Part of test_standin.py."""

from lab import NEW, OLD, Lab
from suite import require, require_equal, test


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
    require_equal((guest.max_restart, guest.max_relocate), (1, 1), "limits where resources.cfg names none")
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
    most = 0
    for _ in range(200):
        working = [w for w in lab.unit("n1", "pve-ha-lrm").program.workers.values() if w.started()]
        most = max(most, len(working))
        lab.run(1)
    require_equal((most, all(guest.running for guest in lab.world.guests.values())), (4, True), "workers at once, and all start")
