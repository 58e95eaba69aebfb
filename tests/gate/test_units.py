#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The executor, timeguard-gate@.service and the backend units, with a systemd that runs for this. Usage: test_units.py --build DIRECTORY [NAME...]"""

import os
import sys
import time

from alone import SLEEPER, main
from machine import GATE, Agent

from suite import require, require_equal, test  # by box's search path

FILES = {
    "/usr/lib/systemd/system/first.service": SLEEPER,
    "/usr/lib/systemd/system/second.service": "[Unit]\nAfter=first.service\n" + SLEEPER,
    # takes two seconds to stop, and to start
    "/usr/lib/systemd/system/slow.service": "[Service]\nType=notify\nNotifyAccess=all\nExecStart=/bin/sh -c 'trap \"sleep 2; exit 0\" TERM; sleep 2; "
                                        "systemd-notify --ready; sleep infinity & wait'\nKillMode=mixed\nTimeoutStopSec=20\n",
    "/usr/lib/systemd/system/broken.service": "[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/false\n",
    "/usr/local/bin/hangs": "#!/bin/sh\n[ $1 = status ] && { echo open; exit 0; }\nexec sleep 1000\n",
    "/usr/local/bin/dawdles": "#!/bin/sh\n[ $1 = status ] && { echo open; exit 0; }\nsleep 4\n",
    "/usr/local/bin/opens": "#!/bin/sh\necho open\n",
}
UNITS = ("first.service", "second.service")


def start(machine, *units):
    machine.run("systemctl", "reset-failed")
    machine.run("systemctl", "start", *units)


def until(machine, agent, state, timeout_s=15, scope="cluster"):
    seen = []
    return machine.wait_for(lambda: seen.append(agent.order("status", scope)) or seen[-1]["state"] == state and seen[-1], timeout_s,
                            lambda: f"the state {state}: {seen[-1]}")


@test
def close_stops_and_open_starts_what_ran(machine):
    start(machine, *UNITS)
    machine.run("systemctl", "stop", "slow.service", "broken.service")
    with Agent(machine, "units", *UNITS, "slow.service") as agent:
        found = agent.order("status")
        require_equal((found["outcome"], found["state"], found["flags"], found["backend"]), ("done", "open", ["ready"], "units"), "status")
        require_equal(found["command"], "systemctl stop --no-block first.service second.service slow.service", "what close would run")
        closed = agent.order("close")
        require_equal((closed["outcome"], closed["prior"][:12]), ("done", "ran:00000003"), "outcome and prior of close")
        until(machine, agent, "closed")
        require_equal([machine.active(unit) for unit in UNITS], ["inactive", "inactive"], "the units")
        opened = agent.order("open", prior=closed["prior"])
        require_equal((opened["outcome"], opened["command"]), ("done", "systemctl start --no-block second.service first.service"), "open")
        until(machine, agent, "open")
        require_equal([machine.active(unit) for unit in (*UNITS, "slow.service")], ["active", "active", "inactive"], "the units")
        require_equal(machine.files_of_gate(), [], "files left")
        return f"status {found['ms']} ms, close {closed['ms']} ms"


@test
def what_takes_long_is_begun_and_read_back(machine):
    start(machine, "slow.service")
    with Agent(machine, "units", "slow.service") as agent:
        closed = agent.order("close")
        require_equal((closed["outcome"], closed["state"]), ("done", "closing"), "close")
        require(closed["ms"] < 1500, f"close took {closed['ms']} ms")
        require_equal(agent.order("close")["state"], "closing", "a second close")
        until(machine, agent, "closed")
        opened = agent.order("open", prior=closed["prior"])
        require_equal((opened["outcome"], opened["state"]), ("done", "opening"), "open")
        until(machine, agent, "open")


