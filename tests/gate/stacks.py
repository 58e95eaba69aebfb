# SPDX-License-Identifier: LGPL-2.1-or-later
"""HA stacks on the machines of cluster.py: the stand-in of Proxmox HA with its loops on each node's virtual wall clock, real pacemaker, and
an administrator's program."""

import contextlib
import json
import os
import shutil
import subprocess
import sys

import pacemaker
from cluster import THERE
from netspace import LabError
from program import Program
from proxmox import GUESTS, ORDER, SERVICE, STANDIN, UNITS

from suite import require, require_equal  # by the search path of box.py

ARM_S = 150
CLOSE_S = 150
DISARM, ARM = "crm-command disarm-ha", "crm-command arm-ha"
PACKAGE = "Package: pve-ha-manager\nStatus: install ok installed\nMaintainer: nobody\nArchitecture: all\nVersion: {}\nDescription: -\n"
# /etc/pve is where a run of the gate may write.
HA_MANAGER = """#!/bin/bash
echo "$EPOCHREALTIME $*" >>/etc/pve/calls
export STANDIN PYTHONDONTWRITEBYTECODE=1
. /etc/default/standin
exec /srv/standin/bin/ha-manager "$@"
"""


class Stack:
    made = 0
    options = ()  # of the agents, in [gate]

    def __init__(self, lab):
        Stack.made += 1
        self.lab = lab
        self.name = f"stack-{Stack.made}"
        self.directory = os.path.join(lab.directory, self.name)
        self.there = f"{THERE}/{self.name}"

    def __enter__(self):
        os.mkdir(self.directory)
        self.lab.stack = self
        self.start()
        return self

    def __exit__(self, *_):
        if self.lab.stack is self:
            self.lab.stack = None
            self.stop()

    def forget_runs(self):
        """Of the stack's own commands."""


