#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Test of the lab itself, without agents: the virtual clocks are disciplined by real chronyds, corosync breaks and heals as told,
truth is exact, and nothing is left behind, whatever way a run ends. Usage: test_lab.py BUILD-DIRECTORY"""

import ctypes
import os
import select
import signal
import subprocess
import sys
import time

import clockfile
from lab import Lab, LabError, check_machine
from netspace import run

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from suite import Results, require  # noqa: E402 # after the search path

SECOND = 1000000000
UP_S = 120


class Timex(ctypes.Structure):
    _fields_ = [(name, kind) for name, kind in zip(
        "modes offset freq maxerror esterror status constant precision tolerance sec usec tick rest".split(),
        [ctypes.c_uint] + [ctypes.c_long] * 4 + [ctypes.c_int] + [ctypes.c_long] * 6 + [ctypes.c_char * 128])]


def kernel_rate():
    timex = Timex(modes=0)
    ctypes.CDLL(None).adjtimex(ctypes.byref(timex))
    return timex.freq, timex.tick


def offset_ns(lab, node):
    """REALTIME of a node minus that of its server."""
    return clockfile.truth_ns(lab.nodes[node].clock, lab.servers["ntp"].clock)


def settled(lab, limit_ns=300000):
    lab.wait_for(lambda: all(abs(offset_ns(lab, n)) < limit_ns for n in lab.nodes), 30, "all clocks to follow the server")


def test_truth_is_exact(lab):
    for node in lab.nodes.values():
        tool = int(run([lab.tgclock, node.clock_path, "get"]).stdout)
        ours = clockfile.shift_ns(node.clock)
        require(abs(tool - ours) < 200000, f"tgclock says {tool}, Python {ours}")
    at_ns = clockfile.raw_now_ns()
    before_ns = lab.truth(1, 2, at_ns)
    lab.step(1, 5000000)
    require(lab.truth(1, 2, at_ns) == before_ns, "a step changed the past")
    require(lab.truth_span(1, 2, at_ns, at_ns) == (before_ns, before_ns), "a step changed the past's span")
    low_ns, high_ns = lab.truth_span(1, 2, at_ns, clockfile.raw_now_ns())
    require(4900000 < high_ns - low_ns < 5100000, f"the span over a 5 ms step is {high_ns - low_ns} ns")
    lab.step(1, -5000000)


def test_an_instant_is_found_again(lab):
    """From a node's RAW back to the machine's, to the nanosecond, over any rates that its oscillator had."""
    clock = lab.nodes[2].clock
    begin_ns = clockfile.raw_now_ns()
    for ppb in (120000, -45000, 1, -499999999, 300000000, 0):
        lab.skew(2, ppb)
        time.sleep(0.02)
    end_ns = clockfile.raw_now_ns()
    borders = {s.raw0_ns for s in clock.segments_between(begin_ns, end_ns)[1:]}
    instants = {begin_ns + i * (end_ns - begin_ns) // 10000 for i in range(10000)} | {ns + i for ns in borders for i in range(-5, 5)}
    for at_ns in sorted(instants):
        node_ns = clock.at(at_ns).raw_ns
        found_ns = clock.when_ns(node_ns)
        first = clock.at(found_ns - 1).raw_ns < node_ns or found_ns in borders
        require(clock.at(found_ns).raw_ns >= node_ns and first, f"{node_ns} at {at_ns} was found at {found_ns}")


def test_chronyd_disciplines(lab):
    rate = kernel_rate()
    lab.skew(2, 80000)
    settled(lab)
    lab.wait_for(lambda: abs(float(lab.nodes[2].tracking()[7]) - 80) < 5, 40, "chronyd to find 80 ppm")
    require(kernel_rate() == rate, "the machine's clock was touched")
    lab.skew(2, 0)


def test_chronyd_steps(lab):
    steps = lab.nodes[3].clock.steps()
    lab.nodes[3].chronyd.stop()
    lab.step(3, 3 * SECOND)
    lab.nodes[3].start_time()
    lab.wait_for(lambda: abs(offset_ns(lab, 3)) < 10000000, 20, "makestep of 3 s")
    require(lab.nodes[3].clock.steps() == steps + 2, "chronyd did not step once")
    require(abs(clockfile.shift_ns(lab.nodes[3].clock)) < SECOND, "the virtual clock is not back")


def test_sources(lab):
    node = lab.nodes[1]
    node.set_sources(["10.77.2.252"])
    lab.wait_for(lambda: node.tracking()[0] == "0A4D02FC", 15, "n1 on the other server")
    node.set_local(10)
    lab.wait_for(lambda: node.tracking()[0] == "7F7F0101", 15, "n1 in local mode")
    node.set_sources(["203.0.113.5"])
    lab.wait_for(lambda: node.tracking()[0] == "CB007105", 15, "n1 on a public address")
    node.set_sources(["10.77.2.253"])
    lab.wait_for(lambda: node.tracking()[0] == "0A4D02FD", 15, "n1 on the alias")
    node.set_sources(["10.77.2.254"], restart=True)
    lab.wait_for(lambda: node.tracking()[0] == "0A4D02FE", 15, "n1 back on its server")


def test_dead_source(lab):
    lab.servers["ntp"].chronyd.kill()
    lab.wait_for(lambda: ",?," in lab.nodes[2].chronyc("-c", "sources"), 25, "n2 to lose its source")
    require(lab.nodes[2].tracking()[13] == "Normal", "chronyd admits a dead source: the premise of the lab is wrong")
    lab.servers["ntp"].start()
    lab.wait_for(lambda: ",*," in lab.nodes[2].chronyc("-c", "sources"), 25, "n2 to find it again")


def test_cut_time(lab):
    lab.cut_time(2)
    lab.wait_for(lambda: ",?," in lab.nodes[2].chronyc("-c", "sources"), 25, "n2 to lose the time network")
    require(",*," in lab.nodes[1].chronyc("-c", "sources"), "n1 lost its source as well")
    lab.cut_time(2, cut=False)
    lab.wait_for(lambda: ",*," in lab.nodes[2].chronyc("-c", "sources"), 25, "n2 to come back")


def test_partition(lab):
    lab.partition([[1, 2], [3]])
    lab.wait_for(lambda: lab.formed([1, 2]), 20, "the ring of two")
    lab.wait_for(lambda: "Quorate:          No" in lab.nodes[3].quorum(), 20, "n3 without quorum")
    lab.merge()
    lab.wait_for(lab.formed, 20, "one ring again")


def test_frozen_corosync(lab):
    lab.nodes[3].corosync.freeze()
    lab.wait_for(lambda: lab.formed([1, 2]), 20, "the ring without the frozen one")
    lab.nodes[3].corosync.thaw()
    lab.wait_for(lab.formed, 20, "one ring again")


def test_killed_corosync(lab):
    lab.nodes[2].corosync.kill()
    lab.wait_for(lambda: lab.formed([1, 3]), 20, "the ring without the killed one")
    lab.nodes[2].start_corosync()
    lab.wait_for(lab.formed, 20, "one ring again")


def test_fakes(lab):
    answers = {}
    for mode in ("honest", "silent", "short", "unauthorised", "many"):
        lab.nodes[1].start_fake_chronyd(mode, stratum=7)
        answers[mode] = lab.nodes[1].space.run("chronyc", "-n", "-h", "127.0.0.1", "-c", "tracking", check=False).stdout.strip()
    lab.nodes[1].stop_fake_chronyd()
    require(answers["honest"].split(",")[2] == "7", f"honest: {answers['honest']}")
    require("Cannot talk" in answers["silent"], f"silent: {answers['silent']}")
    require("Cannot talk" in answers["short"], f"short: {answers['short']}")
    require("Not authorised" in answers["unauthorised"], f"unauthorised: {answers['unauthorised']}")
    require(answers["many"].split(",")[2] == "7", f"many: {answers['many']}")


TESTS = [test_truth_is_exact, test_an_instant_is_found_again, test_chronyd_disciplines, test_chronyd_steps, test_sources, test_dead_source, test_cut_time,
         test_partition, test_frozen_corosync, test_killed_corosync, test_fakes]


def left_behind(pid):
    """Namespaces and directories of a run."""
    names = [n for n in run(["ip", "netns", "list"], check=False).stdout.split() if n.startswith(f"tg{pid}-")]
    return names + [d for d in os.listdir("/tmp") if d.startswith(f"timeguard-lab-{pid}-")]


def start_lab(build):
    script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "lab.py")
    process = subprocess.Popen([sys.executable, script, "--nodes", "2", "--build", build, "--no-agents", "--keep"],
                               stdout=subprocess.PIPE,
                               # a shell's background jobs ignore it, and so would this one
                               preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
    ready, _, _ = select.select([process.stdout], [], [], UP_S)
    line = process.stdout.readline() if ready else b""
    if b"are up" not in line:
        process.kill()
        raise AssertionError(f"the lab did not come up within {UP_S} s: {line!r}")
    return process


def end(process, number):
    process.send_signal(number)
    try:
        process.wait(20)
    finally:
        process.kill()
        process.stdout.close()


def test_ends(build):
    """Ctrl-C, SIGTERM and an error leave nothing; after SIGKILL the next run takes it down."""
    for number in (signal.SIGINT, signal.SIGTERM):
        process = start_lab(build)
        require(left_behind(process.pid), "the lab made nothing")
        end(process, number)
        require(not left_behind(process.pid), f"after signal {number}: {left_behind(process.pid)}")
    process = start_lab(build)
    end(process, signal.SIGKILL)
    require(left_behind(process.pid), "SIGKILL left nothing, which is too good to be true")
    try:
        with Lab(2, build, agents=False):
            raise RuntimeError("on purpose")
    except RuntimeError:
        pass
    require(not left_behind(process.pid), f"of the killed run: {left_behind(process.pid)}")
    require(not left_behind(os.getpid()), f"of this run: {left_behind(os.getpid())}")


def main():
    build = [argument for argument in sys.argv[1:] if not argument.startswith("--")][0]
    results = Results()
    try:
        check_machine()
    except LabError as error:
        print(f"skip: {error}\n0 passed, 0 failed, {len(TESTS) + 1} skipped")
        return 77
    with Lab(3, build, agents=False) as lab:
        for test in TESTS:
            results.attempt(test, lab)
    results.attempt(test_ends, build)
    return results.close()


if __name__ == "__main__":
    sys.exit(main())