@test
def a_halfway_opening_is_carried_on(machine):
    start(machine, *UNITS)
    with Agent(machine, "units", *UNITS) as agent:
        prior = agent.order("close")["prior"]
        until(machine, agent, "closed")
        machine.run("systemctl", "start", "first.service")
        require_equal(agent.order("status")["state"], "open", "status with one unit running")
        require_equal(agent.order("status", prior=prior)["state"], "closing", "status with one of those that ran before")
        require_equal(agent.order("open", prior=prior)["outcome"], "done", "open")
        machine.wait_for(lambda: machine.active("second.service") == "active", 5, "the second unit")


@test
def open_refuses_what_is_not_its_own(machine):
    start(machine, *UNITS)
    with Agent(machine, "units", *UNITS) as agent:
        prior = agent.order("close")["prior"]
        until(machine, agent, "closed")
        for unfit in ("", "active", prior + "0", "ran:zzz/1"):
            found = agent.order("open", prior=unfit)
            require_equal((found["outcome"], found["command"]), ("failed", ""), f"open with prior '{unfit}'")
        machine.run("systemctl", "mask", "--runtime", "first.service")
        found = agent.order("open", prior=prior)
        require_equal((found["outcome"], found["command"]), ("failed", ""), "open of a masked unit")
        require("first.service is masked" in found["detail"], found["detail"])
        require_equal([machine.active(unit) for unit in UNITS], ["inactive", "inactive"], "the units")
        machine.run("systemctl", "unmask", "--runtime", "first.service")
    with Agent(machine, "units", *reversed(UNITS)) as agent:
        found = agent.order("open", prior=prior)
        require_equal((found["outcome"], found["command"]), ("failed", ""), "open with another list")
        require_equal([machine.active(unit) for unit in UNITS], ["inactive", "inactive"], "the units")


@test
def what_systemd_will_not_stop_or_start_is_not_ready(machine):
    """... and none of the others is stopped."""
    start(machine, *UNITS)
    drop_in = "/run/systemd/system/second.service.d/refuses.conf"
    machine.run("mkdir", "-p", os.path.dirname(drop_in))
    for refusal in ("RefuseManualStop", "RefuseManualStart"):
        machine.write(drop_in, f"[Unit]\n{refusal}=yes\n")
        machine.run("systemctl", "daemon-reload")
        with Agent(machine, "units", *UNITS) as agent:
            found = agent.order("status")
            require_equal((found["state"], found["flags"]), ("open", []), refusal)
            require("cannot close: systemd lets second.service not be" in found["detail"], found["detail"])
            found = agent.order("close")
            require_equal((found["outcome"], found["command"]), ("failed", ""), f"close: {found['detail']}")
            require_equal([machine.active(unit) for unit in UNITS], ["active", "active"], "the units")
    machine.run("rm", drop_in)
    machine.run("systemctl", "daemon-reload")
    with Agent(machine, "units", *UNITS) as agent:
        require_equal(agent.order("status")["flags"], ["ready"], "afterwards")


@test
def missing_units_are_told(machine):
    with Agent(machine, "units", "first.service", "nowhere.service") as agent:
        found = agent.order("close")
        require_equal((found["outcome"], found["state"], found["flags"]), ("failed", "unknown", []), "close")
        require("nowhere.service" in found["detail"], found["detail"])
    with Agent(machine, "units") as agent:
        require_equal(agent.order("status")["outcome"], "failed", "status of an empty list")


@test
def the_program_is_over_before_its_unit(machine):
    with Agent(machine, "command", "--command", "/usr/local/bin/hangs") as agent:
        found = agent.order("close")
        require_equal((found["outcome"], found["command"]), ("timeout", "/usr/local/bin/hangs close"), "outcome, command")
        require(15500 < found["ms"] < 18500, f"it took {found['ms']} ms")
        return f"{found['ms']} ms"