class Proxmox(Stack):
    """versions: of pve-ha-manager, one for all nodes or one for each."""

    backend = "proxmox"

    def __init__(self, lab, version="5.2.0"):
        super().__init__(lab)
        versions = [version] * lab.size if isinstance(version, str) else version
        self.versions = {node.name: v for node, v in zip(lab.nodes.values(), versions)}
        self.server = None

    def start(self):
        configuration = {"nodes": self.versions, "guests": GUESTS, "speed": 1, "start": False}
        self.server = Program("standin", [sys.executable, "-B", os.path.join(STANDIN, "standin.py"), "serve", self.directory, json.dumps(configuration)],
                              os.path.join(self.directory, "log"))
        self.server.start()
        self.lab.wait_for(lambda: "ready" in self.server.tail(), 20, "the stand-in of Proxmox HA")
        for node in self.lab.nodes.values():
            os.symlink(node.clock_path, os.path.join(self.directory, node.name, "clock"))
            self._install(node)
        for unit in UNITS:
            self.lab.each(lambda node: self._start_unit(node, unit))
        self.wait_armed()

    def _install(self, node):
        inside = node.machine.write
        with open("/var/lib/dpkg/status", encoding="utf-8") as file:
            others = file.read().rstrip("\n")
        inside("/var/lib/dpkg/status", f"{others}\n\n{PACKAGE.format(self.versions[node.name])}")
        inside("/etc/default/standin", f"STANDIN={self.there}/{node.name}\n")
        inside("/usr/sbin/ha-manager", HA_MANAGER, 0o755)
        for unit in UNITS:
            inside(f"/etc/systemd/system/{unit}.service", f"[Unit]\n{ORDER[unit]}[Service]\nEnvironmentFile=/etc/default/standin\n"
                                                          f"Environment=PYTHONDONTWRITEBYTECODE=1\nExecStart=/srv/standin/bin/{unit}\n{SERVICE[unit]}")
        node.run("ln", "-sfn", f"{self.there}/{node.name}/run/watchdog-mux.active", "/run/watchdog-mux.active")
        node.run("mount", "--bind", f"{self.there}/{node.name}/pve", "/etc/pve")
        node.systemctl("daemon-reload")

    def _start_unit(self, node, unit):
        # the stand-in must know of the one before the next connects to it
        node.systemctl("start", unit)
        self.lab.wait_for(lambda: self.units(node.name)[unit] == "active", 20, f"{unit} of {node.name}")

    def stop(self):
        def clear(node):
            node.run("systemctl", "kill", "-s", "KILL", *UNITS, check=False)
            node.run("systemctl", "stop", "--no-block", *UNITS, check=False)
            node.run("umount", "-l", "/etc/pve", check=False)
            node.run("rm", "-f", "/usr/sbin/ha-manager", "/run/watchdog-mux.active", check=False)
        self.lab.each(clear)
        self.server.kill()

    def ctl(self, **request):
        done = subprocess.run([sys.executable, "-B", os.path.join(STANDIN, "standin.py"), "ctl", self.directory, json.dumps(request)],
                              capture_output=True, text=True, timeout=20, check=False)
        if done.returncode != 0:
            raise LabError(f"{request}: {done.stdout}{done.stderr}")
        return json.loads(done.stdout)

    def units(self, name):
        return self.ctl(do="state")["nodes"][name]["units"]

    def read(self, name, path):
        """Of a file below /etc/pve; "" where there is none."""
        try:
            with open(os.path.join(self.directory, name, "pve", path), encoding="utf-8") as file:
                return file.read()
        except FileNotFoundError:
            return ""

    def manager_status(self, name="n1"):
        return json.loads(self.read(name, "ha/manager_status") or "{}")

    def services(self, name="n1"):
        return {sid: one["state"] for sid, one in self.manager_status(name).get("service_status", {}).items()}

    def master(self):
        return self.manager_status().get("master_node")

    def armed(self):
        return [name for name in self.versions if os.path.isdir(os.path.join(self.directory, name, "run/watchdog-mux.active"))]

    def resets(self):
        return [name for name in self.versions if os.path.exists(os.path.join(self.directory, name, "reset"))]

    def forget_runs(self):
        for name in self.versions:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(os.path.join(self.directory, name, "pve/calls"))

    def calls(self, word=""):
        """Runs of ha-manager on all nodes: (seconds, node, its words), as they came."""
        found = []
        for name in self.versions:
            for line in self.read(name, "calls").splitlines():
                at, _, words = line.partition(" ")
                if word in words:
                    found.append((float(at), name, words))
        return sorted(found)

    def check_last(self, name, mark):
        """The daemons of that node began to stop only when those of all others had stopped, as the systemd of each tells in its journal."""
        def instants_s(node, over):
            return [int(e["__MONOTONIC_TIMESTAMP"]) / 1e6 for e in node.journal("JOB_TYPE=stop", since_s=mark)
                    if e["UNIT"].removesuffix(".service") in UNITS[1:] and ("JOB_RESULT" in e) == over]
        spans = {node.name: (min(instants_s(node, False)), max(instants_s(node, True))) for node in self.lab.nodes.values()}
        require(all(spans[name][0] > end for other, (_, end) in spans.items() if other != name), f"{name} did not stop last: {spans}")

    def all_started(self):
        return self.armed() == list(self.versions) and list(self.services().values()) == ["started"] * len(GUESTS)

    def wait_armed(self):
        self.lab.wait_for(self.all_started, ARM_S, "all watchdogs armed and all guests started", 0.5)

    def wait_opened(self, mark, mended_s, release_s):
        """Until it is open: armed once, by one node, and not before all was well for so long. mended_s: of the wall clock."""
        self.lab.wait_opened(mark, 120)
        self.wait_armed()
        require_equal([words for _, _, words in self.calls(ARM)], ["crm-command arm-ha"], "runs of arm-ha")
        after_s = self.calls(ARM)[0][0] - mended_s
        require(after_s >= release_s, f"armed {after_s:.1f} s after all was well, not {release_s} s")

    def wait_closed(self, mark):
        """Until timeguard says so, and then the stack itself must show that the cluster is disarmed."""
        self.lab.wait_closed(mark, CLOSE_S)
        require_equal((self.armed(), self.manager_status().get("disarm")), ([], {"mode": "freeze", "state": "disarmed"}), "watchdogs, disarm")
        require_equal(set(self.services().values()), {"freeze"}, "guests")
        require_equal([words for _, _, words in self.calls(DISARM)], ["crm-command disarm-ha freeze"], "runs of disarm-ha")


