#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The backend proxmox, unchanged, against the stand-in of Proxmox HA: the cluster. Usage: test_proxmox.py --build DIRECTORY [NAME...]"""

import json
import os
import socket
import sys
import time

from alone import main_of_many
from box import require_refused
from proxmox import CRM, GUESTS, LRM, Proxmox

from suite import require, require_equal, test  # by box's search path

DISARM = "ha-manager crm-command disarm-ha freeze"


def master(p):
    return "master" in p.order("status")["flags"]


@test
def the_cluster_is_disarmed_and_armed(build):
    with Proxmox(build) as p:
        p.wait_armed()
        found = p.order("status")
        require_equal((found["state"], found["prior"], found["command"], found["backend"]), ("open", "armed,lrm+crm", DISARM, "proxmox"), "status")
        require({"ready", "whole", "armed"} <= set(found["flags"]) and "busy" not in found["flags"], f"flags {found['flags']}")
        require_equal("master" in found["flags"], p.manager_status()["master_node"] == "n1", "the flag master")
        closed = p.order("close")
        require_equal((closed["outcome"], closed["command"], closed["prior"]), ("done", DISARM, "armed,lrm+crm"), "close")
        found, seen = p.until("closed", 10)
        require_equal((found["prior"], p.armed(), "armed" in found["flags"]), ("freeze,lrm+crm", [], False), "closed: prior, markers, flag")
        require(seen in (["closing", "closed"], ["closed"], ["open", "closing", "closed"]), f"on the way: {seen}")
        require_equal([p.service(sid) for sid in GUESTS], ["freeze"] * 3, "the guests")
        require_refused(p.order("close"), "a second close", "closed already")
        opened = p.order("open", prior="armed,lrm+crm")
        require_equal((opened["outcome"], opened["command"]), ("done", "ha-manager crm-command arm-ha"), "open")
        _, seen = p.until("open", 10)
        require(seen in (["opening", "open"], ["closed", "opening", "open"]), f"on the way: {seen}")
        p.wait_armed()
        require_equal(p.order("open", prior="armed,lrm+crm")["command"], "", "a second open")


@test
def an_administrators_disarm_is_not_ours(build):
    with Proxmox(build) as p:
        p.wait_armed()
        p.ha_manager("n2", "crm-command", "disarm-ha", "ignore")
        found, _ = p.until("closed", 10)
        require_equal(found["prior"], "ignore,lrm+crm", "prior")
        require_refused(p.order("open", prior="armed,lrm+crm"), "open of an ignoring one", "ignore")
        require_refused(p.order("open", prior="ignore,lrm+crm"), "open of what was never armed")
        require_refused(p.order("open"), "open without a prior")
        require_equal(p.armed(), [], "the markers")
        p.ha_manager("n3", "crm-command", "arm-ha")
        p.until("open", 10)
        p.wait_armed()
        p.ha_manager("n2", "crm-command", "disarm-ha", "freeze")
        found, _ = p.until("closed", 10)
        require_equal(found["prior"], "freeze,lrm+crm", "prior")
        for prior in ("freeze,lrm+crm", "armed", ""):
            require_refused(p.order("open", prior=prior), f"open with prior '{prior}'")
        require_equal(p.armed(), [], "the markers")
        p.ha_manager("n3", "crm-command", "arm-ha")
        found, _ = p.until("open", 10)
        require_equal(found["prior"], "armed,lrm+crm", "prior after an administrator armed")


@test
def closed_takes_every_lrm_and_no_watchdog(build):
    with Proxmox(build) as p:
        p.wait_armed()
        p.order("close")
        p.until("closed", 10)
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(os.path.join(p.root, "n1/run/watchdog-mux.sock"))
            p.wait_for(lambda: p.armed() == ["n1"], 2, "the marker")
            found = p.order("status")
            require_equal((found["state"], "armed" in found["flags"]), ("closing", True), "with a watchdog")
            client.sendall(b"V")
        p.until("closed", 5)
        p.ctl(do="unit", node="n2", unit="pve-ha-lrm", verb="kill")
        p.ctl(do="write", node="n2", path="nodes/n2/lrm_status", text='{"state":"active","mode":"active","results":{},"timestamp":1}')
        found = p.order("status")
        require_equal(found["state"], "closing", "with an LRM that does not say so")
        require("not yet on n2" in found["detail"], found["detail"])


