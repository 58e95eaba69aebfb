# SPDX-License-Identifier: LGPL-2.1-or-later
"""An armed cluster that is left alone. Part of test_standin.py."""

import lab as labs
from lab import ALL, NEW, OLD, STARTED, Lab
from suite import require, require_equal, test


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


@test
def test_waiting_for_locks_and_workers():
    """Six tries for a lock in five seconds, fewer where the clock steps; nine seconds for workers."""

    def seconds(generator, step_s=0):
        begin = lab.now()
        for pause in generator:
            lab.run(pause)
            lab.step("n2", step_s)
            step_s = 0
        return lab.now() - begin

    lab = Lab(started=False)
    lab.unit("n2", "watchdog-mux").start()
    lab.world.lock_call("mkdir", "n1", "ha_agent_n2_lock", lab.world.wall("n1"))
    lrm = labs.hosts.lrm.Lrm(lab.world, "n2", lab.hosts["n2"].mux)
    require_equal(seconds(lrm.protected_lock()), 5, "a lock of somebody else")
    require_equal(seconds(lrm.protected_lock(), 4), 2, "with a step of 4 s after the first")
    require_equal(seconds(lrm.protected_lock(), 6), 1, "with a step of 6 s after the first")
    lab.world.guests["vm:102"].start_s = 100
    lrm.workers = {"vm:102": labs.hosts.lrm.Worker("vm:102", "x", "started", None)}
    require_equal(seconds(lrm.run_workers()), 9, "a worker that takes longer")
