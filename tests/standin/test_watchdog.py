# SPDX-License-Identifier: LGPL-2.1-or-later
"""Unreadable files, and the watchdog multiplexer. Part of test_standin.py."""

import lab as labs
from lab import ALL, NEW, OLD, Lab, disarmed
from suite import require, require_equal, test


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
def test_watchdog_ticks_each_second():
    lab = Lab((NEW,), guests={}, started=False)
    mux = lab.hosts["n1"].mux
    lab.unit("n1", "watchdog-mux").start()
    lab.run(2)
    mux.connect("silent")
    require_equal(lab.until(lambda: mux.state == "expired", 70, "expired"), 61, "after more than 60 s")
    require_equal(lab.until(lambda: lab.resets() == ["n1"], 11, "reset"), 10, "the hardware's time")


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
