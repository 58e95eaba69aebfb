#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""timeguard-gate@.service as it is shipped: its sandbox lets each backend do its work, and nothing else. With a systemd, corosync and pacemaker
of its own, on one node. Usage: test_sandbox.py --build DIRECTORY [NAME...]"""

import os
import shlex
import sys

import pacemaker
from alone import COROSYNC, main
from machine import Agent

from suite import Skip, require, require_equal, test  # by box's search path

# What a run may not do, each with the words that tell that it could not.
FORBIDDEN = {"touch /etc/systemd/a": "Read-only file system", "touch /usr/a": "Read-only file system",
             "touch /var/lib/a": "Read-only file system", "touch /run/a": "Read-only file system",
             "date -s @0": "Operation not permitted", "mount -t tmpfs tmpfs /mnt": "", "chown 1 /run/timeguard/gate": "Operation not permitted",
             "touch /home/a": "Read-only file system", "mknod /tmp/x b 8 0": "Operation not permitted", "chrt -f 5 true": "Operation not permitted",
             "bash -c '</dev/tcp/127.0.0.1/22'": ""}
# What root's programs run or obey; in a machine that has it.
OBEYED = ("adduser.conf", "apt/apt.conf.d/a", "bash.bashrc", "cron.d/a", "cron.daily/a", "cron.hourly/a", "crontab", "dbus-1/system.d/a", "environment", "group",
          "gshadow", "init.d/a", "kernel/postinst.d/a", "ld.so.conf", "ld.so.conf.d/a", "ld.so.preload", "logrotate.d/a", "modprobe.d/a", "modules-load.d/a",
          "network/if-up.d/a", "nsswitch.conf", "pam.d/a", "passwd", "polkit-1/rules.d/a", "profile", "profile.d/a", "rc.local", "security/limits.conf",
          "shadow", "sudoers", "sudoers.d/a", "sysctl.conf", "sysctl.d/a", "tmpfiles.d/a", "timeguard/a", "udev/rules.d/a", "chrony/a", "corosync/a", "ssh/a")
FORBIDDEN.update({f"echo >>/etc/{name}": "Read-only file system" for name in OBEYED})
TRIES = """#!/bin/bash
try() {
        said=$(eval "$2" 2>&1) && { echo "could: $2"; exit 1; }
        case $said in *"$1"*) ;; *) echo "$2: $said"; exit 1 ;; esac
}
[ "$1" = status ] || exit 1
""" + "".join(f"try {shlex.quote(words)} {shlex.quote(command)}\n" for command, words in FORBIDDEN.items()) + "echo open\n"


@test
def a_run_can_do_little_else(machine):
    with Agent(machine, "command", "--command", "/usr/local/bin/tries") as agent:
        found = agent.order("status")
        require_equal((found["outcome"], found["state"]), ("done", "open"), f"status: {found['detail']}")


@test
def a_run_can_write_where_pmxcfs_would_be(machine):
    with Agent(machine, "command", "--command", "/usr/local/bin/writes") as agent:
        found = agent.order("status")
        require_equal((found["outcome"], found["state"]), ("done", "open"), f"status: {found['detail']}")


@test
def pacemaker_can_be_closed_and_opened(machine):
    if why := pacemaker.missing():
        raise Skip(why)
    machine.run("sh", "-c", "mkdir -p /run/resource-agents && rm -rf /var/lib/pacemaker/cib/* /var/lib/corosync/*")
    machine.run("systemctl", "start", "corosync.service")
    machine.run("systemctl", "start", "pacemaker.service")
    machine.wait_for(lambda: machine.run("crmadmin", "-q", "-D", "--timeout", "1s", check=False).stdout.strip() == "alone", 60, "a controller")
    with Agent(machine, "auto") as agent:
        found = agent.order("status")
        require_equal((found["outcome"], found["state"], found["backend"]), ("done", "open", "pacemaker"), f"status: {found['detail']}")
        require_equal(found["flags"], ["ready", "whole", "master"], "flags")
        for scope in ("cluster", "node"):
            closed = agent.order("close", scope)
            require_equal((closed["outcome"], closed["prior"]), ("done", "absent"), f"close: {closed['detail']}")
            machine.wait_for(lambda: agent.order("status", scope)["state"] == "closed", 10, "closed")  # the loop's own scope
            require_equal(agent.order("open", scope, prior="absent")["state"], "open", "open")
    with Agent(machine, "pacemaker", "--health", "yellow") as agent:
        agent.order("status")
        value = machine.wait_for(lambda: machine.run("attrd_updater", "-n", "#health-time", "-Q", "-A", check=False).stdout, 15, "the attribute")
        require('value="yellow"' in value, value)
    return f"status {found['ms']} ms, close {closed['ms']} ms"


@test
def a_file_system_that_hangs_costs_one_run(machine):
    """A real one, in the kernel: neither the unit's own start nor its end waits for it, and it is told what hangs."""
    if not os.path.exists("/dev/fuse"):
        raise Skip("needs /dev/fuse")
    machine.run("sh", "-c", "setsid /usr/bin/python3 -B /srv/gate/hangfs.py /etc/pve >/run/hangfs 2>&1 &")
    machine.wait_for(lambda: machine.run("cat", "/run/hangfs").stdout == "ready\n", 10, "the file system")
    pid = machine.run("pgrep", "-o", "-f", "hangfs.py").stdout.strip()
    with Agent(machine, "proxmox") as agent:
        require_equal(agent.order("status")["outcome"], "done", "status before")
        machine.run("kill", "-USR1", pid)
        for verb in ("status", "close"):
            found = agent.order(verb)
            require_equal((found["outcome"], found["state"]), ("failed", "unknown"), verb)
            require("hang" in found["detail"] and found["ms"] < 9000, f"{found['ms']} ms: {found['detail']}")
        machine.run("kill", "-KILL", pid)
    machine.wait_for(lambda: machine.run("systemctl", "list-units", "--all", "--plain", "--no-legend", "timeguard-gate@*").stdout == "", 10, "no units")
    return f"{found['ms']} ms"


@test
def the_score_is_kept(machine):
    """systemd-analyze security: 0 is tight, 10 is none."""
    text = machine.run("systemd-analyze", "security", "--no-pager", "--offline=yes", "/usr/lib/systemd/system/timeguard-gate@.service").stdout
    line = [line for line in text.splitlines() if "Overall exposure" in line][0]
    score = float(line.split(":")[1].split()[0])
    require(score <= 1.3, line)
    return f"{score}"


if __name__ == "__main__":
    FILES = {"/usr/local/bin/tries": TRIES, "/usr/local/bin/writes": "#!/bin/sh\n[ $1 = status ] && touch /etc/pve/a && echo open\n",
             **{f"/etc/{os.path.dirname(name)}/.keep": "" for name in OBEYED if "/" in name},
             **{f"/etc/{name}": "" for name in ("crontab", "ld.so.preload", "rc.local", "sudoers")},
             "/etc/corosync/corosync.conf": COROSYNC, "/etc/pve/.keep": ""}
    BINDS = [f"{os.path.dirname(os.path.abspath(__file__))}:/srv/gate", *(["/dev/fuse"] if os.path.exists("/dev/fuse") else [])]
    sys.exit(main(FILES, binds=BINDS))
