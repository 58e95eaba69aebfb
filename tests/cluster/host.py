# SPDX-License-Identifier: LGPL-2.1-or-later
"""The lab's hosts: each has namespaces, a virtual clock and a chronyd of its own; a node has corosync and an agent besides."""

import json
import os
import socket

import network
from clockfile import ClockFile
from netspace import Namespace, run
from program import Program

STATUS_SOCKET = "/run/timeguard/status.sock"
CHRONY_SOCKET = "/run/chrony/chronyd.sock"


class Host:
    """A clock and a chronyd: the whole of a time server."""

    def __init__(self, lab, name):
        self.lab = lab
        self.name = name
        self.directory = os.path.join(lab.directory, name)
        self.space = Namespace(f"{lab.prefix}-{name}")
        self.clock_path = os.path.join(self.directory, "clock")
        self.clock = None
        self.chronyd = None

    def create(self):
        os.mkdir(self.directory)
        run([self.lab.tgclock, self.clock_path, "init"])
        self.clock = ClockFile(self.clock_path)
        self.space.create()

    def programs(self):
        return [program for program in (self.chronyd,) if program]

    def program(self, name, *argv, env=None):
        return Program(name, self.space.argv(*argv), os.path.join(self.directory, f"{name}.log"), env)

    def clock_env(self):
        """What makes a program of this host live in its virtual time. Sanitised programs must accept a library before theirs."""
        options = ":".join(filter(None, [os.environ.get("ASAN_OPTIONS"), "verify_asan_link_order=0"]))
        return {"LD_PRELOAD": self.lab.preload, "TG_CLOCK_FILE": self.clock_path, "ASAN_OPTIONS": options}

    def file(self, name, text):
        path = os.path.join(self.directory, name)
        with open(path, "w", encoding="utf-8") as out:
            out.write(text)
        return path

    def start_chronyd(self, lines):
        conf = self.file("chrony.conf", "\n".join(["pidfile /run/chrony/chronyd.pid", *lines]) + "\n")
        if not self.chronyd:
            self.chronyd = self.program("chronyd", self.lab.chronyd, "-d", "-u", "root", "-f", conf, env=self.clock_env())
        self.chronyd.restart()

    def chronyc(self, *arguments, check=True, socket_path=CHRONY_SOCKET):
        return self.space.run("chronyc", "-n", "-h", socket_path, *arguments, check=check).stdout

    def disturb(self, what, value):
        run([self.lab.tgclock, self.clock_path, what, int(value)])

    def remove(self):
        for program in self.programs():
            if program.running():
                program.kill()
        self.space.remove()
        if self.clock:
            self.clock.close()


class Server(Host):
    """A time server: serves its own virtual clock, which by default is the machine's."""

    def __init__(self, lab, name, addresses, stratum=3):
        super().__init__(lab, name)
        self.addresses = addresses
        self.stratum = stratum

    def connect(self):
        self.lab.network.plug(self.space, self.name, "time", "time", [f"{a}/24" for a in self.addresses])

    def start(self):
        self.start_chronyd([f"local stratum {self.stratum}", "allow", "bindcmdaddress 127.0.0.1"])


