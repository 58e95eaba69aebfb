#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The command line and the agent as they are installed, with a systemd, system bus and corosync of their own, on one node: the rehearsal of
closing, who may ask for it, and timeguard-wait.service. Usage: test_control.py --build DIRECTORY [NAME...]"""

import json
import os
import shutil
import subprocess
import sys
import time

from alone import COROSYNC, SLEEPER, main
from machine import ROOT

from suite import require, require_equal, test  # by box's search path

FILES = {
    "/etc/corosync/corosync.conf": COROSYNC,
    "/etc/timeguard/timeguard.conf": "boot_grace = 0s\n[gate]\nbackend = command\ncommand = /usr/local/bin/our-gate\n",
    # what it is asked for stands in a file that its sandbox lets it write
    "/usr/local/bin/our-gate": "#!/bin/sh\necho \"$1\" >>/run/timeguard/gate/asked\n[ -e /etc/broken ] && exit 1\necho open\n",
    "/etc/systemd/system/timeguard.service.d/here.conf": "[Service]\nExecStart=\nExecStart=/usr/sbin/timeguardd --config /etc/timeguard/timeguard.conf\n",
    "/usr/lib/systemd/system/pve-ha-lrm.service": SLEEPER,
    "/etc/systemd/system/timeguard-wait.service.d/soon.conf": "[Service]\nExecStart=\nExecStart=-/usr/bin/timeguard wait --timeout 3s\n",
}
INSTALLED = {"timeguardd": "/usr/sbin/timeguardd", "timeguard": "/usr/bin/timeguard"}
SHIPPED = {"packaging/systemd/timeguard.service": "/usr/lib/systemd/system/timeguard.service",
           "packaging/systemd/timeguard-wait.service": "/usr/lib/systemd/system/timeguard-wait.service",
           "packaging/dbus/org.timeguard1.conf": "/usr/share/dbus-1/system.d/org.timeguard1.conf"}
NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--")


def install(machine):
    for source, target in (*((os.path.join(machine.build, name), path) for name, path in INSTALLED.items()),
                           *((os.path.join(ROOT, name), path) for name, path in SHIPPED.items())):
        os.makedirs(os.path.dirname(machine.inside(target)), exist_ok=True)
        shutil.copyfile(source, machine.inside(target))
        os.chmod(machine.inside(target), 0o755 if "bin/" in target else 0o644)
    machine.run("sh", "-c", "rm -rf /var/lib/corosync/* /var/lib/timeguard")
    machine.run("systemctl", "daemon-reload")
    machine.run("systemctl", "reload-or-restart", "dbus.service")
    machine.run("systemctl", "start", "corosync.service", "timeguard.service")
    machine.wait_for(lambda: timeguard(machine, "gate")[0] == 0 and "quorate: 1 of 1" in timeguard(machine, "status")[1], 30,
                     lambda: f"an agent with quorum: {timeguard(machine, 'status')}")


def timeguard(machine, *words, prefix=()):
    done = machine.run(*prefix, "timeguard", *words, check=False, timeout_s=90)
    return done.returncode, done.stdout + done.stderr


def asked(machine):
    return machine.run("cat", "/run/timeguard/gate/asked", check=False).stdout.split()


@test
def a_rehearsal_reads_and_changes_nothing(machine):
    before = len(asked(machine))
    code, text = timeguard(machine, "gate", "test")
    require_equal(code, 0, text)
    require("the gate could close now; nothing was changed" in text and "NOT MET" not in text, text)
    require("Would run:  /usr/local/bin/our-gate close" in text, text)
    require(len(asked(machine)) > before and set(asked(machine)) == {"status"}, asked(machine))


@test
def a_rehearsal_finds_what_is_broken(machine):
    machine.write("/etc/broken", "")
    code, text = timeguard(machine, "gate", "test")
    require(code == 1 and "COULD NOT close now" in text and "NOT MET" in text and "ha-stack: " in text, f"{code} {text}")
    machine.run("rm", "/etc/broken")
    code, text = timeguard(machine, "gate", "test")
    require_equal(code, 0, text)
    code, text = timeguard(machine, "gate", "hold", "--for", "1h")
    require_equal(code, 0, text)
    code, text = timeguard(machine, "gate", "test")
    require(code == 1 and "hold: an administrator holds it" in text, f"{code} {text}")
    require_equal(timeguard(machine, "gate", "release")[0], 0, "release")
    path = machine.inside("/usr/libexec/timeguard-gate")
    os.rename(path, path + ".away")
    code, text = timeguard(machine, "gate", "test")
    os.rename(path + ".away", path)
    require(code == 1 and "had done nothing" in text, f"{code} {text}")


@test
def only_root_may_ask(machine):
    before = len(asked(machine))
    for words in (("test",), ("hold",), ("release",)):
        code, text = timeguard(machine, "gate", *words, prefix=NOBODY)
        require(code == 77 and text == "timeguard: only root may do that\n", f"{words}: {code} {text}")
    require_equal(timeguard(machine, "gate", prefix=NOBODY)[0], 0, "everybody may look")
    require_equal(len(asked(machine)), before, "runs for nobody")


@test
def the_agent_looks_at_the_caller_itself(machine):
    """Where another policy lets everybody through."""
    lax = "/etc/dbus-1/system.d/lax.conf"
    machine.run("mkdir", "-p", os.path.dirname(lax))
    machine.write(lax, '<busconfig><policy context="mandatory"><allow send_destination="org.timeguard1"/></policy></busconfig>')
    machine.run("systemctl", "reload", "dbus.service")
    try:
        said = machine.run(*NOBODY, "busctl", "--system", "call", "org.timeguard1", "/org/timeguard1", "org.timeguard1.Gate", "Hold", "u", "0", check=False).stderr
        require("wants at least a second" in said, f"the premise: the call reaches the agent: {said}")
        for words in (("test",), ("hold",), ("release",)):
            code, text = timeguard(machine, "gate", *words, prefix=NOBODY)
            require(code == 77 and text == "timeguard: only root may do that\n", f"{words}: {code} {text}")
        require("Hold:       none" in timeguard(machine, "gate")[1], "held by nobody")
    finally:
        machine.run("rm", lax)
        machine.run("systemctl", "reload", "dbus.service")


@test
def a_flood_of_readers_keeps_nobody_from_the_gate(machine):
    """Four processes of a local user ask as fast as they can and read no answer: the HA stack is read, and root is heard."""
    flood = os.path.join(machine.build, "tests/gate/gate-flood")
    pouring = [subprocess.Popen(machine.argv(*NOBODY, flood, "20"), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) for _ in range(4)]
    time.sleep(2)
    took = []
    for words in (("test",), ("hold", "--for", "1h"), ("release",), ("test",)):
        begin = time.monotonic()
        code, text = timeguard(machine, "gate", *words)
        took.append(time.monotonic() - begin)
        require(code == 0 and took[-1] < 5, f"{words}: {took[-1]:.1f} s, {code} {text}")
    require(all(one.poll() is None for one in pouring), "the premise: the flood goes on")
    said = [one.communicate(timeout=60)[0].split() for one in pouring]
    require(all(int(one[0]) > 1000 for one in said), f"the premise: a flood: {said}")
    return f"{sum(int(one[0]) for one in said)} calls; hold and release in {took[1] + took[2]:.2f} s, test in {max(took[0], took[3]):.2f} s"


@test
def a_reader_is_refused_only_what_is_too_much(machine):
    say = "busctl --system get-property org.timeguard1 /org/timeguard1 org.timeguard1.Gate State"
    done = machine.run(*NOBODY, "sh", "-c", f"for i in 1 2 3 4 5 6 7 8; do {say}; done")
    require_equal(done.stdout.split(), ["s", '"open"'] * 8, "eight of them")


@test
def changes_are_told_over_the_bus(machine):
    machine.run("systemd-run", "--unit=monitor", "--collect", "busctl", "--system", "monitor", "--match=type='signal',path='/org/timeguard1'")

    def told():
        return machine.run("journalctl", "-q", "-u", "monitor", "-o", "cat").stdout
    machine.wait_for(lambda: "Monitoring" in told(), 10, "the monitor")
    require_equal(timeguard(machine, "gate", "hold")[0], 0, "hold")
    machine.wait_for(lambda: "Member=StateChanged" in told() and "Member=PropertiesChanged" in told(), 5, "the signals")
    require_equal(timeguard(machine, "gate", "release")[0], 0, "release")
    machine.wait_for(lambda: told().count("Member=StateChanged") == 2, 5, "the signal of the release")
    machine.run("systemctl", "stop", "monitor")


@test
def a_boot_is_held_up_and_let_pass(machine):
    """Nothing is proven here, as there is no chronyd: HA starts all the same, after the wait, with an alert."""
    machine.run("systemctl", "enable", "timeguard-wait")
    require_equal(machine.run("systemctl", "is-enabled", "timeguard-wait").stdout, "enabled\n", "the unit")
    machine.run("systemctl", "start", "timeguard-wait.service", "pve-ha-lrm.service")

    def instant(unit, which):
        return int(machine.run("systemctl", "show", "-P", which, unit).stdout)
    waited = instant("timeguard-wait.service", "ActiveEnterTimestampMonotonic") - instant("timeguard-wait.service", "InactiveExitTimestampMonotonic")
    require(2_900_000 < waited < 6_000_000, f"it waited {waited} us")
    require(instant("pve-ha-lrm.service", "InactiveExitTimestampMonotonic") >= instant("timeguard-wait.service", "ActiveEnterTimestampMonotonic"),
            "HA started before the wait was over")
    require_equal([machine.active(unit) for unit in ("timeguard-wait.service", "pve-ha-lrm.service")], ["active", "active"], "the units")
    said = machine.run("journalctl", "-q", "-u", "timeguard-wait", "-p", "warning", "-o", "cat").stdout
    require("the time of this node was not proven within 3" in said, f"the journal: {said}")
    alert = json.loads(machine.run("journalctl", "-q", "-u", "timeguard", "-o", "json", "TIMEGUARD_ALERT=node-started-unproven").stdout)
    require_equal((alert["TIMEGUARD_TRANSITION"], alert["PRIORITY"], alert["TIMEGUARD_NODE"]), ("raised", "4", "alone"), "the alert")
    machine.wait_for(lambda: "node-started-unproven" in timeguard(machine, "status")[1], 2, "the alert in the status, which may be 100 ms old")


@test
def a_name_that_was_refused_is_asked_for_again(machine):
    policy = "/etc/dbus-1/system.d/strict.conf"
    machine.run("mkdir", "-p", os.path.dirname(policy))
    machine.write(policy, '<busconfig><policy context="mandatory"><deny own="org.timeguard1"/></policy></busconfig>')
    machine.run("systemctl", "reload", "dbus.service")
    machine.run("systemctl", "restart", "timeguard.service")

    def said():
        return machine.run("journalctl", "-q", "-b", "-u", "timeguard", "-o", "cat").stdout
    machine.wait_for(lambda: "the name org.timeguard1 on the system bus is not to be had" in said(), 10, "the refusal")
    machine.run("rm", policy)
    machine.run("systemctl", "reload", "dbus.service")
    machine.wait_for(lambda: "the name org.timeguard1 on the system bus is this agent's now" in said(), 20, said)
    require_equal(timeguard(machine, "gate", "hold")[0], 0, "hold")
    require_equal(timeguard(machine, "gate", "release")[0], 0, "release")


if __name__ == "__main__":
    sys.exit(main(FILES, install))
