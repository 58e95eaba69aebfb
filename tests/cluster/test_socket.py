#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The status socket under idle, slow and many clients, and the agent without disk, journal or D-Bus: its second stays its second,
and whoever asks gets a document."""

import contextlib
import fcntl
import json
import os
import select
import shlex
import shutil
import socket
import stat
import struct
import subprocess
import sys
import time

from clockfile import raw_now_ns
from host import STATUS_SOCKET
from testing import Group, main, require, require_equal
from watch import Watch, fetch

ANSWER_S = 2
TICK_SLACK_S = 0.4  # of the arrival of a report at another node
FLOOD_PAUSE_S = 1  # so that the floods come at several seconds of the ticks


def address(lab, number, name=STATUS_SOCKET):
    return lab.nodes[number].space.path(name)


@contextlib.contextmanager
def clients(lab, number, count, timeout_s=5):
    """Connections that read nothing."""
    links = []
    try:
        for _ in range(count):
            link = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            links.append(link)
            link.connect(address(lab, number))  # blocking: one with a time limit does not wait for room in the backlog
            link.settimeout(timeout_s)
        yield links
    finally:
        for link in links:
            link.close()


def seq_of(document, number):
    return next(n["seq"] for n in document["nodes"] if n["id"] == number)


def require_ticking(watch, number, observer, seconds):
    """The node's reports came to another node one each second: none late, none left out."""
    seen = {}
    for sample in watch.of(observer):
        if sample.document:
            seen.setdefault(seq_of(sample.document, number), sample.after_ns / 1e9)
    times = [seen[s] for s in sorted(seen)]
    require(len(times) >= seconds, f"only {len(times)} reports of n{number} in {seconds} s")
    gaps = [b - a for a, b in zip(times[1:], times[2:])]
    require(max(gaps) < 1 + TICK_SLACK_S, f"n{number} was {max(gaps):.2f} s without a report")
    return f"longest gap between reports {max(gaps):.2f} s"


def watched(lab, seconds, numbers=None):
    """Watches for a while, with whatever clients are there."""
    with Watch(lab, numbers) as watch:
        time.sleep(seconds)
    watch.require_alive()
    watch.require_no_blame()
    watch.require_truth(1)
    return watch


def test_idle_clients(lab):
    """60 clients of root's that never read, more than the agent has places for: they get what fits and are let go."""
    with clients(lab, 1, 60):
        watch = watched(lab, 4)
    watch.require_answers(ANSWER_S)
    return require_ticking(watch, 1, 2, 4)


def test_slow_readers(lab):
    """Twelve that take a byte now and then: each gets its whole document in the end, others are unharmed. (The document of three nodes
    fits a socket's buffer.)"""
    with clients(lab, 1, 12) as links:
        texts = [b""] * len(links)
        with Watch(lab, [1, 2]) as watch:
            for _ in range(90):
                texts = [text + link.recv(1) for text, link in zip(texts, links)]
                time.sleep(0.05)
        texts = [text + link.recv(1 << 20, socket.MSG_WAITALL) for text, link in zip(texts, links)]
    require(all(json.loads(text)["format"] == 1 for text in texts), "a document that is not whole")
    watch.require_answers(ANSWER_S)
    return require_ticking(watch, 1, 2, 4)


def narrow_agent(lab, number):
    """An agent whose sockets hold less than the document of three nodes."""
    node = lab.nodes[number]
    library = shutil.copy(os.path.join(os.path.dirname(lab.shim), "libtgsmallbuffer.so"), lab.directory)
    env = node.clock_env()
    env.update(LD_PRELOAD=f"{env['LD_PRELOAD']} {library}", TG_SEND_BUFFER="1")
    return node.program("narrow-sockets", lab.timeguardd, "--config", os.path.join(node.directory, "timeguard.conf"), env=env)


def hung_up(link):
    poll = select.poll()
    poll.register(link, select.POLLHUP)
    return bool(poll.poll(0))


def test_documents_in_parts(lab):
    """Where a document does not fit a socket's buffer, as that of a large cluster does not: who reads gets all of it, who does not read
    is let go after two seconds with what did fit, and the tick is in time."""
    lab.nodes[1].agent.stop()
    agent = narrow_agent(lab, 1)
    agent.start()
    try:
        lab.wait_agreed(15)
        with Watch(lab, [1, 2]) as watch, clients(lab, 1, 30) as idle, clients(lab, 1, 1) as (reader,):
            begin, text = time.monotonic(), b""
            while part := reader.recv(500):
                text += part
                time.sleep(0.02)
            require(text.endswith(b"}\n") and json.loads(text)["format"] == 1, f"not the whole document: {text[-20:]!r}")
            waiting = [fill(link) for link in idle]
            require(0 < max(waiting) < len(text), f"the premise: {max(waiting)} of {len(text)} bytes fit")
            lab.wait_for(lambda: all(hung_up(link) for link in idle), ANSWER_S + 2, "the idle clients to be let go")
            took_s = time.monotonic() - begin
            require(took_s > ANSWER_S - 0.1, f"idle clients were let go after {took_s:.2f} s")
            time.sleep(FLOOD_PAUSE_S)
    finally:
        agent.stop()
        lab.nodes[1].start_agent()
    watch.require_answers(ANSWER_S)
    return f"{max(waiting)} of {len(text)} bytes fit; let go after {took_s:.1f} s; {require_ticking(watch, 1, 2, 3)}"