class Node(Host):
    def __init__(self, lab, number):
        super().__init__(lab, f"n{number}")
        self.id = number
        self.sources = [network.NTP]
        self.local_stratum = None
        self.corosync = None
        self.agent = None
        self.fake = None

    def programs(self):
        return [program for program in (self.agent, self.corosync, self.chronyd, self.fake) if program]

    def connect(self):
        self.lab.network.plug(self.space, self.name, "ring", "ring0", [f"{network.CLUSTER_NET}{self.id}/24"])
        self.lab.network.plug(self.space, self.name, "time", "time", [f"{network.TIME_NET}{self.id}/24"])
        self.space.run("ip", "route", "add", "203.0.113.0/24", "dev", "time")

    def source_line(self, address):
        minpoll, maxpoll = self.lab.poll
        return f"server {address} iburst minpoll {minpoll} maxpoll {maxpoll}"

    def start_time(self):
        """chronyd with the sources as they are set at present."""
        lines = [self.source_line(address) for address in self.sources]
        lines += ["driftfile /run/chrony/drift", "rtcsync", f"makestep 1 {self.lab.stepping_updates}", "bindcmdaddress 127.0.0.1", "bindcmdaddress ::1"]
        if self.local_stratum:
            lines.append(f"local stratum {self.local_stratum}")
        self.start_chronyd(lines + self.lab.chrony_lines)

    def start_corosync(self):
        if not self.corosync:
            self.space.write("/etc/corosync/corosync.conf", self.lab.corosync_conf())
            if self.lab.authkey:
                with open(self.space.path("/etc/corosync/authkey"), "wb") as key:
                    key.write(self.lab.authkey)
            self.corosync = self.program("corosync", "/usr/sbin/corosync", "-f")
        self.corosync.start()

    def start_agent(self):
        if not self.agent:
            conf = self.file("timeguard.conf", self.lab.agent_conf(self))
            state = os.path.join(self.directory, "state")
            os.makedirs(state, exist_ok=True)
            self.agent = self.program("agent", *self.lab.agent_wrapper, self.lab.timeguardd, "--config", conf,
                                      env={**self.clock_env(), "STATE_DIRECTORY": state})
        self.agent.start()

    def configure(self, options):
        """Rewrites the agent's configuration file; a reload or restart is the caller's."""
        self.lab.agent_options[self.id] = options
        self.file("timeguard.conf", self.lab.agent_conf(self))

    def set_sources(self, addresses, restart=False):
        """Gives chronyd other sources: at run time, or with a restart as after an edit of its configuration."""
        old, self.sources = self.sources, list(addresses)
        if restart or self.local_stratum:
            self.local_stratum = None
            self.start_time()
            return
        commands = [f"delete {address}" for address in old] + [f"add {self.source_line(address)}" for address in addresses]
        self.chronyc("-m", *commands)

    def set_local(self, stratum=10):
        """Local-clock mode: no source, and chronyd calls its own clock right."""
        self.sources, self.local_stratum = [], stratum
        self.start_time()

    def start_fake_chronyd(self, mode, **values):
        """Puts a misbehaving stand-in in chronyd's place until stop_fake_chronyd."""
        self.stop_fake_chronyd(restart=False)
        self.chronyd.stop()
        script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "fake_chronyd.py")
        self.fake = self.program("fake_chronyd", "/usr/bin/python3", script, "--mode", mode, "--values", json.dumps(values))
        open(self.fake.log, "wb").close()
        self.fake.start()
        self.lab.wait_for(lambda: "ready" in self.fake.tail(1), 10, "the fake chronyd")

    def stop_fake_chronyd(self, restart=True):
        if self.fake:
            self.fake.kill()
            self.fake = None
        if restart:
            self.start_time()

    def tracking(self):
        """`chronyc -c tracking` over UDP, as the agent asks: a list of 14 texts."""
        return self.chronyc("-c", "tracking", check=False, socket_path="127.0.0.1").strip().split(",")

    def quorum(self):
        return self.space.run("corosync-quorumtool", "-s", check=False).stdout

    def status(self, timeout_s=2):
        """The status document, or None where there is no agent to ask."""
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as link:
                link.settimeout(timeout_s)
                link.connect(self.space.path(STATUS_SOCKET))
                return json.loads(b"".join(iter(lambda: link.recv(65536), b"")))
        except (OSError, ValueError):
            return None

    def show(self, *arguments):
        """The CLI run on this node: (exit code, output)."""
        result = self.space.run(self.lab.timeguard, *arguments, "--socket", STATUS_SOCKET, check=False)
        return result.returncode, result.stdout + result.stderr

    def alerts(self):
        """The agent's log: where there is no journal, its alerts go there."""
        return self.agent.tail(1000000) if self.agent else ""
