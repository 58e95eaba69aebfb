#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The backend proxmox, unchanged, against the stand-in of Proxmox HA: one node. Usage: test_proxmox_node.py --build DIRECTORY [NAME...]"""

import json
import os
import socket
import sys

from alone import main_of_many
from box import require_refused
from proxmox import CRM, LRM, Proxmox

from suite import require, require_equal, test  # by box's search path

STOP = f"systemctl stop --no-block {LRM} {CRM}"


@test
def an_old_release_stops_its_own_daemons(build):
    with Proxmox(build, versions=("4.0.6",) * 3) as p:
        p.wait_armed()
        found = p.order("status")
        require_equal((found["state"], found["command"], "whole" in found["flags"], "ready" in found["flags"]), ("open", STOP, False, True), "status")
        for verb in ("close", "open"):
            found = p.order(verb, prior="armed,lrm+crm")
            require_equal((found["outcome"], found["command"]), ("failed" if verb == "close" else "done", ""), f"{verb} of the cluster: {found}")
        node_gate(p)
        p.order("close", "node")
        p.until("closed", 10)
        require_refused(p.order("open", prior="armed,lrm+crm"), "open of the cluster", "5.1.3")
        found = p.order("status", "record")
        require_equal((found["state"], "ready" in found["flags"]), ("open", False), "what the record of a disarm says of it")


def node_gate(p):
    found = p.order("status", "node")
    require_equal((found["state"], found["prior"], found["command"]), ("open", "armed,lrm+crm", STOP), "status")
    require("ready" in found["flags"], f"flags {found['flags']}: {found['detail']}")
    closed = p.order("close", "node")
    require_equal((closed["outcome"], closed["state"], closed["prior"], closed["command"]), ("done", "closing", "armed,lrm+crm", STOP), "close")
    require_equal((p.machine.active(LRM), p.machine.active(CRM)), ("deactivating", "active"), "the LRM goes first")
    jobs = {line.split()[1]: line.split()[2:] for line in p.machine.run("systemctl", "list-jobs", "--plain", "--no-legend").stdout.splitlines()}
    require_equal((jobs[LRM], jobs[CRM]), (["stop", "running"], ["stop", "waiting"]), "the jobs")
    require_refused(p.order("close", "node"), "a second close", "closing already")
    found, seen = p.until("closed", 10, "node")
    require_equal((seen, "armed" in found["flags"], found["prior"]), (["closing", "closed"], False, "armed,neither"), "closed")
    require_equal((p.service("vm:101"), p.service("vm:102")), ("freeze", "started"), "the guests")
    require_equal(p.armed(), ["n2", "n3"], "markers")
    opened = p.order("open", "node", prior="armed,lrm+crm")
    require_equal((opened["outcome"], opened["command"]), ("done", f"systemctl start --no-block {CRM} {LRM}"), "open")
    _, seen = p.until("open", 10, "node")
    p.wait_armed()


@test
def one_node_stops_its_own_daemons(build):
    with Proxmox(build) as p:
        p.wait_armed()
        node_gate(p)


@test
def stopped_daemons_alone_are_not_closed(build):
    """As long as a watchdog is armed here, or the guests of this node are not frozen."""
    with Proxmox(build) as p:
        p.wait_armed()
        p.order("close", "node")
        p.until("closed", 10, "node")
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(os.path.join(p.root, "n1/run/watchdog-mux.sock"))
            p.wait_for(lambda: "n1" in p.armed(), 2, "the marker")
            require_equal(p.order("status", "node")["state"], "closing", "with a watchdog")
            client.sendall(b"V")
        p.until("closed", 5, "node")
        p.order("open", "node", prior="armed,lrm+crm")
        p.wait_armed()
        p.until("open", 10, "node")
        # killed, they freeze nothing; and no guest is where the marker is what keeps it from being closed
        p.machine.run("systemctl", "kill", "-s", "KILL", LRM, CRM)
        p.wait_for(lambda: p.machine.active(LRM) == p.machine.active(CRM) == "failed", 5, "killed daemons")
        p.machine.run("rm", "-f", "/run/watchdog-mux.active")
        require_equal((p.service("vm:101"), p.order("status", "node")["state"]), ("started", "closing"), "after a kill")


