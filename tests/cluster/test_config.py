#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The configuration: --check-config names file, line, key and what is allowed; a bad file is refused at the start and kept out by a
reload, which says so; nodes that differ are named by all."""

import os
import signal
import subprocess
import sys
import tempfile

from testing import Group, main, options, require, require_equal
from watch import Watch

EXIT_CONFIG = 78
DEFAULT_BUDGET_NS = 1000000000
# The text, the line that is at fault, the key, and what the error must say is allowed.
FAULTS = (
    ("budget = 5\n", 1, "budget", "duration from 1ms to 1m"),
    ("# a comment\n\nbudget = fast\n", 3, "budget", "no number with a unit"),
    ("budget = 0.5ms\n", 1, "budget", "1ms"),
    ("budget = 2h\n", 1, "budget", "1ms to 1m"),
    ("budget = -1s\n", 1, "budget", "duration"),
    ("budget =\n", 1, "budget", "duration"),
    ("warn_percent = 101\n", 1, "warn_percent", "from 10 to 100"),
    ("warn_percent = 50.5\n", 1, "warn_percent", "whole number"),
    ("boot_grace = 2d\n", 1, "boot_grace", "duration"),
    ("budgit = 1s\n", 1, "budgit", "no such option"),
    ("[source]\nbudget = 1s\n", 2, "source.budget", "no such option"),
    ("[source]\nallow = 10.0.0.0/33\n", 2, "source.allow", "addresses, prefixes, names"),
    ("[source]\nallow = 10.0.0.254\n        300.1.1.1\n", 3, "source.allow", "not '300.1.1.1'"),
    ("[source]\nalias = 10.0.0.254\n", 2, "source.alias", "a set needs two"),
    ("[source]\nalias = 10.0.0.254 10.0.0.254\n", 2, "source.alias", "stands twice"),
    ("[chrony]\nport = 65536\n", 2, "chrony.port", "from 1 to 65535"),
    ("[status]\nsocket = run/x\n", 2, "status.socket", "absolute path"),
    ("[status]\nsocket = /" + "x" * 110 + "\n", 2, "status.socket", "absolute path"),
    ("[status]\nmode = 0777\n", 2, "status.mode", "from 0600 to 0666"),
    ("[status]\nmode = 999\n", 2, "status.mode", "permissions"),
    ("journal = perhaps\n", 1, "journal", "yes or no"),
    ("budget = 1s\nthis is no option\n", 2, None, "key = value"),
    ("budget = 1s\n[source\n", 2, None, "[section]"),
    ("x" * 300 + " = 1\n", 1, None, "line of"),
    ("budget = 1s\0\n", 1, None, "NUL"),
    ("budget = 1\x1b[2J\u00b5s\n", 1, "budget", "'1?[2J??s'"),
)


def check(path):
    return subprocess.run([os.path.join(options.build, "timeguardd"), "--config", path, "--check-config"], capture_output=True, text=True,
                          timeout=10, check=False)


def written(directory, name, text):
    path = os.path.join(directory, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


def test_check_config(_):
    """Each kind of error by itself: FILE:LINE, the key, what is allowed, exit code 78, nothing on standard output."""
    with tempfile.TemporaryDirectory() as directory:
        for text, line, key, allowed in FAULTS:
            path = written(directory, "timeguard.conf", text)
            result = check(path)
            require_equal(result.returncode, EXIT_CONFIG, f"exit code for {text!r}")
            require(result.stderr.startswith(f"{path}:{line}: "), f"{text!r}: file and line are missing: {result.stderr}")
            require(key is None or f"key '{key}'" in result.stderr, f"{text!r}: the key is missing: {result.stderr}")
            require(allowed in result.stderr, f"{text!r}: it does not say '{allowed}': {result.stderr}")
            require_equal(result.stdout, "", f"standard output for {text!r}")
    return f"{len(FAULTS)} kinds"


def test_check_all_errors(_):
    """All errors of all files at once, in the order of files and lines."""
    with tempfile.TemporaryDirectory() as directory:
        path = written(directory, "timeguard.conf", "budget = x\nwarn_percent = 7\n")
        second = written(directory, "timeguard.conf.d/10-more.conf", "[chrony]\nport = no\n")
        third = written(directory, "timeguard.conf.d/20-more.conf", "journal = maybe\n")
        written(directory, "timeguard.conf.d/ignored.txt", "nonsense\n")
        lines = check(path).stderr.splitlines()
        places = [line.split(": ")[0] for line in lines]
        require_equal(places, [f"{path}:1", f"{path}:2", f"{second}:2", f"{third}:1"], "places")


def test_check_good(_):
    """A good one is shown as it will be: files of the directory later, defaults for the rest. A missing file is all defaults."""
    with tempfile.TemporaryDirectory() as directory:
        path = written(directory, "timeguard.conf", "budget = 250 ms\n[source]\nalias = 10.0.0.1 10.0.0.2\n")
        written(directory, "timeguard.conf.d/10.conf", "budget = 300ms\n[status]\nsocket = /run/a\n    /run/b ; a value on its own line\n")
        result = check(path)
        require_equal(result.returncode, 0, f"exit code: {result.stderr}")
        for line in (f"{path}: ok", "budget = 300ms", "source.alias = 10.0.0.1 10.0.0.2", "chrony.port = 323",
                     "status.socket = /run/b"):
            require(line in result.stdout.splitlines(), f"'{line}' is missing: {result.stdout}")
        require_equal(check(os.path.join(directory, "none.conf")).returncode, 0, "exit code for no file")
        os.mkdir(os.path.join(directory, "dir.conf"))
        result = check(os.path.join(directory, "dir.conf"))
        require(result.returncode == EXIT_CONFIG and "not a regular file" in result.stderr, f"a directory: {result.stderr}")


def test_shipped_file(_):
    """The file that is installed is good, and every option in it is the default."""
    shipped = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))), "packaging", "timeguard.conf")
    with tempfile.TemporaryDirectory() as directory:
        with open(shipped, encoding="utf-8") as file:
            path = written(directory, "timeguard.conf", file.read())
        result, defaults = check(path), check(os.path.join(directory, "none.conf"))
        require_equal(result.returncode, 0, result.stderr)
        require_equal(result.stdout.splitlines()[1:], defaults.stdout.splitlines()[1:], "options")


def test_usage(_):
    for arguments in (["--nonsense"], ["extra"], ["--config"]):
        result = subprocess.run([os.path.join(options.build, "timeguardd"), *arguments], capture_output=True, text=True, timeout=10, check=False)
        require_equal(result.returncode, 2, f"exit code for {arguments}")
        require(result.stderr, f"no word about {arguments}")


def reload(lab, number, text):
    """Overwrites a node's file and sends SIGHUP; returns the log from then on, as a function."""
    node = lab.nodes[number]
    mark = len(node.alerts())
    node.file("timeguard.conf", text)
    node.agent.signal(signal.SIGHUP)
    return lambda: node.alerts()[mark:]


