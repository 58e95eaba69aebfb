# SPDX-License-Identifier: LGPL-2.1-or-later
"""Steps of the wall clock, a hung file system, and locks. Part of test_standin.py."""

from lab import ALL, NEW, OLD, STARTED, Lab
from suite import require, require_equal, test


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
