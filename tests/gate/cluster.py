# SPDX-License-Identifier: LGPL-2.1-or-later
"""A cluster of machines, each with a systemd of its own: real corosync and chronyd, D-Bus, journald, timeguardd and the executor's unit as packaged,
in the network namespaces of the lab, each with a virtual clock. A time server beside them has a clock of its own.

    with Machines(3, "build-directory") as lab:
        lab.configure(["[gate]", "mode = enforce", "backend = command"])

What an HA stack needs is of stacks.py. Needs root and systemd-nspawn; nothing of it stays."""

import concurrent.futures
import json
import os
import time

from box import GATE  # noqa: F401 # for its search path
import clockfile
from host import Node
from lab import Lab
from machine import ROOT, Machine
from netspace import Namespace

THERE = "/srv/lab"  # the lab's directory, in a machine; out of the way of PrivateTmp
SHIM = "libtgclockshim.so"
SETTLED_REPORTS = 36  # a source has been asked twice by then
STATE = "/var/lib/timeguard"

CHRONY = """[Service]
Type=simple
RuntimeDirectory=chrony
RuntimeDirectoryMode=0750
Environment=LD_PRELOAD={there}/{shim} TG_CLOCK_FILE={there}/{node}/clock
ExecStart={there}/chronyd -d -u root -f {there}/{node}/chrony.conf
"""
# As Debian has it, without what it wants of the network.
COROSYNC = """[Service]
Type=notify
ExecStart=/usr/sbin/corosync -f
ExecStop=/usr/sbin/corosync-cfgtool -H --force
TimeoutStopSec=10
"""
VIRTUAL = """[Service]
Environment=LD_PRELOAD={there}/{shim} TG_CLOCK_FILE={there}/{node}/clock
ExecStart=
ExecStart=/usr/sbin/timeguardd --config /etc/timeguard/timeguard.conf
# the clock file is mapped for writing
ReadWritePaths={there}/{node}
"""


class Space(Namespace):
    """The network namespace of the lab and, once it runs, all else of the machine in it."""

    machine = None

    def argv(self, *command):
        return self.machine.argv(*command) if self.machine else super().argv(*command)

    def path(self, inside):
        return self.machine.inside(inside) if self.machine else super().path(inside)


class MachineNode(Node):
    def __init__(self, lab, number):
        super().__init__(lab, number)
        self.space = Space(f"{lab.prefix}-{self.name}")
        self.machine = None

    def _files(self):
        names = {"there": THERE, "shim": SHIM, "node": self.name}
        with open(os.path.join(ROOT, "packaging/systemd/timeguard.service"), encoding="utf-8") as unit:
            unit_text = unit.read()
        return {"/etc/systemd/system/chrony.service": CHRONY.format(**names), "/etc/systemd/system/corosync.service": COROSYNC,
                "/etc/systemd/system/timeguard.service": unit_text, "/etc/systemd/system/timeguard.service.d/clock.conf": VIRTUAL.format(**names),
                "/etc/systemd/system/timeguard-gate@.service.d/told.conf": "[Service]\nLogLevelMax=info\n",  # every run stands in the journal
                "/etc/corosync/corosync.conf": self.lab.corosync_conf(), "/etc/timeguard/timeguard.conf": "", "/etc/hostname": f"{self.name}\n",
                "/etc/pve/.keep": ""}

    def boot(self):
        machine = Machine(self.lab.build, self._files(), binds=(f"{self.lab.directory}:{THERE}", f"{ROOT}/tests/standin:/srv/standin"),
                          network=f"--network-namespace-path=/run/netns/{self.space.name}")
        machine.__enter__()
        self.machine = self.space.machine = machine
        self.run("install", "-m", "0755", self.lab.timeguardd, "/usr/sbin/timeguardd")
        self.run("install", "-m", "0755", self.lab.timeguard, "/usr/bin/timeguard")
        self.run("systemd-tmpfiles", "--create", "--prefix=/run", check=False)

    def remove(self):
        if self.machine:
            self.space.machine = None
            self.machine.__exit__()
            self.machine = None
        super().remove()

    def run(self, *words, **options):
        return self.machine.run(*words, **options)

    def systemctl(self, *words, check=True):
        return self.run("systemctl", *words, check=check).stdout.strip()

    def start_chronyd(self, lines):
        self.file("chrony.conf", "\n".join(["pidfile /run/chrony/chronyd.pid", *lines]) + "\n")
        self.systemctl("restart", "chrony")

    def start_corosync(self):
        self.systemctl("start", "corosync")

    def start_agent(self):
        self.machine.write("/etc/timeguard/timeguard.conf", self.lab.agent_conf(self))
        self.systemctl("start", "timeguard")

    def stop_agent(self):
        self.systemctl("stop", "timeguard")

    def forget(self):
        """What the agent keeps on disk; only while it is stopped."""
        self.run("sh", "-c", f"rm -rf {STATE}/*")

    def pid(self, unit="timeguard"):
        return int(self.systemctl("show", "-p", "MainPID", "--value", unit))

    def journal(self, *matches, since_s=0.0):
        """Its entries from an instant of the machine's monotonic clock on; __MONOTONIC_TIMESTAMP is in us."""
        text = self.run("journalctl", "-q", "-o", "json", "--no-pager", *matches).stdout
        entries = [json.loads(line) for line in text.splitlines()]
        return [e for e in entries if int(e["__MONOTONIC_TIMESTAMP"]) >= since_s * 1e6]

    def alerts(self, name=None, since_s=0.0, transition="raised"):
        return [e for e in self.journal("-u", "timeguard", since_s=since_s)
                if e.get("TIMEGUARD_ALERT") and name in (None, e["TIMEGUARD_ALERT"]) and e["TIMEGUARD_TRANSITION"] == transition]

    def gate_runs(self, since_s=0.0):
        """Runs of the executor's unit that began: (seconds of the monotonic clock, verb)."""
        found = []
        for e in self.journal("JOB_TYPE=start", since_s=since_s):
            kind, _, instance = e.get("UNIT", "").partition("@")
            if kind == "timeguard-gate" and "JOB_RESULT" not in e:
                verb = instance.partition("-")[0]
                found.append((int(e["__MONOTONIC_TIMESTAMP"]) / 1e6, verb))
        return found