@test
def a_guest_on_its_way_here_keeps_it_closing(build):
    """The manager moves guests to a node whose LRM is stopped."""
    with Proxmox(build) as p:
        p.wait_armed()
        p.order("close", "node")
        p.until("closed", 10, "node")
        p.ctl(do="guest", sid="vm:102", move_s=60)
        p.ha_manager("n2", "crm-command", "migrate", "vm:102", "n1")
        p.wait_for(lambda: p.service("vm:102") == "migrate", 5, "the migration")
        require_equal(p.order("status", "node")["state"], "closing", "while it moves")
        p.wait_for(lambda: p.service("vm:102") == "freeze", 15, "a frozen guest")
        require_equal(p.order("status", "node")["state"], "closed", "when it is here")


@test
def no_daemon_is_stopped_while_a_disarm_waits_for_it(build):
    with Proxmox(build) as p:
        p.wait_armed()
        p.ha_manager("n2", "crm-command", "disarm-ha", "freeze")
        p.wait_for(lambda: "disarm" in p.manager_status(), 5, "the disarm")
        require_refused(p.order("close", "node"), "close", "disarmed")
        require("ready" not in p.order("status", "node")["flags"], "the flag ready")
        require_equal(p.machine.active(LRM), "active", "the LRM")


@test
def daemons_without_an_order_are_not_stopped(build):
    with Proxmox(build) as p:
        p.wait_armed()
        there = f"/usr/lib/systemd/system/{LRM}"
        p.machine.run("sed", "-i", f"/^After={CRM}$/d", there)
        p.machine.run("systemctl", "daemon-reload")
        require_refused(p.order("close", "node"), "close", "not ordered")
        require_equal(p.machine.active(LRM), "active", "the LRM")


@test
def a_masked_daemon_is_taken_over(build):
    with Proxmox(build) as p:
        p.wait_armed()
        p.order("close", "node")
        p.until("closed", 10, "node")
        p.machine.run("systemctl", "mask", "--runtime", LRM)
        require_refused(p.order("open", "node", prior="armed,lrm+crm"), "open of a masked unit", LRM, "masked")
        require_equal(p.machine.active(CRM), "inactive", "the CRM")
        p.machine.run("systemctl", "unmask", "--runtime", LRM)
        require_refused(p.order("open", "node", prior="armed,neither"), "open of what did not run")
        require_refused(p.order("open", "node", prior="lrm+crm"), "open with half a prior")
        require_equal(p.order("open", "node", prior="armed,crm")["command"], f"systemctl start --no-block {CRM}", "open of one")


@test
def a_daemon_that_systemd_refuses_to_start_is_told(build):
    """Somebody has made the stop of the LRM irreversible. With the CRM something is under way, and asked for again it comes to be whole."""
    with Proxmox(build) as p:
        p.wait_armed()
        p.machine.run("mkdir", "-p", f"/run/systemd/system/{LRM}.d")
        p.machine.write(f"/run/systemd/system/{LRM}.d/slow.conf", "[Service]\nExecStop=/bin/sh -c 'until test -e /run/go-on; do sleep 0.1; done'\n")
        p.machine.run("systemctl", "daemon-reload")
        p.machine.run("systemctl", "stop", CRM)
        p.machine.run("systemctl", "stop", "--no-block", "--job-mode=replace-irreversibly", LRM)
        opened = p.order("open", "node", prior="armed,lrm+crm")
        require_equal((opened["outcome"], opened["command"]), ("done", f"systemctl start --no-block {CRM} {LRM}"), "open of both")
        require(opened["detail"].startswith(f"{CRM} is being started, but starting {LRM}: ") and "destructive" in opened["detail"], opened["detail"])
        alone = p.order("open", "node", prior="armed,lrm")
        require(alone["outcome"] == "failed" and alone["detail"].startswith(f"starting {LRM}: "), f"open of the LRM alone: {alone}")
        p.machine.write("/run/go-on", "")
        p.wait_for(lambda: (p.machine.active(LRM), p.machine.active(CRM)) == ("inactive", "active"), 40, "the CRM without the LRM")
        require_equal(p.order("status", "node", prior="armed,lrm+crm")["state"], "closing", "half closed")
        require_equal(p.order("open", "node", prior="armed,lrm+crm")["detail"], "queued", "open once more")
        p.until("open", 20, "node")