@test
def a_unit_that_is_killed_is_no_success(machine):
    """Its time is up before the program's own, or somebody stops it: begun, and left no result."""
    drop_in = "/run/systemd/system/timeguard-gate@.service.d/short.conf"
    machine.run("mkdir", "-p", os.path.dirname(drop_in))
    machine.write(drop_in, "[Service]\nTimeoutStartSec=3\n")
    machine.run("systemctl", "daemon-reload")
    with Agent(machine, "command", "--command", "/usr/local/bin/hangs") as agent:
        found = agent.order("close")
        require_equal((found["outcome"], found["state"]), ("timeout", "unknown"), "over the unit's time")
        require(2500 < found["ms"] < 7000, f"it took {found['ms']} ms")
        os.unlink(machine.inside(drop_in))
        machine.run("systemctl", "daemon-reload")
        agent.give("close")
        unit = f"timeguard-gate@close-{agent.ticket}.service"
        machine.wait_for(lambda: f"{agent.ticket}.taken" in machine.files_of_gate(), 5, "the run")
        machine.run("systemctl", "stop", unit)
        found = agent.line()
        require_equal((found["outcome"], found["state"]), ("timeout", "unknown"), "stopped")
        require("left no result" in found["detail"], found["detail"])
        require_equal(machine.files_of_gate(), [], "files left")


@test
def a_limit_that_the_core_cannot_bear_is_told_and_cut(machine):
    drop_in = "/run/systemd/system/timeguard-gate@.service.d/long.conf"
    machine.run("mkdir", "-p", os.path.dirname(drop_in))
    machine.write(drop_in, "[Service]\nTimeoutStartSec=90\nEnvironment=TIMEGUARD_GATE_SECONDS=80\n")
    machine.run("systemctl", "daemon-reload")
    try:
        with Agent(machine, "command", "--command", "/usr/local/bin/hangs") as agent:
            found = agent.order("close")
            require_equal((found["outcome"], found["state"]), ("timeout", "unknown"), "close")
            require(32000 < found["ms"] < 35000, f"it took {found['ms']} ms")
            require_equal(len([line for line in agent.logged if "than the 25 s" in line]), 1, f"told: {agent.logged}")
            machine.run("systemctl", "stop", f"timeguard-gate@close-{agent.ticket}.service")
    finally:
        machine.run("rm", drop_in)
        machine.run("systemctl", "daemon-reload")


@test
def a_unit_that_cannot_start_has_done_nothing(machine):
    path = machine.inside("/usr/libexec/timeguard-gate")
    with Agent(machine, "command", "--command", "/usr/local/bin/opens") as agent:
        os.rename(path, path + ".away")
        found = agent.order("close")
        os.rename(path + ".away", path)
        require_equal((found["outcome"], found["state"]), ("failed", "unknown"), "without a program")
        require("had done nothing" in found["detail"], found["detail"])
        machine.run("systemctl", "mask", "--runtime", "timeguard-gate@.service")
        found = agent.order("close")
        machine.run("systemctl", "unmask", "--runtime", "timeguard-gate@.service")
        require_equal(found["outcome"], "failed", "masked")
        require("masked" in found["detail"], found["detail"])
        require_equal(agent.order("status")["state"], "open", "afterwards")


@test
def a_unit_that_is_not_there_is_told(machine):
    path = machine.inside("/usr/lib/systemd/system/timeguard-gate@.service")
    with Agent(machine, "command", "--command", "/usr/local/bin/opens") as agent:
        os.rename(path, path + ".away")
        machine.run("systemctl", "daemon-reload")
        found = agent.order("close")
        os.rename(path + ".away", path)
        machine.run("systemctl", "daemon-reload")
        require_equal(found["outcome"], "failed", "outcome")
        require("NoSuchUnit" in found["detail"], found["detail"])


@test
def one_order_at_a_time(machine):
    with Agent(machine, "command", "--command", "/usr/local/bin/dawdles") as agent:
        agent.give("close")
        agent.give("status")
        told = "# 5 the gate: close (the cluster), done: '/usr/local/bin/dawdles close': accepted\n"
        require_equal((agent.line()["verb"], agent.logged), ("close", ["# busy\n", told]), "the answers, and what is told of a command")