IDLE = """
import fcntl, socket, struct, sys
links = []
for _ in range(int(sys.argv[1])):
    links.append(socket.socket(socket.AF_UNIX))
    links[-1].connect("status.sock")
links[-1].recv(1, socket.MSG_PEEK)
print(sum(struct.unpack("i", fcntl.ioctl(link, 0x541B, bytes(4)))[0] > 0 for link in links), flush=True)
sys.stdin.read()
"""


def test_unread_by_others(lab):
    """An unprivileged user connects 500 times and reads nothing. What waits unread counts as memory of the agent: few get a
    document, root is answered all the same, and when those are gone the others are answered again."""
    directory = os.path.dirname(address(lab, 1))

    def idle(count):
        return subprocess.Popen(["/usr/bin/python3", "-c", IDLE, str(count)], cwd=directory, user=65534, group=65534, extra_groups=[],
                                stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    with idle(500) as many:
        require_equal(many.stdout.readline(), "32\n", "documents that wait unread")
        with idle(1) as one:
            require_equal(one.communicate()[0], "0\n", "documents for one more")
        watch = watched(lab, 3, [1, 2])
        many.communicate()
    watch.require_answers(ANSWER_S)
    with idle(1) as one:
        require_equal(one.communicate()[0], "1\n", "documents when they are gone")
    return require_ticking(watch, 1, 2, 3)


def fill(link):
    """How many bytes wait in a socket."""
    return struct.unpack("i", fcntl.ioctl(link, 0x541B, b"\0" * 4))[0]


def test_documents_whole(lab):
    """A client that comes while others idle gets the whole document, and one that only connects has it waiting."""
    with clients(lab, 2, 5) as links:
        lab.wait_for(lambda: all(fill(link) > 1000 for link in links), 2, "documents for those who only connect")
        sample = fetch(lab.nodes[2])
    require(sample.document and sample.document["format"] == 1, f"no document: {sample.error}")


def test_flood(lab):
    """500 connects as fast as they go, thrice: the tick is in time, others get their document within 2 s, and no descriptor is left."""
    address_1 = address(lab, 1)

    def descriptors():
        return len(os.listdir(f"/proc/{lab.nodes[1].agent.pid}/fd"))
    before = descriptors()

    def burst():
        refused = 0
        for _ in range(500):
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK) as link:
                try:
                    link.connect(address_1)
                except BlockingIOError:
                    refused += 1
        return refused
    with Watch(lab, [1, 2]) as watch:
        refused = 0
        for _ in range(3):
            refused += burst()
            begin = raw_now_ns()
            sample = fetch(lab.nodes[1], ANSWER_S)
            require(sample.document, f"no document in the flood: {sample.error}")
            require((raw_now_ns() - begin) / 1e9 < ANSWER_S, "late")
            refused += burst()
            begin = raw_now_ns()
            code, text = lab.nodes[1].show("status")
            require_equal(code, 0, f"exit code of the CLI in the flood: {text}")
            require((raw_now_ns() - begin) / 1e9 < ANSWER_S, "the CLI is late")
            time.sleep(FLOOD_PAUSE_S)
    watch.require_answers(ANSWER_S, [2])
    lab.wait_for(lambda: descriptors() <= before, ANSWER_S + 2, f"the agent to have no more than its {before} descriptors again")
    return f"{refused} of 3000 met a full backlog; {require_ticking(watch, 1, 2, 3)}"


def test_client_writes(lab):
    """The agent reads nothing: a client that talks gets the whole document all the same. That what it said was not read may reset the
    connection, but only behind the document."""
    for words in (b"GET / HTTP/1.0\r\n\r\n", b"GET / HTTP/1.0\r\n\r\n" * 1000):
        lab.nodes[1].agent.freeze()  # so that it finds the words when it comes to the connection
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as link:
            link.settimeout(2)
            link.connect(address(lab, 1))
            link.sendall(words)
            lab.nodes[1].agent.thaw()
            text = b""
            with contextlib.suppress(ConnectionResetError):
                while part := link.recv(65536):
                    text += part
        require(text.endswith(b"}\n") and json.loads(text)["format"] == 1, f"half a document: {text[-20:]!r}")
    require(lab.status(1), "no status afterwards")