class Machines(Lab):
    node_class = MachineNode
    stepping_updates = 1  # later ones would take back what a test has just stepped, before the gate closes

    def __init__(self, nodes, build, **options):
        options = {"poll": (4, 4), "budget": "50ms", **options}
        super().__init__(nodes, build, **options)
        self.build = os.path.abspath(build)
        self.stack = self.pool = None
        self.pending = []

    def _start(self):
        os.chmod(self.directory, 0o755)
        # threads that stay as long as the machines: these die with the thread that made them
        self.pool = concurrent.futures.ThreadPoolExecutor(self.size)
        for server in self.servers.values():
            server.start()
        self.each(lambda node: node.boot())
        self.each(lambda node: (node.start_time(), node.start_corosync()))
        self.wait_for(self.formed, 60, "corosync to form one ring")
        self.wait_for(self.synchronised, 60, "every chronyd to reach its source")

    def _down(self):
        concurrent.futures.wait(self.pending)  # a machine that boots can only then be taken down
        try:
            if self.stack:
                self.stack.__exit__()
        finally:
            super()._down()
            if self.pool:
                self.pool.shutdown()

    def each(self, function):
        """For all nodes at once; what it returns, or the first error once all are through."""
        self.pending = [self.pool.submit(function, node) for node in self.nodes.values()]
        concurrent.futures.wait(self.pending)
        return [future.result() for future in self.pending]

    # The agents.

    def configure(self, lines, settle=SETTLED_REPORTS):
        """Other options for all agents, which begin anew and know nothing of before; returns after so many reports."""
        self.conf_lines = list(lines)
        self.each(lambda node: (node.stop_agent(), node.forget()))
        self.each(lambda node: node.start_agent())
        self.wait_agreed(60)
        if settle:
            self.wait_reports(settle)

    def wait_reports(self, n):
        """Until every node has reported so often since now."""
        seq = {x["id"]: x["seq"] for x in self.status(1)["nodes"]}
        self.wait_for(lambda: all(x["seq"] >= seq[x["id"]] + n for x in self.status(1)["nodes"]), 3 * n + 10, f"{n} reports", 0.5)

    def alerts(self, name, since_s):
        """{number: how often it was raised there}, where it was."""
        found = {number: len(node.alerts(name, since_s)) for number, node in self.nodes.items()}
        return {number: n for number, n in found.items() if n}

    def gate_verbs(self, since_s):
        """{number: what the executor was run for there, in turn}"""
        return {number: [verb for _, verb in node.gate_runs(since_s)] for number, node in self.nodes.items()}

    def wait_alert(self, name, since_s, timeout_s, number=1, transition="raised"):
        node = self.nodes[number]
        return self.wait_for(lambda: node.alerts(name, since_s, transition), timeout_s,
                             lambda: f"{name} {transition} on n{number}; raised there: {[e['MESSAGE'] for e in node.alerts(since_s=since_s)]}", 0.5)[0]

    def _wait_moved(self, since_s, timeout_s, number, transition):
        def moved():
            for node in self.nodes.values():
                for entry in node.alerts("gate-failed", since_s):
                    raise AssertionError(f"{node.name}: {entry['MESSAGE']}")
            return self.nodes[number].alerts("gate-closed", since_s, transition)
        return self.wait_for(moved, timeout_s, f"gate-closed {transition} on n{number}", 0.5)[0]

    def wait_closed(self, since_s, timeout_s, number=1):
        """Until a node says so; a failure that any of them tells of is the end of it."""
        return self._wait_moved(since_s, timeout_s, number, "raised")

    def wait_opened(self, since_s, timeout_s, number=1):
        """The same of what was closed."""
        return self._wait_moved(since_s, timeout_s, number, "cleared")

    # Clocks.

    def heal_clocks(self):
        """All clocks are the machine's again, and their chronyds begin anew."""
        moved = [host for host in self.hosts() if abs(clockfile.shift_ns(host.clock)) > 1_000_000]
        for host in moved:
            host.disturb("step", -clockfile.shift_ns(host.clock))
        for server in set(moved) & set(self.servers.values()):
            server.start()
        self.each(lambda node: node.start_time())
        self.wait_for(self.synchronised, 60, "every chronyd to reach its source")

    def mend(self, number):
        """One clock is the machine's again, whatever its chronyd has already done about it."""
        node = self.nodes[number]
        node.disturb("step", -clockfile.shift_ns(node.clock))
        node.start_time()

    @staticmethod
    def now_s():
        return time.monotonic()
