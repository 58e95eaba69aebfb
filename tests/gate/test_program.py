#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""timeguard-gate by itself: its requests and results, and the backend command. Usage: test_program.py --build DIRECTORY [NAME...]"""

import argparse
import json
import os
import socket
import stat
import sys
import time

from box import GATE, Box, request

from suite import Skip, require, require_equal, run_tests, test  # by box's search path

arguments = argparse.ArgumentParser()
arguments.add_argument("--build", required=True)
arguments.add_argument("names", nargs="*")
ARGS = arguments.parse_args()
PROGRAM = os.path.join(ARGS.build, "timeguard-gate")

# A backend whose state is a file beside it; each run leaves its argument and its input.
STATEFUL = """cd "$(dirname "$0")" && echo "$1" >>ran && cat >input
case $1 in
status) cat state ;;
close) echo closed whole >state; echo all guests frozen ;;
open) echo open whole >state ;;
esac
"""


def box():
    if os.geteuid() != 0:
        raise Skip("needs root, for a mount namespace")
    return Box(PROGRAM)


def write(directory, name, text):
    with open(os.path.join(directory, name), "w", encoding="utf-8") as file:
        file.write(text)


def read(directory, name):
    with open(os.path.join(directory, name), encoding="utf-8") as file:
        return file.read()


def stateful(b, state="open whole"):
    write(b.directory, "state", state + "\n")
    return b.script("backend", STATEFUL)


@test
def status_tells_what_the_program_says():
    with box() as b:
        found = b.order("status", command=stateful(b, "closing whole busy fencing armed master"))
        require_equal(found["state"], "closing", "state")
        require_equal(found["flags"], ["ready", "whole", "master", "armed", "busy", "fencing"], "flags")
        require_equal((found["outcome"], found["prior"], found["backend"]), ("done", "closing", "command"), "outcome, prior, backend")
        require_equal(found["command"], f"{b.directory}/backend close", "what close would run")
        require_equal(read(b.directory, "ran"), "status\n", "runs")


@test
def a_bus_that_says_no_hello_does_not_hold_a_run():
    """It takes the connection and is silent: not one call's limit would count there."""
    with box() as b, socket.socket(socket.AF_UNIX) as listener:
        listener.bind("\0" + b.directory)
        listener.listen(5)
        begin = time.monotonic()
        found = b.order("status", env={"DBUS_SYSTEM_BUS_ADDRESS": f"unix:abstract={b.directory}"}, backend="units", units=["a.service"])
        require_equal((found["outcome"], found["state"], found["flags"]), ("failed", "unknown", []), "status")
        require("the system bus does not answer" in found["detail"], found["detail"])
        require(time.monotonic() - begin < 6, f"it took {time.monotonic() - begin:.1f} s")


@test
def close_and_open_are_looked_at_again():
    with box() as b:
        path = stateful(b)
        closed = b.order("close", command=path)
        require_equal((closed["outcome"], closed["state"], closed["prior"]), ("done", "closed", "open"), "outcome, state, prior of close")
        require_equal((closed["detail"], closed["command"]), ("all guests frozen", f"{path} close"), "detail, command")
        require_equal(b.order("open", command=path, prior="open")["state"], "open", "state after open")
        require_equal(read(b.directory, "ran"), "status\nclose\nstatus\n" "status\nopen\nstatus\n", "runs")


@test
def nothing_is_run_where_nothing_is_to_be_done():
    """And what somebody else has closed, or is closing, is not called done: that would make it ours to open."""
    with box() as b:
        for verb, state, outcome in (("close", "closed", "failed"), ("close", "closing", "failed"), ("open", "open", "done")):
            path = stateful(b, state)
            found = b.order(verb, command=path)
            require_equal((found["outcome"], found["state"], found["command"]), (outcome, state, ""), f"{verb} of {state}")
        require_equal(read(b.directory, "ran"), "status\n" * 3, "runs")
        require_equal(b.order("close", command=stateful(b, "unused"))["outcome"], "failed", "close without an HA stack")


@test
def the_evidence_is_told():
    with box() as b:
        b.order("close", command=stateful(b), scope="node", reason="n2 \"left\" the set; 50 % off\\")
        told = json.loads(read(b.directory, "input"))
        require_equal(told["reason"], "n2 \"left\" the set; 50 % off\\", "reason")
        require_equal((told["scope"], told["node"]["name"], len(told["nodes"])), ("node", "n1", 3), "scope, node, nodes")


