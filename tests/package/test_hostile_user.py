#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""An unprivileged local user who means harm, against the agent as it is installed, with a systemd and a system bus: floods, stalls and holds the
status socket and the bus name, all at once, and tries whatever else is in sight. Root is heard all the while. (What that does to a second of the
agent: tests/cluster/test_socket.py.) Usage: test_hostile_user.py --build DIRECTORY [NAME...]"""

import os
import shutil
import signal
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tests", "gate"))

from alone import main  # noqa: E402 # after the search path

from suite import require, require_equal, test  # noqa: E402 # by box's search path

NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--")
CALL = "busctl --system call org.timeguard1 /org/timeguard1 org.timeguard1.Gate"
NAME = "busctl --system call org.freedesktop.DBus /org/freedesktop/DBus org.freedesktop.DBus RequestName su org.timeguard1 5"
HOLDS = """#!/usr/bin/python3
import socket, sys, time
links = []
while len(links) < 500:
    links.append(socket.socket(socket.AF_UNIX))
    links[-1].connect("/run/timeguard/status.sock")
print("held", flush=True)
time.sleep(1000)
"""
FILES = {
    "/usr/local/bin/holds": HOLDS,
    "/usr/lib/systemd/system/timeguard.service.d/here.conf": "[Service]\nExecStart=\nExecStart=/usr/sbin/timeguardd --config /etc/timeguard/timeguard.conf\n",
    "/etc/timeguard/timeguard.conf": "",
}
# None of these may succeed.
TRIES = (f"{CALL} Hold u 3600", f"{CALL} Close u 3600", f"{CALL} Release", f"{CALL} Test", f"{CALL} LetPass", NAME,
         "busctl --system set-property org.timeguard1 /org/timeguard1 org.timeguard1.Gate State s closed",
         "timeguard gate hold", "timeguard gate release", "timeguard gate test",
         "systemctl --no-ask-password start timeguard-gate@close-1", "systemctl --no-ask-password start timeguard-step@1",
         "systemctl --no-ask-password stop timeguard", "systemctl --no-ask-password kill timeguard",
         "rm -f /run/timeguard/status.sock", "touch /run/timeguard/a", "ls /run/timeguard/gate", "touch /run/timeguard/gate/1.request",
         "ls /var/lib/timeguard", "cat /var/lib/timeguard/gate", "touch /etc/timeguard/a", "kill $(systemctl show -P MainPID timeguard)",
         "cat /proc/$(systemctl show -P MainPID timeguard)/environ", "cat /proc/$(systemctl show -P MainPID timeguard)/mem")


def install(machine):
    for source, target in ((os.path.join(machine.build, "timeguardd"), "/usr/sbin/timeguardd"), (os.path.join(machine.build, "timeguard"), "/usr/bin/timeguard"),
                           (f"{ROOT}/packaging/systemd/timeguard.service", "/usr/lib/systemd/system/timeguard.service"),
                           (f"{ROOT}/packaging/systemd/timeguard-step@.service", "/usr/lib/systemd/system/timeguard-step@.service"),
                           (f"{ROOT}/packaging/dbus/org.timeguard1.conf", "/usr/share/dbus-1/system.d/org.timeguard1.conf")):
        shutil.copy(source, machine.inside(target))
    machine.run("systemctl", "daemon-reload")
    machine.run("systemctl", "reload-or-restart", "dbus.service")
    machine.run("systemctl", "start", "timeguard")
    machine.wait_for(lambda: machine.run("timeguard", "gate", "hold", check=False).returncode == 0, 15, "an agent")


def show(machine, name):
    return machine.run("systemctl", "show", "-P", name, "timeguard").stdout.strip()


def descriptors(machine):
    return machine.run("sh", "-c", f"ls -l /proc/{show(machine, 'MainPID')}/fd | sed 1d | cut -d'>' -f2 | sort").stdout.split()


def obeyed(machine):
    return machine.run("journalctl", "-q", "-u", "timeguard", "-o", "cat").stdout.count("asked for over the bus by root")


def begin(machine, *words):
    return subprocess.Popen(machine.argv(*NOBODY, *words), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


@test
def he_can_look_and_nothing_else(machine):
    pid, before = show(machine, "MainPID"), obeyed(machine)
    require(before >= 1, "the premise: what root says is in the journal")
    for look in ("timeguard status", "timeguard gate", "busctl --system get-property org.timeguard1 /org/timeguard1 org.timeguard1.Gate State"):
        done = machine.run(*NOBODY, "sh", "-c", look, check=False)
        require(done.returncode in (0, 3) and done.stdout, f"{look}: {done.returncode} {done.stderr}")
    for words in TRIES:
        done = machine.run(*NOBODY, "sh", "-c", words, check=False)
        require(done.returncode != 0, f"he could: {words}: {done.stdout}")
    require("org.timeguard1" not in (told := machine.run(*NOBODY, "sh", "-c", NAME, check=False)).stdout and "Access" in told.stderr, told.stderr)
    require_equal((show(machine, "MainPID"), machine.active("timeguard")), (pid, "active"), "the agent")
    require_equal(obeyed(machine), before, "what the agent was told by root")


@test
def a_name_that_is_free_is_not_his_either(machine):
    machine.run("systemctl", "stop", "timeguard")
    try:
        done = machine.run(*NOBODY, "sh", "-c", NAME, check=False)
        require(done.returncode != 0 and "Access" in done.stderr, f"{done.stdout} {done.stderr}")
    finally:
        machine.run("systemctl", "start", "timeguard")
    machine.wait_for(lambda: machine.run("timeguard", "gate", "hold", check=False).returncode == 0, 15, "an agent")


@test
def nothing_listens_on_the_network(machine):
    """All that is open are questions of its own, each to one address."""
    for line in machine.run("ss", "-Hanp", "-A", "inet").stdout.splitlines():
        require("timeguardd" not in line or line.split()[:2] == ["udp", "ESTAB"], line)
    require('"timeguardd"' in machine.run("ss", "-anp").stdout, "the premise: it is seen")


@test
def all_at_once_he_keeps_root_from_nothing(machine):
    """500 connections to the status socket that read nothing, 40 listeners on the bus that are stopped, and two floods of calls."""
    pid, fds = show(machine, "MainPID"), descriptors(machine)
    flood = os.path.join(machine.build, "tests/gate/gate-flood")
    holds = begin(machine, "holds")
    stalled = [begin(machine, "dbus-monitor", "--system", "type='signal',sender='org.timeguard1'") for _ in range(40)]
    pouring = [begin(machine, flood, "12") for _ in range(2)]
    try:
        require_equal(holds.stdout.readline(), "held\n", "the premise")
        time.sleep(1)  # until they listen
        machine.run("pkill", "-STOP", "-u", "65534", "dbus-monitor")
        took = []
        end = time.monotonic() + 8
        while time.monotonic() < end:
            for words, limit_s in ((("status",), 2), (("gate", "hold", "--for", "1h"), 5), (("gate",), 2), (("gate", "release"), 5)):
                start = time.monotonic()
                done = machine.run("timeguard", *words, check=False)
                took.append(time.monotonic() - start)
                require(done.returncode in (0, 3) and done.stdout and took[-1] < limit_s, f"{words}: {done.returncode}, {took[-1]:.1f} s: {done.stderr}")
        require(all(one.poll() is None for one in (holds, *stalled, *pouring)), "the premise: all of it went on")
        memory = int(machine.run("sed", "-n", "s/^VmRSS:[^0-9]*\\([0-9]*\\).*/\\1/p", f"/proc/{pid}/status").stdout) / 1024
    finally:
        machine.run("pkill", "-KILL", "-u", "65534", check=False)
        for one in (holds, *stalled, *pouring):
            one.send_signal(signal.SIGCONT)  # nsenter stops with what it runs
            one.communicate()
    require_equal((show(machine, "MainPID"), show(machine, "NRestarts")), (pid, "0"), "the agent")
    # two more are for chronyd, which is asked anew now and then
    machine.wait_for(lambda: len(descriptors(machine)) <= len(fds) + 2, 10, lambda: f"as few descriptors as before: {fds}, now {descriptors(machine)}")
    require_equal(machine.run(*NOBODY, "timeguard", "status", check=False).returncode, 3, "his own status afterwards")
    require(memory < 24, f"{memory:.1f} MiB")
    return f"{len(took)} of root's words, the slowest in {max(took):.2f} s; {memory:.1f} MiB"


if __name__ == "__main__":
    sys.exit(main(FILES, install))