def budget_of(lab, number):
    return lab.status(number)["cluster"]["budget_ns"]


def test_refuses_bad_file(lab):
    node = lab.nodes[1]
    node.agent.stop()
    good = lab.agent_conf(node)
    path = node.file("timeguard.conf", "budget = never\n")
    node.agent.start()
    lab.wait_for(lambda: not node.agent.running(), 5, "the agent to refuse")
    require_equal(node.agent.process.returncode, EXIT_CONFIG, "exit code")
    require(f"{path}:1: key 'budget'" in node.alerts(), f"the error: {node.agent.tail(3)}")
    node.file("timeguard.conf", good)
    node.agent.start()


def test_reload_bad(lab):
    """The old options stay, the log says what is wrong and that they stay, and the agent goes on without a gap."""
    before = budget_of(lab, 2)
    with Watch(lab) as watch:
        log = reload(lab, 2, "budget = never\n[status]\nsocket = /run/timeguard/status.sock\n")
        lab.wait_for(lambda: "not reloaded" in log(), 5, "the refusal in the log")
        require("timeguard.conf:1: key 'budget'" in log() and "options stay as they were" in log(), f"log: {log()}")
        seq = next(n["seq"] for n in lab.status(1)["nodes"] if n["id"] == 2)
        lab.wait_for(lambda: next(n["seq"] for n in lab.status(1)["nodes"] if n["id"] == 2) >= seq + 2, 5, "two more reports")
        require_equal(budget_of(lab, 2), before, "budget")
    watch.require_answers(0.5)
    require_equal({d["cluster"]["verdict"] for d in watch.documents()}, {"agreed"}, "verdicts")
    reload(lab, 2, lab.agent_conf(lab.nodes[2]))


