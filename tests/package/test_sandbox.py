#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The sandboxes of the units as they are shipped, with a systemd of their own: each lets its program do its work, and little else. That of the gate
has its test beside the backends: tests/gate/test_sandbox.py. Usage: test_sandbox.py --build DIRECTORY [NAME...]"""

import os
import re
import shlex
import shutil
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tests", "gate"))

from alone import main  # noqa: E402 # after the search path

from suite import Skip, require, require_equal, test  # noqa: E402 # by box's search path

UNITS = "/usr/lib/systemd/system"
READ_ONLY, DENIED, UNABLE = "Read-only file system", "Permission denied", "Operation not permitted"
# What a program that has taken the agent over may not do there (as root it can still signal root's processes: libqb has to see whether corosync lives), each with the words that tell that it could not.
FORBIDDEN = {"touch /etc/a": READ_ONLY, "touch /run/a": READ_ONLY, "touch /run/systemd/a": READ_ONLY, "touch /usr/a": READ_ONLY, "touch /var/lib/a": READ_ONLY, "touch /home/a": DENIED, "touch /root/a": DENIED,
             "cat /etc/shadow": DENIED, "ls /etc/ssh": DENIED, "cat /etc/corosync/authkey": DENIED, "ls -A /root/secret": "",
             "date -s @0": UNABLE, "adjtimex_probe": UNABLE, "mount -t tmpfs tmpfs /mnt": "", "mknod /tmp/x b 8 0": UNABLE, "chrt -f 5 true": UNABLE,
             "chown 1 /run/timeguard": UNABLE, "unshare -U true": UNABLE, "bind_probe udp 123": DENIED, "bind_probe tcp 22": DENIED,
             "cat /proc/1/environ": DENIED, "renice -n -5 $$": UNABLE, "cat /dev/kmsg": "", "sysctl -w kernel.domainname=a": ""}
# ... and what the agent needs.
ALLOWED = ("touch /var/lib/timeguard/a", "touch /run/timeguard/a", "reach_probe", "cat /proc/sys/kernel/random/boot_id", "cat /etc/corosync/corosync.conf")
PROBES = {
    "adjtimex_probe": "import ctypes, os, sys\nc = ctypes.CDLL(None, use_errno=True)\nb = ctypes.create_string_buffer(512)\n"
                      "sys.exit(c.adjtimex(b) < 0 and os.strerror(ctypes.get_errno()))\n",
    "bind_probe": "import socket, sys\nkind = socket.SOCK_DGRAM if sys.argv[1] == 'udp' else socket.SOCK_STREAM\n"
                  "s = socket.socket(socket.AF_INET, kind)\ntry:\n    s.bind(('127.0.0.1', int(sys.argv[2])))\nexcept OSError as e:\n    sys.exit(e.strerror)\n",
    "reach_probe": "import socket\ns = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\ns.connect(('127.0.0.1', 123))\ns.send(b'x')\n",
}
TRIES = """#!/bin/bash
exec >/var/lib/timeguard/tries 2>&1
try() {
        said=$(eval "$2" 2>&1) && { echo "could: $2"; return; }
        case $said in *"$1"*) ;; *) echo "$2: $said" ;; esac
}
can() { said=$(eval "$1" 2>&1) || echo "could not: $1: $said"; }
""" + "".join(f"try {shlex.quote(words)} {shlex.quote(command)}\n" for command, words in FORBIDDEN.items()) \
    + "".join(f"can {shlex.quote(command)}\n" for command in ALLOWED) + "echo done\n"
USER = "_chrony"  # as Debian has it
FILES = {
    "/usr/local/bin/tries": TRIES,
    **{f"/usr/local/bin/{name}": f"#!/usr/bin/python3\n{text}" for name, text in PROBES.items()},
    "/etc/corosync/authkey": "secret", "/etc/corosync/corosync.conf": "", "/root/secret/a": "", "/etc/ssh/ssh_host_key": "secret",
    f"{UNITS}/timeguard.service.d/here.conf": "[Service]\nExecStart=\nExecStart=/usr/sbin/timeguardd --config /etc/timeguard/timeguard.conf\n",
    f"{UNITS}/timeguard-wait.service.d/soon.conf": "[Service]\nExecStart=\nExecStart=-/usr/bin/timeguard wait --timeout 3s\n",
    # no clock is set
    "/etc/systemd/system/chronyd-here.service": f"[Service]\nExecStart=/usr/sbin/chronyd -d -x -u {USER} -f /etc/chrony-here.conf\n",
    "/etc/chrony-here.conf": "server 127.0.0.1 port 1123\n",
}


def install(machine):
    for name, target in (("timeguardd", "/usr/sbin/timeguardd"), ("timeguard", "/usr/bin/timeguard")):
        shutil.copy(os.path.join(machine.build, name), machine.inside(target))
    for name in ("timeguard.service", "timeguard-wait.service", "timeguard-step@.service"):
        shutil.copy(os.path.join(ROOT, "packaging/systemd", name), machine.inside(f"{UNITS}/{name}"))
    policy = "/usr/share/dbus-1/system.d/org.timeguard1.conf"
    shutil.copy(os.path.join(ROOT, "packaging/dbus", os.path.basename(policy)), machine.inside(policy))
    machine.run("systemctl", "daemon-reload")
    machine.run("systemctl", "reload-or-restart", "dbus.service")


@test
def what_takes_the_agent_over_can_do_little_else(machine):
    with open(os.path.join(ROOT, "packaging/systemd/timeguard.service"), encoding="utf-8") as file:
        unit = re.sub(r"^ExecStart=.*$", "ExecStart=/usr/local/bin/tries", file.read(), flags=re.M)
    for line in ("Type=notify", "WatchdogSec=30", "Restart=always", "TasksMax=8", "MemoryMax=64M"):
        require(f"\n{line}\n" in unit, line)
        unit = unit.replace(f"\n{line}\n", "\nType=oneshot\n" if "notify" in line else "\n")
    machine.write(f"{UNITS}/tries.service", unit)
    machine.run("systemctl", "daemon-reload")
    machine.run("systemctl", "start", "tries")
    require_equal(machine.run("cat", "/var/lib/timeguard/tries").stdout, "done\n", "what it could, or could not")


@test
def the_agent_runs_in_it(machine):
    """... as far as it does without corosync."""
    machine.run("systemctl", "start", "timeguard")
    machine.wait_for(lambda: machine.run("timeguard", "status", check=False).returncode == 3, 10, "a status")
    machine.wait_for(lambda: machine.run("timeguard", "gate", "hold", check=False).returncode == 0, 10, "its name on the bus")
    said = machine.run("journalctl", "-q", "-u", "timeguard", "-o", "cat", "-p", "warning").stdout
    require(not re.search(r"not permitted|denied|read-only", said, re.I), said)


@test
def a_boot_can_be_let_pass_from_the_waits(machine):
    machine.run("systemctl", "start", "timeguard-wait.service")
    said = machine.run("journalctl", "-q", "-u", "timeguard-wait", "-o", "cat").stdout
    require("the time of this node was not proven within 3" in said, said)
    told = machine.run("journalctl", "-q", "-u", "timeguard", "-o", "cat", "TIMEGUARD_ALERT=node-started-unproven", "+", "_SYSTEMD_UNIT=timeguard.service").stdout
    require("LetPass asked for over the bus by root" in told, told)


@test
def a_step_reaches_chronyd_from_the_steps(machine):
    if not shutil.which("chronyd") or not shutil.which("chronyc"):
        raise Skip("chrony is not installed")
    machine.run("sh", "-c", f"getent passwd {USER} || useradd -r {USER}")
    machine.run("systemctl", "start", "chronyd-here")
    machine.wait_for(lambda: os.path.exists(machine.inside("/run/chrony/chronyd.sock")), 10, "chronyd")
    done = machine.run("systemctl", "start", "timeguard-step@1.service", check=False)
    said = machine.run("journalctl", "-q", "-u", "timeguard-step@1", "-o", "cat").stdout
    # to whom it would not listen it says 501; that it sets no clock here makes 500 of the second
    require("\n200 OK\n500 Failure\n" in said and done.returncode != 0, said)
    machine.write("/run/watchdog-mux.active", "")
    done = machine.run("systemctl", "start", "timeguard-step@2.service", check=False)
    machine.run("rm", "/run/watchdog-mux.active")
    require(done.returncode != 0 and "Assertion failed" in done.stderr, f"{done.returncode} {done.stderr}")


if __name__ == "__main__":
    sys.exit(main(FILES, install))
