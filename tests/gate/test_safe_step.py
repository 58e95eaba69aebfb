#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""`timeguard safe-step` on a cluster of three machines with the stand-in of Proxmox HA: the source jumps by an hour, the clocks follow, and no
watchdog fires. Usage: test_safe_step.py --build DIRECTORY [NAME...]"""

import argparse
import os
import re
import sys
import time

from cluster import Machines, clockfile
from machine import ROOT, missing
from stacks import ARM, Proxmox

from suite import require, require_equal, run_tests, test  # by box's search path

arguments = argparse.ArgumentParser()
arguments.add_argument("--build", required=True)
arguments.add_argument("names", nargs="*")
ARGS = arguments.parse_args()

SECOND = 10**9
SOON_S = 20  # more than enough where nothing is to be done
STAYS_REPORTS = 5  # whoever gave up the closed gate would be known everywhere by then
HOUR = 3600 * SECOND
SHIPPED = {"packaging/systemd/timeguard-step@.service": "/usr/lib/systemd/system/timeguard-step@.service",
           "packaging/dbus/org.timeguard1.conf": "/etc/dbus-1/system.d/org.timeguard1.conf"}


def install(node):
    for source, target in SHIPPED.items():
        with open(os.path.join(ROOT, source), encoding="utf-8") as file:
            node.machine.write(target, file.read())
    node.run("systemctl", "daemon-reload")
    node.run("systemctl", "reload-or-restart", "dbus.service")


def begin(lab, mode="observe"):
    """An HA stack in good order. Of agents that only observe, what closes is the administrator's word."""
    # the clocks go back: loops that sleep on them would stand still for an hour
    if lab.stack and (not lab.stack.all_started() or max(abs(clockfile.shift_ns(node.clock)) for node in lab.nodes.values()) > 10 * SECOND):
        lab.stack.__exit__()
    lab.heal_clocks()
    if not lab.stack:
        Proxmox(lab).__enter__()
    lab.stack.forget_runs()
    lab.configure(["[gate]", f"mode = {mode}", "backend = proxmox", "release = 10s"])
    lab.stack.wait_armed()
    return lab.stack


def safe_step(node, *words, timeout_s=400):
    done = node.run("timeout", str(timeout_s), "timeguard", "safe-step", *words, check=False, timeout_s=timeout_s + 10)
    return done.returncode, done.stdout + done.stderr


def shift_ns(lab, number):
    """How far a node is from the time server."""
    return clockfile.truth_ns(lab.nodes[number].clock, lab.servers["ntp"].clock)


def gate(lab, number=1):
    return lab.status(number)["gate"]


def word_of(lab, number=1):
    """Who gave the word that keeps the gate closed, and for how long, if there is one."""
    word = gate(lab, number)["close"]
    return word and (word["by"], word["left_s"])


