# SPDX-License-Identifier: LGPL-2.1-or-later
"""Three nodes of the stand-in of Proxmox HA, of which n1 is a machine with a systemd of its own: there timeguard-gate finds /etc/pve, the
watchdog's marker, ha-manager, the version of pve-ha-manager and the units in the places of a real node."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

from machine import ROOT, Agent, Machine
from program import die_with_parent

STANDIN = os.path.join(ROOT, "tests/standin")
# In the machine, out of the way of PrivateTmp.
ROOT_THERE, STANDIN_THERE = "/srv/standin", "/srv/standin-programs"
SPEED = 10
GUESTS = {"vm:101": {"node": "n1"}, "vm:102": {"node": "n2"}, "ct:103": {"node": "n3"}}
UNITS = ("watchdog-mux", "pve-ha-crm", "pve-ha-lrm")
LRM, CRM = "pve-ha-lrm.service", "pve-ha-crm.service"
# As the package has them, but for what they run.
ORDER = {"watchdog-mux": "", "pve-ha-crm": "Wants=watchdog-mux.service\nAfter=watchdog-mux.service\n",
         "pve-ha-lrm": "Wants=watchdog-mux.service\nWants=pve-ha-crm.service\nAfter=pve-ha-crm.service\nAfter=watchdog-mux.service\n"}
SERVICE = {"watchdog-mux": "", "pve-ha-crm": "TimeoutStopSec=65\n", "pve-ha-lrm": "TimeoutStopSec=infinity\nKillMode=process\n"}


class Proxmox:
    def __init__(self, build, versions=("5.2.0", "5.2.0", "5.2.0"), guests=None, speed=SPEED):
        self.root = tempfile.mkdtemp(prefix="standin.")
        self.speed = speed
        self.nodes = {f"n{number}": version for number, version in enumerate(versions, 1)}
        configuration = {"nodes": self.nodes, "guests": GUESTS if guests is None else guests, "speed": speed, "start": False}
        command = [sys.executable, "-B", os.path.join(STANDIN, "standin.py"), "serve", self.root, json.dumps(configuration)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, preexec_fn=die_with_parent)
        self.machine = Machine(build, self._files(), binds=(f"{self.root}:{ROOT_THERE}", f"{self.root}/n1/pve:/etc/pve", f"{STANDIN}:{STANDIN_THERE}"))
        self.agent = None

    def _files(self):
        standin = f"STANDIN={ROOT_THERE}/n1 PYTHONDONTWRITEBYTECODE=1"
        with open("/var/lib/dpkg/status", encoding="utf-8") as file:
            status = file.read()
        package = f"Package: pve-ha-manager\nStatus: install ok installed\nMaintainer: nobody\nArchitecture: all\nVersion: {self.nodes['n1']}\nDescription: -\n"
        files = {"/usr/sbin/ha-manager": f"#!/bin/sh\n{standin} exec {STANDIN_THERE}/bin/ha-manager \"$@\"\n", "/etc/pve/.keep": "",
                 "/var/lib/dpkg/status": status.rstrip("\n") + "\n\n" + package}
        for unit in UNITS:
            environment = "".join(f"Environment={word}\n" for word in standin.split())
            files[f"/usr/lib/systemd/system/{unit}.service"] = (f"[Unit]\n{ORDER[unit]}[Service]\nExecStart={STANDIN_THERE}/bin/{unit}\n{environment}"
                                                                f"{SERVICE[unit]}")
        return files

    def __enter__(self):
        try:
            if self.process.stdout.readline() != "ready\n":
                raise AssertionError("the stand-in did not start")
            self.machine.__enter__()
            self.machine.run("ln", "-s", f"{ROOT_THERE}/n1/run/watchdog-mux.active", "/run/watchdog-mux.active")
            for node in list(self.nodes)[1:]:
                for unit in UNITS:
                    self.ctl(do="unit", node=node, unit=unit, verb="start")
            # the stand-in must know of the one before the next connects to it
            for unit in UNITS:
                self.machine.run("systemctl", "start", unit)
                self.wait_for(lambda: self.ctl(do="state")["nodes"]["n1"]["units"][unit] == "active", 10, unit)
            self.agent = Agent(self.machine, "proxmox").__enter__()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        if self.agent:
            self.agent.__exit__()
        if self.machine.process:
            self.machine.__exit__()
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        shutil.rmtree(self.root, ignore_errors=True)

    def ctl(self, **request):
        done = subprocess.run([sys.executable, "-B", os.path.join(STANDIN, "standin.py"), "ctl", self.root, json.dumps(request)],
                              capture_output=True, text=True, timeout=10, check=False)
        if done.returncode != 0:
            raise AssertionError(f"{request}: {done.stdout}{done.stderr}")
        return json.loads(done.stdout)

    def ha_manager(self, node, *words):
        """An administrator's command."""
        environment = {**os.environ, "STANDIN": os.path.join(self.root, node), "PYTHONDONTWRITEBYTECODE": "1"}
        subprocess.run([os.path.join(STANDIN, "bin/ha-manager"), *words], env=environment, timeout=30, check=True)

    def read(self, node, path):
        """Of a file below /etc/pve; "" where there is none."""
        if not os.path.exists(os.path.join(self.root, node, "pve", path)):
            return ""
        with open(os.path.join(self.root, node, "pve", path), encoding="utf-8") as file:
            return file.read()

    def manager_status(self):
        return json.loads(self.read("n2", "ha/manager_status") or "{}")

    def service(self, sid):
        return self.manager_status().get("service_status", {}).get(sid, {}).get("state")

    def armed(self):
        return [node for node in self.nodes if os.path.isdir(os.path.join(self.root, node, "run/watchdog-mux.active"))]

    def wait_for(self, predicate, timeout_s, what):
        return self.machine.wait_for(predicate, timeout_s, what)

    def wait_armed(self):
        self.wait_for(lambda: self.armed() == list(self.nodes), 80 / self.speed + 10, lambda: f"all watchdogs armed: {self.ctl(do='state')}")
        self.wait_for(lambda: all(self.service(sid) == "started" for sid in GUESTS), 80 / self.speed + 10, "all guests started")

    def order(self, *arguments, **named):
        return self.agent.order(*arguments, **named)

    def until(self, state, timeout_s, scope="cluster"):
        """Asks until the gate is in that state; the last answer, and the states on the way."""
        seen, deadline = [], time.monotonic() + timeout_s
        while True:
            found = self.order("status", scope)
            if not seen or seen[-1] != found["state"]:
                seen.append(found["state"])
            if found["state"] == state:
                return found, seen
            if time.monotonic() > deadline:
                raise AssertionError(f"not {state} within {timeout_s} s, but {seen}: {found}")
