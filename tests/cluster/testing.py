#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs tests against labs. A test file has functions that take a lab, and groups of them that share one:

    GROUPS = [Group(test_one, test_two, nodes=3, budget="50ms")]
    if __name__ == "__main__":
        sys.exit(main(GROUPS))

A group's lab is made for its first test and again after a failed one, so that a failure does not spoil what follows. A group
without nodes (nodes=0) gives its tests None. Run by itself, this file runs all test files, two at a time, and adds up. That no
test ran at all is a failure."""

import argparse
import concurrent.futures
import glob
import os
import signal
import subprocess
import sys
import traceback

from lab import Lab, LabError, check_machine

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.dirname(HERE))

from suite import CLOSING, Results, require, require_equal  # noqa: E402, F401 # after the search path; for the tests too

TEST_LIMIT_S, LONG_LIMIT_S = 120, 3600
FILE_LIMIT_S, LONG_FILE_LIMIT_S = 1800, 6 * 3600
LOG_LINES, LOG_COLUMNS = 6, 220
options = argparse.Namespace(build="build", long=False, pattern="", lab_logs=False)


class TooLong(BaseException):
    """Not an Exception, so that no test takes it for one of its own."""


# These are said for a while after what they are about.
LASTING = {"node-stepped", "node-oscillator", "node-bad-report"}


def wait_well(lab, timeout_s=30):
    """All nodes agree that all is well, and no alert is left of what was."""
    def well():
        documents = [lab.status(number) for number in lab.nodes]
        return all(lab.all_well(d) and {a["id"] for a in d["alerts"]} <= LASTING for d in documents)
    lab.wait_for(well, timeout_s, "all nodes to agree that all is well, without alerts")


class Group:
    """Tests that share a lab. They may leave it broken only if they fail: between two tests all must be well again."""

    def __init__(self, *tests, settle=True, **lab):
        self.tests = tests
        self.settle = settle
        self.lab_options = {"nodes": 3, **lab}
        self.lab = None

    def open(self):
        if self.lab is None and self.lab_options["nodes"]:
            lab = Lab(build=options.build, **self.lab_options)
            lab.__enter__()
            self.lab = lab
            if lab.with_agents and self.settle:
                wait_well(lab)
        return self.lab

    def close(self):
        lab, self.lab = self.lab, None
        if lab:
            lab.__exit__(None, None, None)

    def evidence(self):
        """The last words of the first agents, and what each says now."""
        if not self.lab or not self.lab.with_agents:
            return []
        lines = []
        for node in list(self.lab.nodes.values())[:3]:
            document = node.status()
            cluster = document["cluster"] if document else {"verdict": "no status", "reason": ""}
            lines.append(f"{node.name} says {cluster['verdict']}: {cluster['reason']}")
            lines += [f"{node.name} log: {line[:LOG_COLUMNS]}" for line in node.alerts().splitlines()[-LOG_LINES:]]
        return lines


def _alarm(*_):
    raise TooLong()


def _play(group, test):
    signal.alarm(LONG_LIMIT_S if options.long else TEST_LIMIT_S)
    try:
        lab = group.open()
        note = test(lab)
        if lab and lab.with_agents and group.settle:
            wait_well(lab)
        return note
    except TooLong as error:
        places = "".join(traceback.format_tb(error.__traceback__)[-3:])
        raise AssertionError(f"takes too long:\n{places}").with_traceback(error.__traceback__) from None
    finally:
        signal.alarm(0)


def _run_one(group, test, results):
    if not results.attempt(test, group, test, run=_play):
        for line in group.evidence():
            print(f"#   {line}", flush=True)
        group.close()


def _run_group(group, results):
    try:
        for test in group.tests:
            if options.pattern in test.__name__:
                _run_one(group, test, results)
    finally:
        group.close()


def _parse(description):
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--build", default="build", help="the build directory")
    parser.add_argument("-k", dest="pattern", default="", help="only the tests whose name holds this")
    parser.add_argument("--long", action="store_true", help="the long form of campaigns")
    parser.add_argument("--list", action="store_true", help="name the tests and end")
    return parser


def main(groups, description="Cluster tests of timeguard."):
    _parse(description).parse_args(namespace=options)
    tests = [test for group in groups for test in group.tests]
    results = Results()
    if options.list:
        print("\n".join(test.__name__.removeprefix("test_") for test in tests))
        return 0
    try:
        check_machine()
    except LabError as error:
        print(f"skip all: {error}\n0 passed, 0 failed, {len(tests)} skipped")
        return 77
    signal.signal(signal.SIGALRM, _alarm)
    for group in groups:
        _run_group(group, results)
    return results.close()


# All files.

def _run_file(path):
    """Its lines, and its results: None where it ended otherwise than it says."""
    arguments = ["--build", options.build, "-k", options.pattern] + ["--long"] * options.long
    limit_s = LONG_FILE_LIMIT_S if options.long else FILE_LIMIT_S
    try:
        result = subprocess.run([sys.executable, path, *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                timeout=limit_s, check=False)
    except subprocess.TimeoutExpired as error:
        return [*(error.stdout or b"").decode(errors="replace").splitlines(), f"it did not end within {limit_s} s"], None
    lines = result.stdout.splitlines()
    found = Results.told(lines)
    if found and result.returncode in (found.status(), 77):
        return lines, found
    return [*lines, f"it ended with {result.returncode}"], None


def run_all():
    parser = _parse("Runs all cluster tests.")
    parser.add_argument("--jobs", type=int, default=2, help="test files at a time")
    parser.add_argument("files", nargs="*", metavar="FILE", help="only these, such as test_steps")
    arguments = parser.parse_args(namespace=options)
    results = Results()
    paths = [p for p in sorted(glob.glob(os.path.join(HERE, "test_*.py"))) if os.path.basename(p) != "test_lab.py"]
    if arguments.files:
        paths = [os.path.join(HERE, f"{name}.py") for name in arguments.files]
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        runs = {pool.submit(_run_file, path): os.path.basename(path) for path in paths}
        for done in concurrent.futures.as_completed(runs):
            lines, found = done.result()
            if found and not found.n():
                continue
            print(f"== {runs[done]}", *[line for line in lines if not CLOSING.fullmatch(line)], sep="\n", flush=True)
            if found:
                results.merge(found)
            else:
                results.add("not ok", runs[done], lines[-1])
    return results.close()


if __name__ == "__main__":
    sys.exit(run_all())