class Pacemaker(Stack, pacemaker.Cluster):
    backend = "pacemaker"
    unit = "[Service]\nExecStart=/usr/sbin/pacemakerd\nEnvironment=PCMK_logfile=none\nKillMode=process\nTimeoutStopSec=30\nSendSIGKILL=no\n"

    def start(self):
        self.lab.each(self._prepare_machine)
        self.lab.wait_for(self.ready, pacemaker.UP_S, "pacemaker on all nodes", every_s=0.5)

    def _prepare_machine(self, node):
        self._prepare(node)
        node.machine.write("/etc/systemd/system/pacemaker.service", self.unit)
        node.systemctl("daemon-reload")
        node.systemctl("start", "pacemaker")

    def stop(self):
        def clear(node):
            node.run("systemctl", "kill", "-s", "KILL", "pacemaker", check=False)
            for directory in pacemaker.DIRECTORIES:
                node.run("umount", "-l", directory, check=False)
        self.lab.each(clear)

    def add_fence(self):
        """A device that fences nobody, and fencing enabled."""
        self.create("resources", '<primitive id="fence" class="stonith" type="null"><instance_attributes id="fence-a">'
                                 '<nvpair id="fence-h" name="hostlist" value="n1 n2 n3"/></instance_attributes></primitive>')
        self.option("stonith-enabled", "true")
        self.lab.wait_for(self.idle, 30, "an idle controller")


class Command(Stack):
    """An administrator's program whose state all nodes share. It notes when it was run: (seconds of the wall clock, node, verb)."""

    backend = "command"
    path = "/usr/local/sbin/ha-gate"
    options = (f"command = {path}",)
    script = """#!/bin/bash
now=$EPOCHREALTIME
cd {there} && echo "$now {node} $1" >>runs
case $1 in
status) cat state ;;
close) echo closed whole >state ;;
open) echo open whole >state ;;
esac
"""
    drop_in = "[Service]\nReadWritePaths={there}\n"

    def start(self):
        self.set("open whole")
        for node in self.lab.nodes.values():
            node.machine.write(self.path, self.script.format(there=self.there, node=node.name), 0o755)
            node.run("mkdir", "-p", "/etc/systemd/system/timeguard-gate@.service.d")
            node.machine.write("/etc/systemd/system/timeguard-gate@.service.d/state.conf", self.drop_in.format(there=self.there))
            node.systemctl("daemon-reload")

    def stop(self):
        for node in self.lab.nodes.values():
            node.run("rm", "-f", "/etc/systemd/system/timeguard-gate@.service.d/state.conf")
            node.systemctl("daemon-reload")
        shutil.rmtree(self.directory, ignore_errors=True)

    def set(self, state):
        with open(os.path.join(self.directory, "state"), "w", encoding="utf-8") as file:
            file.write(state + "\n")

    def state(self):
        with open(os.path.join(self.directory, "state"), encoding="utf-8") as file:
            return file.read().strip()

    def runs(self, verb, since_s=0.0):
        try:
            with open(os.path.join(self.directory, "runs"), encoding="utf-8") as file:
                lines = [line.split() for line in file]
        except FileNotFoundError:
            return []
        return [(float(at), node) for at, node, what in lines if what == verb and float(at) >= since_s]


class Units(Stack):
    """Two units on each node that do nothing."""

    backend = "units"
    names = ("ha-first.service", "ha-second.service")
    options = (f"units = {' '.join(names)}",)

    def start(self):
        def install(node):
            for name in self.names:
                node.machine.write(f"/etc/systemd/system/{name}", "[Service]\nExecStart=/bin/sleep infinity\n")
            node.systemctl("daemon-reload")
            node.systemctl("start", *self.names)
        self.lab.each(install)

    def stop(self):
        self.lab.each(lambda node: node.systemctl("stop", *self.names, check=False))

    def states(self):
        """{number: of its units}"""
        return {number: tuple(node.machine.active(name) for name in self.names) for number, node in self.lab.nodes.items()}