def test_mode(lab):
    """World-readable by default; the option narrows it, from the first moment on."""
    node = lab.nodes[1]
    require_equal(stat.S_IMODE(os.stat(address(lab, 1)).st_mode), 0o666, "default mode")
    node.agent.stop()
    require(not os.path.exists(address(lab, 1)), "the socket is left behind after an orderly stop")
    conf = node.file("narrow.conf", lab.agent_conf(node) + "mode = 0600\n")
    narrow = node.program("narrow", lab.timeguardd, "--config", conf, env=node.clock_env())
    narrow.start()
    lab.wait_for(lambda: os.path.exists(address(lab, 1)), 5, "the socket")
    require_equal(stat.S_IMODE(os.stat(address(lab, 1)).st_mode), 0o600, "mode by option")
    narrow.stop()
    node.start_agent()


def test_leftover_socket(lab):
    """The socket of a killed agent is no obstacle; another file in its place is, and is not touched."""
    node = lab.nodes[2]
    node.agent.kill()
    require(os.path.exists(address(lab, 2)), "the premise: the socket of a killed agent stays")
    node.start_agent()
    lab.wait_agreed(15)
    node.agent.stop()
    with open(address(lab, 2), "w", encoding="ascii") as file:
        file.write("precious")
    mark = len(node.alerts())
    node.agent.start()
    lab.wait_for(lambda: not node.agent.running(), 5, "the agent to refuse")
    require_equal(node.agent.process.returncode, 1, "exit code")
    require("/run/timeguard/status.sock" in node.alerts()[mark:], f"the error: {node.agent.tail(2)}")
    with open(address(lab, 2), encoding="ascii") as file:
        require_equal(file.read(), "precious", "the file")
    os.unlink(address(lab, 2))
    node.start_agent()


def test_full_disk(lab):
    """Standard error goes to a full disk: alerts that could not be written are counted, the agent measures on, and says so when there
    is room again. There is neither journal nor D-Bus in any of these tests: the nodes' /run is their own."""
    node = lab.nodes[3]
    for path in ("/run/systemd/journal/socket", "/run/dbus/system_bus_socket"):
        require(not os.path.exists(node.space.path(path)), f"the premise: {path} is there")
    node.agent.stop()
    node.space.run("sh", "-c", "mkdir -p /run/full && mount -t tmpfs -o size=64k tmpfs /run/full")
    log, conf = "/run/full/agent.log", os.path.join(node.directory, "timeguard.conf")
    node.space.run("sh", "-c", f"touch {log}; dd if=/dev/zero of=/run/full/filler bs=4096 count=100 2>/dev/null || true")
    agent = node.program("full", "sh", "-c", f"exec {shlex.quote(lab.timeguardd)} --config {conf} 2>>{log}", env=node.clock_env())
    try:
        agent.start()
        lab.wait_agreed(15)
        lab.step(1, 2000000000)
        lab.wait_for(lambda: lab.status(3)["agent"]["alerts_lost"] > 0, 5, "the loss to be counted")
        require_equal(next(n["state"] for n in lab.status(3)["nodes"] if n["id"] == 1), "beyond", "the state of n1 by n3")
        os.unlink(node.space.path("/run/full/filler"))
        lab.step(1, -2000000000)

        def said():
            with open(node.space.path(log), encoding="utf-8", errors="replace") as file:
                return "could be written neither" in file.read()
        lab.wait_for(said, 15, "the loss to be said")
        lab.wait_agreed(15)
    finally:
        agent.stop()
        node.space.run("umount", "/run/full")
    node.start_agent()


def test_full_socket_directory(lab):
    """No room for the socket at the start: a clear error, exit code 1, and no agent that nobody can ask."""
    node = lab.nodes[3]
    node.space.run("sh", "-c", "mkdir -p /run/tiny && mount -t tmpfs -o size=4k,nr_inodes=1 tmpfs /run/tiny")
    conf = node.file("tiny.conf", "[status]\nsocket = /run/tiny/status.sock\n")
    try:
        result = node.space.run(lab.timeguardd, "--config", conf, check=False, timeout_s=10)
        require_equal(result.returncode, 1, "exit code")
        require("/run/tiny/status.sock" in result.stderr and "space" in result.stderr, f"the error: {result.stderr}")
    finally:
        node.space.run("umount", "/run/tiny")


def test_closed_standard_error(lab):
    """Standard error is closed: the same, and no socket takes its number, into which alerts would be written."""
    node = lab.nodes[2]
    node.agent.stop()
    conf = os.path.join(node.directory, "timeguard.conf")
    agent = node.program("closed", "sh", "-c", f"exec {shlex.quote(lab.timeguardd)} --config {conf} 0<&- 1>&- 2>&-", env=node.clock_env())
    agent.start()
    lab.wait_agreed(15)
    require_equal({os.readlink(f"/proc/{agent.pid}/fd/{fd}") for fd in range(3)}, {"/dev/null"}, "the standard descriptors")
    status = agent.stop()
    require_equal(status, 0, "exit status")
    node.start_agent()


GROUPS = [Group(test_idle_clients, test_slow_readers, test_documents_in_parts, test_unread_by_others, test_documents_whole, test_flood,
                test_client_writes, test_mode, test_leftover_socket, test_full_socket_directory, test_closed_standard_error, test_full_disk,
                poll=(6, 6))]

if __name__ == "__main__":
    sys.exit(main(GROUPS))