def test_reload_differing(lab):
    """One node with another budget is named on all, and the status shows the budget that is in force; mended, it clears."""
    log = reload(lab, 3, lab.agent_conf(lab.nodes[3]).replace("budget = 900ms", "budget = 700ms"))
    lab.wait_for(lambda: "configuration reloaded" in log(), 5, "the reload in the log")
    lab.wait_for(lambda: budget_of(lab, 3) == 700000000, 2, "the new budget in the status of n3")
    require_equal(budget_of(lab, 1), 900000000, "budget of n1")

    def named():
        return all(any(a["id"] == "configuration-differs" and "n3" in a["reason"] for a in lab.status(n)["alerts"]) for n in lab.nodes)
    lab.wait_for(named, 10, "n3 to be named on all nodes")
    require_equal(lab.status(1)["cluster"]["verdict"], "at-risk", "verdict")
    require("n3" in lab.status(2)["cluster"]["reason"], f"reason: {lab.status(2)['cluster']['reason']}")
    prints = {n["id"]: n["fingerprint"] for n in lab.status(1)["nodes"]}
    require(prints[1] == prints[2] != prints[3], f"fingerprints: {prints}")
    reload(lab, 3, lab.agent_conf(lab.nodes[3]))


def test_reload_fixed(lab):
    """What cannot change at run time stays, and the log says so."""
    log = reload(lab, 1, lab.agent_conf(lab.nodes[1]).replace("status.sock", "other.sock"))
    lab.wait_for(lambda: "status.socket" in log() and "restarted" in log(), 5, "the warning in the log")
    require(lab.status(1), "the socket moved")
    reload(lab, 1, lab.agent_conf(lab.nodes[1]))


def test_reload_deleted(lab):
    """A file that is gone is all defaults, as at the start."""
    node = lab.nodes[1]
    mark = len(node.alerts())
    require(budget_of(lab, 1) != DEFAULT_BUDGET_NS, "the premise: another budget than the default")
    os.unlink(os.path.join(node.directory, "timeguard.conf"))
    node.agent.signal(signal.SIGHUP)
    lab.wait_for(lambda: "configuration reloaded" in node.alerts()[mark:], 5, "the reload in the log")
    lab.wait_for(lambda: budget_of(lab, 1) == DEFAULT_BUDGET_NS, 2, "the default budget in the status")
    reload(lab, 1, lab.agent_conf(node))
    lab.wait_for(lambda: budget_of(lab, 1) != DEFAULT_BUDGET_NS, 5, "the old budget in the status")


GROUPS = [Group(test_check_config, test_check_all_errors, test_check_good, test_shipped_file, test_usage, nodes=0),
          Group(test_refuses_bad_file, test_reload_bad, test_reload_differing, test_reload_fixed, test_reload_deleted,
                budget="900ms")]  # not the default, which a failed reload must not bring back

if __name__ == "__main__":
    sys.exit(main(GROUPS))