@test
def what_was_stopped_is_owed_though_nothing_is_left_for_ha(build):
    """All guests leave HA while the node is closed: its daemons are started all the same."""
    with Proxmox(build, guests={}) as p:
        p.ctl(do="write", node="n2", path="ha/resources.cfg", text="\n")
        p.machine.run("systemctl", "stop", LRM, CRM)
        p.wait_for(lambda: not p.machine.run("sh", "-c", "ls -d /run/watchdog-mux.active/", check=False).stdout, 10, "no watchdog")
        require_equal(p.order("status", "node")["state"], "unused", "without a prior")
        require_equal(p.order("status", "node", prior="armed,lrm+crm")["state"], "closed", "with what ran before")
        require_equal(p.order("open", "node", prior="armed,lrm+crm")["outcome"], "done", "open")
        p.wait_for(lambda: p.machine.active(LRM) == p.machine.active(CRM) == "active", 5, "the daemons")


@test
def daemons_that_may_not_be_stopped_by_hand_are_not_ready(build):
    with Proxmox(build) as p:
        p.wait_armed()
        p.machine.run("mkdir", "-p", f"/run/systemd/system/{CRM}.d")
        p.machine.write(f"/run/systemd/system/{CRM}.d/refuses.conf", "[Unit]\nRefuseManualStop=yes\n")
        p.machine.run("systemctl", "daemon-reload")
        require("ready" not in p.order("status", "node")["flags"], "the flag ready")
        require_refused(p.order("close", "node"), "close", "RefuseManualStop")
        require_equal((p.machine.active(LRM), "ready" in p.order("status")["flags"]), ("active", True), "the LRM, and the cluster's gate")


@test
def the_old_mode_of_a_new_lrm_is_not_open(build):
    """A stopped LRM leaves its last mode behind; it counts only once the new one has written its own."""
    with Proxmox(build) as p:
        p.wait_armed()
        p.order("close", "node")
        p.until("closed", 10, "node")
        require_equal(json.loads(p.read("n1", "nodes/n1/lrm_status"))["mode"], "restart", "the mode left behind")
        # a main process that never writes its status
        p.machine.run("mkdir", "-p", f"/run/systemd/system/{LRM}.d")
        p.machine.write(f"/run/systemd/system/{LRM}.d/idle.conf", "[Service]\nExecStart=\nExecStart=/bin/sleep infinity\n")
        p.machine.run("systemctl", "daemon-reload")
        p.order("open", "node", prior="armed,lrm+crm")
        p.wait_for(lambda: p.machine.active(LRM) == "active", 5, "the LRM")
        require_equal(p.order("status", "node")["state"], "opening", "state")


@test
def a_node_in_maintenance_is_not_stopped(build):
    """Its LRM would end only after all guests have been moved away."""
    with Proxmox(build) as p:
        p.wait_armed()
        p.ha_manager("n2", "crm-command", "node-maintenance", "enable", "n1")
        p.wait_for(lambda: "maintenance" in p.order("status", "node")["detail"], 10, "maintenance")
        require_refused(p.order("close", "node"), "close", "maintenance")
        require_equal(p.machine.active(LRM), "active", "the LRM")


if __name__ == "__main__":
    sys.exit(main_of_many())