@test
def one_command_waits_at_a_time(build):
    """No manager reads the commands: the second close sees the first, and does not take it for its own."""
    with Proxmox(build) as p:
        p.wait_armed()
        p.machine.run("systemctl", "kill", "-s", "KILL", CRM)
        for node in ("n2", "n3"):
            p.ctl(do="unit", node=node, unit="pve-ha-crm", verb="kill")
        require_equal((p.order("close")["command"], p.order("status")["state"]), (DISARM, "closing"), "close")
        require_refused(p.order("close"), "a second close", "closing already")
        require_equal(p.read("n1", "ha/crm_commands"), "disarm-ha freeze\n", "crm_commands")
        p.ha_manager("n2", "crm-command", "arm-ha")
        p.ha_manager("n2", "crm-command", "disarm-ha", "ignore")
        require_equal(p.order("status")["state"], "closing", "with an administrator's disarm")
        require_refused(p.order("open", prior="armed,lrm+crm"), "open before it is read", "disarm-ha ignore")
        require_equal(p.read("n1", "ha/crm_commands"), "disarm-ha freeze\narm-ha\ndisarm-ha ignore\n", "crm_commands")


@test
def an_lrm_at_work_is_not_closed_a_stopped_one_is(build):
    """The manager calls it disarmed while a worker goes on under its watchdog. An LRM that is stopped later says so for ever, and does nothing."""
    with Proxmox(build) as p:
        p.wait_armed()
        p.ctl(do="guest", sid="vm:102", running=False, start_s=120)
        p.wait_for(lambda: json.loads(p.read("n2", "nodes/n2/lrm_status"))["state"] == "active", 5, "the LRM")
        time.sleep(15 / p.speed)  # it has begun to start the guest
        p.order("close")
        p.wait_for(lambda: p.manager_status().get("disarm", {}).get("state") == "disarmed" and p.armed() == ["n2"], 10, "disarmed, but for a worker")
        found = p.order("status")
        require_equal(found["state"], "closing", "with a worker on n2")
        require("not yet on n2" in found["detail"], found["detail"])
        p.until("closed", 20)
        p.ctl(do="unit", node="n3", unit="pve-ha-lrm", verb="stop")
        p.wait_for(lambda: json.loads(p.read("n3", "nodes/n3/lrm_status"))["mode"] == "restart", 5, "the mode of a stopped LRM")
        require_equal(p.order("status")["state"], "closed", "with a stopped LRM")
        require_equal(p.order("open", prior="armed,lrm+crm")["outcome"], "done", "open")
        p.until("open", 10)


@test
def without_quorum_nothing_is_run(build):
    with Proxmox(build) as p:
        p.wait_armed()
        p.ctl(do="partition", parts=[["n1"], ["n2", "n3"]])
        for scope in ("cluster", "node"):
            found = p.order("close", scope)
            require_refused(found, f"close of the {scope}", "quorum")
            require("ready" not in found["flags"] and found["ms"] < 2000, f"flags {found['flags']}, {found['ms']} ms")
        require_equal((p.machine.active(LRM), p.read("n1", "ha/crm_commands")), ("active", ""), "the LRM, crm_commands")


@test
def a_version_that_cannot_be_had_is_no_old_release(build):
    """Neither a disk that fails nor one that is slow makes what was disarmed look open."""
    slow, broken = ("#!/bin/sh\nsleep 5\nexec dpkg-query.away \"$@\"\n", "#!/bin/sh\necho 'dpkg-query: error: Input/output error' >&2\nexit 2\n")
    with Proxmox(build) as p:
        p.wait_armed()
        p.machine.run("mv", "/usr/bin/dpkg-query", "/usr/bin/dpkg-query.away")
        for program, words in ((slow, "time"), (broken, "Input/output error")):
            p.machine.write("/usr/bin/dpkg-query", program, 0o755)
            for verb in ("status", "close"):
                found = p.order(verb)
                require_equal((found["outcome"], found["state"], found["flags"], found["command"]), ("failed", "unknown", [], ""), verb)
                require("version of pve-ha-manager" in found["detail"] and words in found["detail"], found["detail"])
        p.machine.run("mv", "/usr/bin/dpkg-query.away", "/usr/bin/dpkg-query")
        p.order("close")
        p.until("closed", 10)
        p.machine.run("mv", "/usr/bin/dpkg-query", "/usr/bin/dpkg-query.away")
        for program in (slow, broken):
            p.machine.write("/usr/bin/dpkg-query", program, 0o755)
            require_equal(p.order("status")["state"], "closed", "what is disarmed")
        require_equal(p.order("open", prior="armed,lrm+crm")["command"], "ha-manager crm-command arm-ha", "open")
        p.machine.run("mv", "/usr/bin/dpkg-query.away", "/usr/bin/dpkg-query")
        p.until("open", 10)