@test
def a_failure_is_told_with_its_last_line():
    with box() as b:
        write(b.directory, "state", "open\n")
        path = b.script("backend", '[ "$1" = status ] && { echo open; exit 0; }\necho; echo trying >&2; echo "  no lock  " >&2; echo >&2; exit 13\n')
        found = b.order("close", command=path)
        require_equal((found["outcome"], found["detail"]), ("failed", f"{path}: exit status 13: no lock"), "outcome, detail")
        path = b.script("dies", '[ "$1" = status ] && { echo open; exit 0; }\nkill -9 $$\n')
        require_equal(b.order("close", command=path)["detail"], f"{path}: killed by signal 9", "detail of a kill")


@test
def a_status_that_is_none_is_no_state():
    with box() as b:
        for text, exit_status in (("opened", 0), ("", 0), ("open sesame", 0), ("unknown", 0), ("open", 1)):
            path = b.script("backend", f"echo '{text}'; exit {exit_status}\n")
            for verb in ("status", "close"):
                found = b.order(verb, command=path)
                require_equal((found["outcome"], found["state"], found["flags"]), ("failed", "unknown", []), f"{verb} with '{text}' {exit_status}")


@test
def time_is_up_for_all_of_a_command():
    """Its children go too, and even one that ignores SIGTERM and floods its output."""
    with box() as b:
        for body in ("sleep 300 & echo $! >child; sleep 300", "trap '' TERM; sleep 300 & echo $! >child; exec yes"):
            path = b.script("backend", f'cd "$(dirname "$0")"; [ "$1" = status ] && {{ echo open; exit 0; }}\n{body}\n')
            begin = time.monotonic()
            found = b.order("close", command=path, env={"TIMEGUARD_GATE_SECONDS": "2"})
            took = time.monotonic() - begin
            require_equal((found["outcome"], found["command"]), ("timeout", f"{path} close"), "outcome, command")
            require(1.5 < took < 4, f"it took {took:.1f} s")
            child = int(read(b.directory, "child"))
            time.sleep(0.2)
            require(not alive(child), f"child {child} lives")


@test
def a_status_that_hangs_begins_nothing():
    with box() as b:
        path = b.script("backend", 'echo "$1" >>"$(dirname "$0")/ran"; exec sleep 300\n')
        for verb in ("status", "close", "open"):
            found = b.order(verb, command=path, env={"TIMEGUARD_GATE_SECONDS": "1"})
            require_equal((found["outcome"], found["state"], found["command"]), ("failed", "unknown", ""), verb)
        require_equal(read(b.directory, "ran"), "status\n" * 3, "runs")


