# SPDX-License-Identifier: LGPL-2.1-or-later
"""Three virtual machines on one bridge and a time server beside them, all in one network namespace of their own.

    with Cluster(Image.get()) as cluster:
        cluster.guests[1].run("corosync-quorumtool -s")

All of it is taken down at the end, on errors and signals too; what a killed run left behind, by the next run. The machine's clock, network and
services are left alone: the server's chronyd serves the clock without disciplining it, and may not set it either. Needs root."""

import concurrent.futures
import os
import shutil
import signal
import subprocess
import sys
import time

from guest import Guest, GuestError

from netspace import LabError, Namespace, make_directory, remove_leftovers  # by guest's search path
from program import Program

NET = "10.77.3."
SERVER = NET + "254"
OTHER = NET + "253"
PUBLIC = "203.0.113.5"
BOOT_S = 600
FORM_S = 120


class Cluster:
    def __init__(self, image, disks=(), numbers=(1, 2, 3)):
        self.image, self.disks, self.numbers = image, disks, numbers
        self.space = Namespace(f"tg{os.getpid()}-vm")
        self.directory = self.pool = None
        self.guests, self.servers = {}, {}
        self.steps = []  # (number, the guest's MONOTONIC in us at the step)

    def __enter__(self):
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda number, _frame: sys.exit(128 + number))
        try:
            self._up()
        except BaseException:
            self.down()
            raise
        return self

    def __exit__(self, *_):
        self.down()

    def _up(self):
        remove_leftovers()
        self.directory = make_directory()
        # threads that stay as long as the machines: these die with the thread that made them
        self.pool = concurrent.futures.ThreadPoolExecutor(2 * len(self.numbers))
        self.space.create()
        self.space.wait_ready()
        lines = ["link add bridge type bridge", f"address add {SERVER}/24 dev bridge", f"address add {OTHER}/24 dev bridge",
                 f"address add {PUBLIC}/32 dev bridge", "link set bridge up"]
        for number in self.numbers:
            lines += [f"tuntap add dev n{number} mode tap", f"link set n{number} master bridge up"]
        self.ip(lines)
        for name, address in (("ntp", SERVER), ("other", OTHER), ("public", PUBLIC)):
            self.servers[name] = TimeServer(self, name, address)
            self.servers[name].start()
        wrong = os.path.join(os.path.dirname(os.path.abspath(__file__)), "wrong_server.py")  # by 1 h, in place of the first one
        self.servers["wrong"] = Program("wrong", self.space.argv("/usr/bin/python3", wrong, SERVER, "3600"), os.path.join(self.directory, "wrong.log"))
        self.guests = {number: Guest(number, self.directory, self.space, self.image, self.disks) for number in self.numbers}
        self.each(lambda guest: guest.start())

    def boot(self):
        """Until all of them are one quorate ring and follow the server; returns the seconds that it took."""
        began_s = time.monotonic()
        self.each(lambda guest: guest.wait_boot(BOOT_S))
        self.wait_for(self.formed, FORM_S, "corosync to form one ring", 2)
        self.wait_for(self.synchronised, FORM_S, "every chronyd to reach its source", 2)
        return time.monotonic() - began_s

    def down(self):
        handled = {number: signal.signal(number, signal.SIG_IGN) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
        for part in (*self.guests.values(), *self.servers.values()):
            self._try(part.stop)
        self._try(self.space.remove)
        if self.directory:
            shutil.rmtree(self.directory, ignore_errors=True)
        if self.pool:
            self.pool.shutdown(wait=False, cancel_futures=True)
        for number, handler in handled.items():
            signal.signal(number, handler)

    @staticmethod
    def _try(function):
        try:
            function()
        except (LabError, GuestError, OSError, subprocess.SubprocessError) as error:  # the rest must go all the same
            print(f"cluster: {error}", file=sys.stderr)

    def ip(self, lines):
        self.space.run("ip", "-batch", "-", stdin="\n".join(lines) + "\n")

    # Asking.

    def each(self, function, numbers=None):
        """For all of them at once: {number: what it returns}, or the first error once all are through."""
        futures = {n: self.pool.submit(function, self.guests[n]) for n in numbers or self.guests}
        concurrent.futures.wait(futures.values())
        return {n: future.result() for n, future in futures.items()}

    def run(self, command, limit_s=30, numbers=None):
        return self.each(lambda guest: guest.run(command, limit_s), numbers)

    @staticmethod
    def wait_for(predicate, timeout_s, what, every_s=0.2):
        """Polls until the predicate gives something true; returns that."""
        deadline = time.monotonic() + timeout_s
        while True:
            value = predicate()
            if value:
                return value
            if time.monotonic() > deadline:
                raise GuestError(f"waited {timeout_s} s in vain for {what}")
            time.sleep(every_s)

    def formed(self):
        texts = self.each(lambda guest: guest.run("corosync-quorumtool -s", check=False))
        return all(f"Nodes:            {len(self.guests)}\n" in text and "Quorate:          Yes" in text for text in texts.values())

    def synchronised(self):
        texts = self.each(lambda guest: guest.run("chronyc -n -c tracking", check=False))
        return all(len(text.split(",")) == 14 and text.split(",")[1] == SERVER for text in texts.values())

    def watchdogs(self):
        """Whether a hardware watchdog would reset a machine that stands still."""
        states = self.each(lambda guest: guest.run("cat /sys/class/watchdog/watchdog0/state", check=False))
        return f"hardware watchdogs: {', '.join(f'n{number} {state}' for number, state in states.items())}"

    # Breaking.

    def note_step(self, number, mono_us):
        self.steps.append((number, int(mono_us)))

    def link(self, number, up):
        self.ip([f"link set n{number} {'up' if up else 'down'}"])


class TimeServer:
    """A chronyd that serves this machine's clock, which it cannot set, as stratum 3."""

    def __init__(self, cluster, name, address):
        self.address = address
        self.directory = os.path.join(cluster.directory, name)
        os.mkdir(self.directory)
        conf = os.path.join(self.directory, "chrony.conf")
        with open(conf, "w", encoding="utf-8") as file:
            file.write("\n".join(["local stratum 3", "allow", f"bindaddress {address}", "cmdport 0", f"bindcmdaddress {self.directory}/sock",
                                  f"pidfile {self.directory}/pid", ""]))
        path = shutil.which("chronyd", path=os.environ.get("PATH", "") + ":/usr/sbin")
        if not path:
            raise LabError("chronyd is not installed")
        # A copy is not bound by the profile that AppArmor has for the installed path.
        jail = ["setpriv", "--bounding-set=-sys_time", "--inh-caps=-sys_time", "--", shutil.copy(path, self.directory)]
        self.program = Program(name, cluster.space.argv(*jail, "-x", "-d", "-u", "root", "-f", conf), os.path.join(self.directory, "log"))

    def start(self):
        self.program.start()

    def stop(self):
        self.program.stop()