@test
def an_old_release_sees_the_disarm_of_the_others(build):
    """Its own daemons run on; that is not read as an open gate."""
    with Proxmox(build, versions=("4.0.6", "5.2.0", "5.2.0")) as p:
        p.wait_armed()
        p.wait_for(lambda: p.manager_status()["master_node"] != "n1", 5, "a master that knows disarm")
        p.ha_manager("n2", "crm-command", "disarm-ha", "freeze")
        p.wait_for(lambda: "disarm" in p.manager_status(), 5, "the disarm")
        found = p.order("status")
        require_equal((found["state"], found["flags"]), ("closing", ["armed"]), f"status: {found['detail']}")
        require("older than 5.1.3" in found["detail"], found["detail"])
        p.ha_manager("n2", "crm-command", "arm-ha")
        p.until("open", 10)


@test
def a_lock_that_is_not_got_is_a_clear_failure(build):
    """At the speed of life: ha-manager gives up within the time of a run, and what it said is told."""
    with Proxmox(build, speed=1, guests={}) as p:
        p.ctl(do="guest", sid="vm:101", node="n1")
        p.ctl(do="lock", node="n2", name="domain-ha", held=True)
        p.wait_for(lambda: p.order("status")["state"] == "open", 40, "a guest of the HA stack")
        found = p.order("close")
        require_equal((found["outcome"], found["state"]), ("failed", "open"), "close")
        require("exit status" in found["detail"] and "cfs-lock 'domain-ha' error" in found["detail"], found["detail"])
        require(8000 < found["ms"] < 16000, f"it took {found['ms']} ms")
        return f"{found['ms']} ms: {found['detail']}"


@test
def a_hung_file_system_costs_one_run(build):
    with Proxmox(build) as p:
        p.wait_armed()
        p.ctl(do="hang", node="n1", hung=True)
        for verb in ("status", "close"):
            found = p.order(verb)
            require_equal((found["outcome"], found["state"], found["flags"]), ("failed", "unknown", []), verb)
            require("hang" in found["detail"] and found["ms"] < 5000, f"{found['ms']} ms: {found['detail']}")
        require_equal(p.machine.run("systemctl", "list-units", "--all", "--plain", "--no-legend", "timeguard-gate@*").stdout, "", "units left")
        p.ctl(do="hang", node="n1", hung=False)
        p.wait_for(lambda: p.order("status")["state"] == "open", 10, "an answer")
        return f"{found['ms']} ms"


@test
def busy_services_defer_it(build):
    with Proxmox(build) as p:
        p.wait_armed()
        p.ctl(do="guest", sid="vm:102", move_s=60)
        p.ha_manager("n2", "crm-command", "migrate", "vm:102", "n3")
        p.wait_for(lambda: "busy" in p.order("status")["flags"], 5, "the flag busy")
        require_equal(p.order("close")["outcome"], "done", "close")
        time.sleep(25 / p.speed)
        found = p.order("status")
        require_equal((found["state"], "busy" in found["flags"]), ("closing", True), "while it moves")
        p.until("closed", 15)


@test
def a_node_of_an_old_release_keeps_it_closing(build):
    with Proxmox(build, versions=("5.2.0", "5.2.0", "4.0.6")) as p:
        p.wait_armed()
        p.wait_for(lambda: p.manager_status()["master_node"] != "n3", 5, "a master that knows disarm")
        require_equal(p.order("close")["outcome"], "done", "close")
        time.sleep(60 / p.speed)
        found = p.order("status")
        require_equal(found["state"], "closing", "state")
        require("not yet on n3" in found["detail"], found["detail"])


@test
def an_unused_stack_has_nothing_to_close(build):
    with Proxmox(build, guests={}) as p:
        p.ctl(do="write", node="n2", path="ha/resources.cfg", text="\n")
        for scope in ("cluster", "node"):
            found = p.order("status", scope)
            require_equal((found["outcome"], found["state"], "armed" in found["flags"]), ("done", "unused", False), f"status of the {scope}")
            require_refused(p.order("close", scope), f"close of the {scope}")


@test
def a_master_that_dies_is_no_obstacle(build):
    """The disarm survives the change of the master."""
    with Proxmox(build) as p:
        p.wait_armed()
        p.order("close")
        p.until("closed", 10)
        old = p.manager_status()["master_node"]
        if old == "n1":
            p.machine.run("systemctl", "stop", CRM)
        else:
            p.ctl(do="unit", node=old, unit="pve-ha-crm", verb="stop")
        p.wait_for(lambda: p.manager_status()["master_node"] != old, 30, "another master")
        require_equal(p.order("status")["state"], "closed", "state")
        require_equal(p.order("open", prior="armed,lrm+crm")["outcome"], "done", "open")
        p.until("open", 10)


if __name__ == "__main__":
    sys.exit(main_of_many())