@test
def the_run_of_a_killed_agent_is_waited_for(machine):
    """... and its files are removed only after it."""
    with Agent(machine, "command", "--command", "/usr/local/bin/dawdles") as agent:
        agent.give("close", ticket=1)
        machine.wait_for(lambda: "1.taken" in machine.files_of_gate(), 5, "the run")
        agent.kill()
    machine.write(f"{GATE}/77.request", "{}", 0o600)
    with Agent(machine, "command", "--command", "/usr/local/bin/opens") as agent:
        begin = time.monotonic()
        found = agent.order("status", ticket=1)
        took = time.monotonic() - begin
        require_equal((found["outcome"], found["verb"], found["state"]), ("done", "status", "open"), "the result")
        require(2 < took < 8, f"it took {took:.1f} s")
        require_equal(machine.files_of_gate(), [], "files left")


@test
def a_lost_bus_ends_no_run(machine):
    with Agent(machine, "command", "--command", "/usr/local/bin/dawdles") as agent:
        agent.give("close")
        machine.wait_for(lambda: f"{agent.ticket}.taken" in machine.files_of_gate(), 5, "the run")
        machine.run("systemctl", "kill", "-s", "KILL", "dbus.service")
        found = agent.line()
        require_equal((found["outcome"], found["state"]), ("done", "open"), "the result")
        require_equal(agent.order("status")["state"], "open", "afterwards")
        require(any("no connection to the system bus" in line for line in agent.logged), "the loss was not told")


@test
def a_run_may_end_while_the_bus_is_away(machine):
    """Nobody tells of its end: that it is not among the units any more does."""
    with Agent(machine, "command", "--command", "/usr/local/bin/dawdles") as agent:
        agent.give("close")
        machine.wait_for(lambda: f"{agent.ticket}.taken" in machine.files_of_gate(), 5, "the run")
        machine.run("systemctl", "stop", "dbus.socket", "dbus.service")
        try:
            machine.wait_for(lambda: f"{agent.ticket}.result" in machine.files_of_gate(), 10, "its end")
        finally:
            machine.run("systemctl", "start", "dbus.socket")
        found = agent.line(20)
        require_equal((found["outcome"], found["state"]), ("done", "open"), "the result")
        require(found["ms"] < 20000, f"it took {found['ms']} ms")


@test
def without_a_bus_an_order_fails_soon(machine):
    machine.run("systemctl", "stop", "dbus.socket", "dbus.service")
    try:
        with Agent(machine, "command", "--command", "/usr/local/bin/opens") as agent:
            found = agent.order("close")
            require_equal(found["outcome"], "failed", "outcome")
            require("no system bus" in found["detail"], found["detail"])
            require(found["ms"] < 7000, f"it took {found['ms']} ms")
            machine.run("systemctl", "start", "dbus.socket")
            machine.wait_for(lambda: agent.order("status")["state"] == "open", 30, "a status")
    finally:
        machine.run("systemctl", "start", "dbus.socket")


@test
def a_frozen_manager_does_not_hold_the_agent(machine):
    """SIGSTOP is not for an init in its own namespace; from outside it is."""
    with Agent(machine, "command", "--command", "/usr/local/bin/opens") as agent:
        require_equal(agent.order("status")["state"], "open", "before")
        os.kill(machine.init, 19)
        try:
            found = agent.order("close")
        finally:
            os.kill(machine.init, 18)
        require_equal(found["outcome"], "failed", "outcome")
        require("had done nothing" in found["detail"] or "did not start" in found["detail"], found["detail"])
        require_equal(agent.order("status")["state"], "open", "afterwards")
        return f"{found['ms']} ms"


@test
def nothing_of_a_run_stays_loaded(machine):
    with Agent(machine, "command", "--command", "/usr/local/bin/hangs") as agent:
        for _ in range(3):
            agent.order("status")
    units = machine.run("systemctl", "list-units", "--all", "--plain", "--no-legend", "timeguard-gate@*").stdout
    require_equal(units, "", "units")
    said = machine.run("journalctl", "--no-pager", "-q", "-o", "cat", "-u", f"timeguard-gate@status-{agent.ticket}.service").stdout
    require_equal(said, "", "what a run without fault leaves in the journal")


if __name__ == "__main__":
    sys.exit(main(FILES))
