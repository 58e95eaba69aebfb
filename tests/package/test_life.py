#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The Debian package on a running machine with systemd, D-Bus and corosync: installed, upgraded, removed, installed again and purged, with the gate
open and with it closed. What was there before is there afterwards, and nothing else. The tests are one story: each begins where the one before
it ended. Usage: test_life.py --build DIRECTORY (of the directory, only the machine's own parts are used)"""

import argparse
import hashlib
import json
import os
import re
import shutil
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path[:0] = [os.path.join(ROOT, "tests", "gate"), os.path.join(ROOT, "tests", "package")]

import deb  # noqa: E402 # after the search path
from alone import COROSYNC  # noqa: E402
from machine import Machine, missing  # noqa: E402

from suite import require, require_equal, run_tests, test  # noqa: E402 # by box's search path

HA = "/etc/ha-state"  # below /etc, which the executor may write
CONF = "/etc/timeguard/timeguard.conf"
STATE = "/var/lib/timeguard"
FILES = {
    "/etc/corosync/corosync.conf": COROSYNC,
    HA: "open\n",
    "/usr/local/bin/our-gate": f"#!/bin/sh\ncase $1 in status) echo $(cat {HA}) whole ;; close) echo closed >{HA} ;; open) echo open >{HA} ;; esac\n",
    "/usr/sbin/policy-rc.d": "#!/bin/sh\nexit 0\n",
}
EDITED = "boot_grace = 0s\n[gate]\nbackend = command\ncommand = /usr/local/bin/our-gate\n"
# Journals, locks and caches come and go; the rest is compared.
PASSING = re.compile(r"/var/(tmp|log|cache|lib/(dpkg|apt|corosync|PackageKit|systemd/(timers|random-seed|catalog|coredump|linger)))[/ ]")
APT = ("apt-get", "-q", "-y", "--no-install-recommends", "-o", "Dpkg::Options::=--force-confdef")


class Installed(Machine):
    """A machine without anything of timeguard."""

    def _install(self):
        super()._install()
        root = f"/proc/{self.process.pid}/root{self.directory}/root"
        for path in ("/usr/libexec/timeguard-gate", "/usr/lib/systemd/system/timeguard-gate@.service"):
            os.unlink(root + path)

    def apt(self, *words, check=True):
        return self.run("env", "DEBIAN_FRONTEND=noninteractive", *APT, *words, check=check, timeout_s=180)

    def show(self, unit, *names):
        return self.run("systemctl", "show", "-P", ",".join(names), unit).stdout.split()

    def corosync(self):
        """Which one runs: it is neither another nor has it been told anything."""
        return self.show("corosync.service", "MainPID", "ExecMainStartTimestampMonotonic", "ActiveState")

    def package(self):
        return self.run("dpkg-query", "-W", "-f", "${db:Status-Status} ${Version}", "timeguard", check=False).stdout

    def status(self):
        text = self.run("timeguard", "status", "--json", check=False).stdout
        return json.loads(text) if text else None

    def gate(self):
        document = self.status()
        return document["gate"]["state"] if document else None

    def stages(self):
        return [record["stage"] for record in self.status()["gate"]["records"]]

    def tree(self):
        """{path: what it is} of all that stays; of /etc also what is in it."""
        names = self.run("find", "/etc", "/opt", "/root", "/usr", "/var", "-xdev", "-printf", r"%p %y %m %u:%g\n").stdout.splitlines()
        found = dict(name.rsplit(" ", 3)[:1] + [" ".join(name.rsplit(" ", 3)[1:])] for name in names if not PASSING.match(name))
        for path in (path for path, what in found.items() if path.startswith("/etc/") and what.startswith("f")):
            with open(self.inside(path), "rb") as file:
                found[path] += hashlib.sha256(file.read()).hexdigest()[:8]
        return found


def agent_is_up(machine, timeout_s=30):
    machine.wait_for(lambda: machine.active("timeguard") == "active" and machine.status(), timeout_s, "an agent that answers")


@test
def installing_starts_an_agent_that_only_observes(machine):
    before = machine.corosync()
    require_equal(before[2], "active", "the premise: corosync")
    machine.apt("install", machine.deb)
    agent_is_up(machine)
    require_equal(machine.run("systemctl", "is-enabled", "timeguard").stdout, "enabled\n", "the agent")
    require_equal(machine.status()["gate"]["mode"], "observe", "mode")
    found = machine.run("systemctl", "list-unit-files", "--no-legend", "timeguard*").stdout.split()
    states = dict(zip(found[::3], found[1::3]))
    require_equal(states, {"timeguard.service": "enabled", "timeguard-wait.service": "disabled", "timeguard-gate@.service": "static",
                           "timeguard-step@.service": "static"}, "units")
    running = machine.run("systemctl", "list-units", "--no-legend", "--plain", "timeguard*").stdout.split("\n")
    require_equal([line.split()[0] for line in running if line], ["timeguard.service"], "what runs")
    require_equal(machine.corosync(), before, "corosync")
    require("Config reload" not in machine.run("journalctl", "-q", "-u", "corosync", "-o", "cat").stdout, "corosync was reloaded")


@test
def its_bus_name_catalogs_pages_and_completions_are_there(machine):
    machine.wait_for(lambda: machine.run("timeguard", "gate", "hold", "--for", "1h", check=False).returncode == 0, 20, "the bus name")
    require_equal(machine.run("timeguard", "gate", "release").stdout[:8], "released", "release")
    ids = machine.run("journalctl", "--list-catalog").stdout
    require(ids.count("timeguard") >= 30, f"{ids.count('timeguard')} entries of the catalog")
    for page in ("1 timeguard", "5 timeguard.conf", "7 timeguard-alerts", "8 timeguardd", "8 timeguard-gate"):
        require_equal(machine.run("man", "-w", *page.split()).stdout.count(".gz"), 1, page)
    require("/fr/" in machine.run("man", "-L", "fr_FR.UTF-8", "-w", "7", "timeguard-alerts").stdout, "the French page")
    for program, word, wanted in (("timeguard", "sta", "status"), ("timeguardd", "--ch", "--check-config")):
        script = f". /usr/share/bash-completion/bash_completion; _completion_loader {program}; COMP_WORDS=({program} {word}); COMP_CWORD=1; " \
                 f"COMP_LINE='{program} {word}'; COMP_POINT=${{#COMP_LINE}}; _{program}; echo \"${{COMPREPLY[@]}}\""
        require(wanted in machine.run("bash", "-c", script, check=False).stdout, f"completion of {program}")


@test
def an_upgrade_keeps_what_the_agent_remembers_and_what_was_edited(machine):
    machine.write(CONF, EDITED)
    machine.run("systemctl", "reload", "timeguard")
    require_equal(machine.run("timeguard", "gate", "hold").returncode, 0, "hold")
    machine.wait_for(lambda: machine.gate() == "held", 10, "held")
    before, pid = machine.corosync(), machine.show("timeguard", "MainPID")
    machine.apt("install", machine.later("0.1.1", "# a new default"))
    require_equal(machine.package(), "installed 0.1.1", "the package")
    agent_is_up(machine)
    require(machine.show("timeguard", "MainPID") != pid, "the new version does not run")
    machine.wait_for(lambda: machine.gate() == "held", 20, "held, as before")
    with open(machine.inside(CONF), encoding="utf-8") as file:
        require_equal(file.read(), EDITED, "the configuration")
    require(os.path.exists(machine.inside(CONF + ".dpkg-dist")), "the package's own is beside it")
    require_equal(machine.corosync(), before, "corosync")
    require_equal(machine.run("timeguard", "gate", "release").returncode, 0, "release")
    machine.wait_for(lambda: machine.gate() == "open", 20, "open")


@test
def a_corosync_that_is_stopped_stays_so(machine):
    """... through an upgrade, and through a crash of the agent: an administrator may be about to take this node out of its cluster."""
    machine.run("systemctl", "stop", "corosync")
    machine.apt("install", machine.later("0.1.2"))
    agent_is_up(machine)
    machine.run("systemctl", "kill", "-s", "KILL", "timeguard")
    machine.wait_for(lambda: machine.show("timeguard", "NRestarts") == ["1"], 15, "a restart")
    agent_is_up(machine)
    require_equal(machine.active("corosync"), "inactive", "corosync")
    machine.run("systemctl", "start", "corosync")


@test
def an_agent_that_is_switched_off_stays_off(machine):
    machine.run("systemctl", "disable", "--now", "timeguard")
    machine.apt("install", machine.later("0.1.3"))
    require_equal((machine.active("timeguard"), machine.run("systemctl", "is-enabled", "timeguard", check=False).stdout), ("inactive", "disabled\n"),
                  "the agent")
    machine.run("systemctl", "enable", "--now", "timeguard")
    agent_is_up(machine)


def close(machine):
    # an agent that remembers something waits for what one before it may have set going
    machine.run("systemctl", "stop", "timeguard")
    machine.run("sh", "-c", f"rm -f {STATE}/*")
    machine.run("systemctl", "start", "timeguard")
    machine.wait_for(lambda: "quorate: 1 of 1" in machine.run("timeguard", "status", check=False).stdout, 30, "quorum")
    machine.wait_for(lambda: machine.run("timeguard", "gate", "test", check=False).returncode == 0, 30,
                     lambda: machine.run("timeguard", "gate", "test", check=False).stdout)
    # in its sandbox it measures what it may not ask the kernel
    require(machine.status()["nodes"][0]["slew_ppb"] is not None, "the rate of its clock")
    machine.run("busctl", "--system", "call", "org.timeguard1", "/org/timeguard1", "org.timeguard1.Gate", "Close", "u", "3600")
    machine.wait_for(lambda: machine.gate() == "closed" and machine.stages() == ["verified"], 30, lambda: f"closed: {machine.gate()} {machine.stages()} {machine.run('timeguard', 'gate', check=False).stdout}")
    require_equal(machine.run("cat", HA).stdout, "closed\n", "the HA stack")


def refused(machine, *words):
    done = machine.apt(*words, check=False)
    text = done.stdout + done.stderr
    require(done.returncode != 0 and "not removed while it blocks HA actions" in text, f"{words}: {done.returncode} {text}")
    for remedy in ("timeguard gate release", "crm-command arm-ha", "maintenance-mode", "rm /var/lib/timeguard/gate"):
        require(remedy in text, f"{remedy}: {text}")
    require("timeguard has closed the gate, or begun to: the cluster, verified, by command" in text, text)
    require(machine.package().startswith("installed"), machine.package())


@test
def a_closed_gate_outlives_an_upgrade_and_refuses_a_removal(machine):
    close(machine)
    uuid = machine.status()["gate"]["records"][0]["uuid"]
    machine.apt("install", machine.later("0.1.4"))
    agent_is_up(machine)
    machine.wait_for(lambda: machine.gate() == "closed", 30, "closed, as before")
    require_equal(machine.status()["gate"]["records"][0]["uuid"], uuid, "the record")
    pid = machine.show("timeguard", "MainPID")
    refused(machine, "remove", "timeguard")
    refused(machine, "purge", "timeguard")
    require_equal((machine.active("timeguard"), machine.show("timeguard", "MainPID")), ("active", pid), "the agent")
    # as it is without an agent, too
    machine.run("systemctl", "stop", "timeguard")
    machine.write("/etc/timeguard/timeguard.conf.d.bad", "")
    refused(machine, "remove", "timeguard")
    machine.run("rm", "/etc/timeguard/timeguard.conf.d.bad")
    machine.run("systemctl", "start", "timeguard")
    agent_is_up(machine)
    # the remedy: open it by hand, and wait until it has been seen
    machine.write(HA, "open\n")
    machine.wait_for(lambda: machine.stages() == ["taken"], 60, lambda: f"taken: {machine.gate()} {machine.stages()}")


@test
def a_removal_leaves_configuration_and_state(machine):
    before = machine.corosync()
    machine.apt("remove", "timeguard")
    require_equal(machine.package(), "config-files 0.1.4", "the package")
    require_equal(machine.run("sh", "-c", "pgrep -x timeguardd; systemctl list-units --no-legend 'timeguard*'", check=False).stdout, "", "what runs")
    for path in (CONF, f"{STATE}/gate"):
        require(os.path.exists(machine.inside(path)), path)
    for path in ("/usr/sbin/timeguardd", "/usr/share/dbus-1/system.d/org.timeguard1.conf", "/run/timeguard"):
        require(not os.path.exists(machine.inside(path)), path)
    require_equal(machine.corosync(), before, "corosync")


@test
def installed_again_it_is_what_it_was(machine):
    machine.apt("install", machine.later("0.1.4"))
    agent_is_up(machine)
    with open(machine.inside(CONF), encoding="utf-8") as file:
        require_equal(file.read(), EDITED, "the configuration")
    require_equal(machine.stages(), ["taken"], "what it remembers")


@test
def a_purge_leaves_nothing(machine):
    machine.run("mkdir", "-p", f"{CONF}.d")
    machine.write(f"{CONF}.d/mine.conf", "budget = 50ms\n")
    before = machine.corosync()
    machine.apt("purge", "timeguard")
    require(not machine.package().startswith(("installed", "config-files")), machine.package())
    now = machine.tree()
    differs = sorted(f"{path}: {machine.before.get(path)} -> {now.get(path)}" for path in now.keys() | machine.before.keys()
                     if now.get(path) != machine.before.get(path) and path != HA)
    require_equal(differs, [], "what is not as it was before")
    require("timeguard" not in machine.run("journalctl", "--list-catalog").stdout, "entries of the catalog")
    require_equal(machine.run("dpkg", "--audit").stdout, "", "what dpkg has to say")
    require_equal(machine.corosync(), before, "corosync")


@test
def it_installs_where_no_systemd_runs(machine):
    """An image that is being made: nothing is started, what is enabled is for its first boot."""
    for words in (("install", machine.deb), ("purge", "timeguard")):
        machine.run("unshare", "-m", "sh", "-c", "mount -t tmpfs tmpfs /run && mount -t tmpfs tmpfs /var/lib/dpkg/updates && exec \"$@\"", "sh",
                    "env", "DEBIAN_FRONTEND=noninteractive", *APT, *words, timeout_s=180)
        require_equal(machine.run("pgrep", "-x", "timeguardd", check=False).stdout, "", "agents")
        link = "/etc/systemd/system/multi-user.target.wants/timeguard.service"
        require_equal(os.path.lexists(machine.inside(link)), words[0] == "install", link)


def play(build):
    there = tempfile.mkdtemp(prefix="tg-life-")
    made = {}

    def later(version, configuration=""):
        if version not in made:
            made[version] = deb.later(version, there, configuration)
        return made[version]
    try:
        first = shutil.copy(deb.built(), there)
        with Installed(build, FILES, binds=(there,), program="/bin/true") as machine:
            machine.deb, machine.later = first, later
            machine.run("rm", "-rf", "/run/timeguard")
            machine.run("sh", "-c", "rm -rf /var/lib/corosync/*")
            if machine.package().startswith(("installed", "config-files")):
                machine.apt("purge", "timeguard")
            machine.run("systemctl", "start", "corosync")
            machine.before = machine.tree()
            return run_tests(machine)
    finally:
        shutil.rmtree(there)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True)
    arguments = parser.parse_args()
    why = missing()
    if why:
        print(f"skip all: {why}\n0 passed, 0 failed, 1 skipped")
        sys.exit(77)
    sys.exit(play(os.path.abspath(arguments.build)))