def jump(lab):
    """The source, but no chronyd yet, is an hour ahead; every agent has found out."""
    lab.servers["ntp"].disturb("step", HOUR)
    lab.wait_for(lambda: all(x["asked"] and (x["asked"][0]["low_ns"] or 0) > HOUR // 2 for x in lab.status(1)["nodes"]), 60, "all to know of the jump", 0.5)


@test
def without_yes_nothing_is_done(lab):
    begin(lab)
    code, text = safe_step(lab.nodes[1], timeout_s=SOON_S)
    require(code == 0 and "No step is needed" in text, f"{code} {text}")
    jump(lab)
    code, text = safe_step(lab.nodes[2], timeout_s=SOON_S)
    require(code == 0 and text.endswith("Nothing was done; --yes does it.\n") and "certainly +3" in text, f"{code} {text}")
    present, target = (time.mktime(time.strptime(re.search(rf"^{name}: +(\S+ \S+)", text, re.M)[1], "%Y-%m-%d %H:%M:%S")) for name in ("Present", "Target"))
    require(3598 <= target - present <= 3602, text)
    require("Others:   n1, n3 are as far" in text, text)
    code, text = safe_step(lab.nodes[1], "--resume", timeout_s=SOON_S)
    require(code == 1 and "nothing to resume" in text, f"{code} {text}")
    require_equal((gate(lab)["state"], gate(lab)["close"]), ("open", None), "the gate")
    require(min(abs(shift_ns(lab, n)) for n in lab.nodes) > HOUR // 2, "a clock was stepped")


def measured(node, mark):
    return "200 OK" in [entry["MESSAGE"] for entry in node.journal("-u", "timeguard-step@1.service", since_s=mark)]


@test
def the_step_itself_refuses_while_a_watchdog_is_armed(lab):
    """Before it begins, and once more at the last moment."""
    p, node = begin(lab), lab.nodes[1]
    jump(lab)
    require(p.armed(), "the premise: armed watchdogs")
    drop_in = "/run/systemd/system/timeguard-step@.service.d"
    try:
        for first_look in (True, False):
            mark = lab.now_s()
            done = node.run("systemctl", "start", "timeguard-step@1.service", check=False)
            require(done.returncode != 0, f"the unit was run to its end, first look {first_look}")
            if first_look:
                require(not measured(node, mark), "chronyd was asked for measurements")
            else:
                lab.wait_for(lambda: measured(node, mark), 5, "chronyd to be asked for measurements: what refused was another look")
            node.run("mkdir", "-p", drop_in)
            node.machine.write(f"{drop_in}/late.conf", "[Unit]\nAssertPathExists=\n")
            node.systemctl("daemon-reload")
    finally:
        node.run("rm", "-rf", drop_in)
        node.systemctl("daemon-reload")
    time.sleep(8)
    require(abs(shift_ns(lab, 1)) > HOUR // 2, "the clock was stepped")


@test
def all_are_stepped_and_no_watchdog_fires(lab):
    """On each node, at once; then all agree, the gate is open, and everything runs."""
    p = begin(lab)
    mark = lab.now_s()
    jump(lab)
    results = lab.each(lambda node: safe_step(node, "--yes"))
    for code, text in results:
        require(code == 0 and "open: HA actions pass again" in text, f"{code} {text}")
    took_s = lab.now_s() - mark
    require(max(abs(shift_ns(lab, n)) for n in lab.nodes) < SECOND // 10, f"shifts: {[shift_ns(lab, n) for n in lab.nodes]}")
    lab.wait_agreed(30)
    p.wait_armed()
    require_equal((p.resets(), gate(lab)["state"], gate(lab)["close"]), ([], "open", None), "resets, gate, word")
    require(p.all_started(), f"not as before: {p.armed()} {p.services()}")
    return f"{took_s:.1f} s from the jump to an open gate"


@test
def what_closed_by_itself_opens_once_all_are_stepped(lab):
    """The source jumps; the gate closes before any clock follows, the administrator steps all, and all is as before."""
    p = begin(lab, "enforce")
    mark = lab.now_s()
    jump(lab)
    p.wait_closed(mark)
    require(min(abs(shift_ns(lab, n)) for n in lab.nodes) > HOUR // 2, "a clock was stepped before")
    closed_s, began_s = lab.now_s() - mark, time.time()
    for code, text in lab.each(lambda node: safe_step(node, "--yes")):
        require(code == 0 and "open: HA actions pass again" in text, f"{code} {text}")
    require(max(abs(shift_ns(lab, n)) for n in lab.nodes) < SECOND // 10, f"shifts: {[shift_ns(lab, n) for n in lab.nodes]}")
    lab.wait_agreed(30)
    p.wait_opened(mark, began_s, 0)
    require_equal((p.resets(), gate(lab)["close"], lab.alerts("gate-failed", mark)), ([], None, {}), "resets, word, failures told")
    return f"closed and read to be so {closed_s:.1f} s after the jump, open {lab.now_s() - mark:.1f} s after it"


@test
def an_interrupted_one_stays_closed_until_resumed_or_aborted(lab):
    p = begin(lab)
    jump(lab)
    node = lab.nodes[1]
    node.run("systemd-run", "--unit=stepping", "--collect", "timeguard", "safe-step", "--yes")
    lab.wait_for(lambda: abs(shift_ns(lab, 1)) < SECOND, 200, "n1 to be stepped", 0.2)
    node.run("systemctl", "kill", "-s", "KILL", "stepping")
    lab.wait_reports(STAYS_REPORTS)
    require_equal((gate(lab, 2)["state"], word_of(lab, 2), p.armed()), ("closed", ("n1", None), []), "gate, word, watchdogs")
    code, text = safe_step(lab.nodes[2], "--resume", "--timeout", "1s", timeout_s=120)
    require(code == 1 and "the gate stays closed" in text, f"{code} {text}")
    require_equal((p.armed(), p.calls(ARM)), ([], []), "watchdogs, runs of arm-ha while n3 is an hour behind")
    safe_step(lab.nodes[3], "--resume", "--timeout", "1s")
    require(abs(shift_ns(lab, 3)) < SECOND, "n3 was not stepped")
    lab.wait_agreed(60)
    if gate(lab)["close"]:
        code, text = safe_step(lab.nodes[1], "--resume")
        require(code == 0 and "open: HA actions pass again" in text, f"{code} {text}")
    lab.wait_for(lambda: gate(lab)["state"] == "open", 120, "the gate to open", 0.5)
    p.wait_armed()
    require_equal(p.resets(), [], "resets")


@test
def what_fails_stays_closed_and_an_abort_opens(lab):
    p = begin(lab)
    jump(lab)
    node = lab.nodes[1]
    node.run("systemctl", "mask", "--runtime", "timeguard-step@.service")
    code, text = safe_step(node, "--yes")
    node.run("systemctl", "unmask", "--runtime", "timeguard-step@.service")
    require(code == 1 and "the clock was not stepped" in text and "the gate stays closed and nothing fails over" in text, f"{code} {text}")
    lab.wait_reports(STAYS_REPORTS)
    require_equal((gate(lab, 2)["state"], word_of(lab, 2), p.armed()), ("closed", ("n1", None), []), "gate, word, watchdogs")
    require(node.run("timeguard", "status", check=False).stdout.startswith("GATE CLOSED: no failover"), "the first line")
    lab.servers["ntp"].disturb("step", -HOUR)
    code, text = safe_step(lab.nodes[2], "--abort")
    require_equal(code, 0, text)
    lab.wait_for(lambda: gate(lab)["state"] == "open" and not gate(lab)["close"], 200, "the gate to open", 0.5)
    p.wait_armed()
    require_equal(p.resets(), [], "resets")


if __name__ == "__main__":
    WHY_NOT = missing()
    if WHY_NOT:
        print(f"skip: {WHY_NOT}\n0 passed, 0 failed, 1 skipped")
        sys.exit(77)
    with Machines(3, ARGS.build) as LAB:
        LAB.each(install)
        sys.exit(run_tests(LAB, names=ARGS.names))