def alive(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@test
def a_child_that_keeps_the_pipe_is_not_waited_for():
    with box() as b:
        path = b.script("backend", "sleep 20 & echo open\n")
        begin = time.monotonic()
        require_equal(b.order("status", command=path)["state"], "open", "state")
        require(time.monotonic() - begin < 5, "the pipe's end was waited for")


@test
def much_output_makes_a_small_result():
    with box() as b:
        path = b.script("backend", 'head -c 3000000 /dev/zero | tr "\\0" "x"; printf "\\033[2J\\377" >&2; exit 1\n')
        found = b.order("status", command=path)
        require(len(json.dumps(found)) < 8192, "the result is large")
        require("?[2J?" in found["detail"], f"detail: {found['detail']!r}")
        path = b.script("backend", 'head -c 3000000 /dev/zero | tr "\\0" "x"; exit 1\n')
        require(len(b.order("status", command=path)["detail"]) < 256, "detail is long")


@test
def what_others_may_write_is_not_run():
    with box() as b:
        path = stateful(b)
        for mode in (0o775, 0o757, 0o644):
            os.chmod(path, mode)
            require_equal(b.order("close", command=path)["outcome"], "failed", f"outcome with mode {mode:o}")
        os.chmod(path, 0o755)
        os.chown(path, 65534, 65534)
        require_equal(b.order("close", command=path)["outcome"], "failed", "outcome with another owner")
        for other in ("", "backend", b.directory, "/nonexistent"):
            require_equal(b.order("close", command=other)["outcome"], "failed", f"outcome with '{other}'")
        require(not os.path.exists(os.path.join(b.directory, "ran")), "it was run")


@test
def bad_requests_are_one_clear_error():
    cases = {"missing": ({"reason": None}, '"reason" is missing'), "version": ({"version": 2}, '"version" is 2'),
             "verb": ({"verb": "shut"}, '"verb" must be one of status, close, open'), "other verb": ({"verb": "open"}, "for another run"),
             "ticket": ({"ticket": 99}, "for another run"), "negative": ({"ticket": -1}, '"ticket" must be an integer'),
             "scope": ({"scope": "nothing"}, '"scope" must be cluster or node'), "uuid": ({"uuid": "00"}, '"uuid" must be 32'),
             "uuid digits": ({"uuid": "0" * 31 + "x"}, '"uuid" must be 32'), "uuid length": ({"uuid": "0" * 33}, '"uuid" must be a string'), "prior": ({"prior": "x" * 25}, '"prior" must be a string of less than 25'),
             "control": ({"reason": "a\nb"}, '"reason" must be'), "nodes": ({"nodes": [1]}, '"nodes" must hold objects'),
             "units": ({"units": [7]}, '"units" must hold names'), "health": ({"health": "blue"}, '"health" must be one of')}
    with box() as b:
        path = stateful(b)
        for name, (changes, wanted) in cases.items():
            b.write("7.request", json.dumps(request(7, "close", command=path) | changes if None not in changes.values()
                                            else request(7, "close", **{"command": path, **changes})))
            done = b.run(PROGRAM, "close-7")
            found = b.result(7)
            require_equal((done.returncode, found["outcome"], found["state"], found["ticket"]), (0, "failed", "unknown", 7), name)
            require(wanted in found["detail"], f"{name}: {found['detail']}")
        for name, text in (("no JSON", "{"), ("a list", "[]"), ("nothing", "")):
            b.write("7.request", text)
            b.run(PROGRAM, "close-7")
            require_equal(b.result(7)["outcome"], "failed", name)
        require(not os.path.exists(os.path.join(b.directory, "ran")), "it was run")


@test
def keys_of_the_future_are_ignored():
    with box() as b:
        require_equal(b.order("status", command=stateful(b), colour="blue")["state"], "open", "state")


@test
def a_request_that_others_may_write_is_not_obeyed():
    with box() as b:
        path = stateful(b)
        text = json.dumps(request(7, "close", command=path))
        b.write("7.request", text, 0o666)
        b.run(PROGRAM, "close-7")
        require_equal(b.result(7)["outcome"], "failed", "outcome of a file for all")
        b.write("7.request", text)
        os.chown(b.inside(f"{GATE}/7.request"), 65534, 65534)
        b.run(PROGRAM, "close-7")
        require_equal(b.result(7)["outcome"], "failed", "outcome of another owner's file")
        b.write("elsewhere", text)
        os.unlink(b.inside(f"{GATE}/7.taken"))
        os.symlink("elsewhere", b.inside(f"{GATE}/7.request"))
        b.run(PROGRAM, "close-7")
        require_equal(b.result(7)["outcome"], "failed", "outcome of a link")
        os.unlink(b.inside(f"{GATE}/7.taken"))
        b.write("7.request", text + " " * 70000)
        b.run(PROGRAM, "close-7")
        require_equal(b.result(7)["outcome"], "failed", "outcome of a large file")
        require(not os.path.exists(os.path.join(b.directory, "ran")), "it was run")


@test
def a_withdrawn_request_does_nothing():
    with box() as b:
        done = b.run(PROGRAM, "close-7")
        require_equal((done.returncode, b.files()), (1, []), "exit status, files")


@test
def a_request_is_taken_once():
    """The file that could be withdrawn is gone before anything is run; the result is for root alone, and nothing unfinished stays."""
    with box() as b:
        path = b.script("backend", f'ls {GATE} >"$(dirname "$0")/seen"; echo open\n')
        b.write("7.request", json.dumps(request(7, "status", command=path)))
        require_equal(b.run(PROGRAM, "status-7").returncode, 0, "exit status")
        require_equal(read(b.directory, "seen"), "7.taken\n", "files during the run")
        require_equal(b.files(), ["7.result", "7.taken"], "files")
        require_equal(stat.S_IMODE(os.stat(b.inside(f"{GATE}/7.result")).st_mode), 0o600, "mode")
        require_equal(b.run(PROGRAM, "status-7").returncode, 1, "exit status of a second run")


@test
def only_instances_are_arguments():
    with box() as b:
        for instance in ("", "close", "close-", "close-x", "close-1x", "close--1", "close-4294967296", "shut-1", "closed-1", "close-1 "):
            require_equal(b.run(PROGRAM, instance).returncode, 2, f"exit status of '{instance}'")
        require_equal(b.run(PROGRAM).returncode, 2, "exit status without")
        require_equal(b.files(), [], "files")


@test
def without_a_backend_there_is_nothing_to_close():
    with box() as b:
        b.path = b.directory + ":/usr/bin:/bin"
        for backend in ("none", "auto"):
            found = b.order("status", backend=backend)
            require_equal((found["outcome"], found["state"], found["flags"], found["backend"]), ("done", "unused", [], "none"), backend)
            require_equal(b.order("close", backend=backend)["outcome"], "failed", "outcome of close")


if __name__ == "__main__":
    sys.exit(run_tests(names=ARGS.names))
