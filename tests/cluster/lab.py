#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A cluster on one machine: real corosync, chronyd and timeguardd on 2 to 16 nodes in namespaces, each with a virtual clock.

    with Lab(nodes=3, build="build-directory") as lab:
        lab.wait_verdict("agreed")
        lab.step(2, 100_000_000)

All that is made is taken down at the end of the block, on errors and signals too. Needs root; makes no traffic outside its
namespaces and never touches the machine's clock. Nodes are named by their number, from 1."""

import argparse
import os
import shutil
import signal
import subprocess
import sys
import time

import clockfile
import network
from host import Node, Server
from netspace import LabError, make_directory, remove_leftovers, run
from network import Network

MAX_NODES = 16


def _find(build, *names):
    for name in names:
        path = os.path.join(build, name)
        if os.path.exists(path):
            return os.path.abspath(path)
    raise LabError(f"{build}: no {names[0]}; build the project there first")


def _which(tool):
    return shutil.which(tool, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")


def check_machine():
    """Says in one sentence what is missing on this machine, or nothing."""
    if os.geteuid() != 0:
        raise LabError("the lab needs root, for network namespaces and mounts")
    for tool in ("ip", "nsenter", "unshare", "chronyd", "chronyc", "corosync"):
        if not _which(tool):
            raise LabError(f"{tool} is not installed")
    if run(["unshare", "-n", "-m", "true"], check=False).returncode != 0:
        raise LabError("this machine does not let root make network and mount namespaces (an unprivileged container?)")


class Lab:
    _made = 0
    node_class = Node
    stepping_updates = 3  # of a chronyd that has just begun, as Debian has it

    def __init__(self, nodes=3, build=None, token_ms=1000, token_coefficient_ms=100, two_node=None, poll=(0, 0), budget="1s", agents=True, crypto=False,
                 sched_rr=False, chrony_lines=(), conf_lines=(), agent_wrapper=(), keep_logs=False):
        if not 2 <= nodes <= MAX_NODES:
            raise LabError(f"a lab has 2 to {MAX_NODES} nodes, not {nodes}")
        check_machine()
        Lab._made += 1
        self.prefix = f"tg{os.getpid()}-{Lab._made}"
        self.directory = None
        self.token_ms, self.token_coefficient_ms, self.sched_rr = token_ms, token_coefficient_ms, sched_rr
        self.poll, self.budget, self.with_agents = poll, budget, agents
        self.two_node = nodes == 2 if two_node is None else two_node
        self.authkey = os.urandom(128) if crypto else None
        self.chrony_lines, self.conf_lines, self.agent_wrapper = list(chrony_lines), list(conf_lines), list(agent_wrapper)
        self.agent_options = {}
        self.keep_logs = keep_logs
        self._find_programs(build)
        self.network = Network(f"{self.prefix}-net", nodes)
        self.size = nodes
        self.nodes, self.servers = {}, {}
        self._old_handlers = {}

    def _find_programs(self, build):
        self.shim = _find(build, "tests/shim/libtgclockshim.so", "shim/libtgclockshim.so")
        self.tgclock = _find(build, "tests/shim/tgclock", "shim/tgclock")
        self.timeguardd = _find(build, "timeguardd") if self.with_agents else None
        self.timeguard = _find(build, "timeguard") if self.with_agents else None

    # Up and down.

    def __enter__(self):
        self._catch_signals()
        try:
            self._up()
        except BaseException:
            self._down()
            raise
        return self

    def __exit__(self, *_):
        self._down()

    def _catch_signals(self):
        def leave(number, _frame):
            raise SystemExit(128 + number)
        for number in (signal.SIGTERM, signal.SIGHUP):
            self._old_handlers[number] = signal.signal(number, leave)

    def _up(self):
        remove_leftovers()
        self.directory = make_directory()
        # A copy is not bound by the profile that AppArmor has for the installed path.
        self.chronyd = shutil.copy(_which("chronyd"), self.directory)
        # LD_PRELOAD is split at spaces and colons, which the path of a checkout may hold.
        self.preload = shutil.copy(self.shim, self.directory)
        self.network.create()
        self.servers = {"ntp": Server(self, "ntp", [network.NTP, network.NTP_ALIAS, network.PUBLIC]),
                        "other": Server(self, "other", [network.OTHER])}
        self.nodes = {number: self.node_class(self, number) for number in range(1, self.size + 1)}
        for host in self.hosts():
            host.create()
        for host in self.hosts():
            host.space.wait_ready()
            host.connect()
        self._start()

    def _start(self):
        for server in self.servers.values():
            server.start()
        for node in self.nodes.values():
            node.start_time()
            node.start_corosync()
        self.wait_for(self.formed, 30 + 4 * self.size, "corosync to form one ring")
        self.wait_for(self.synchronised, 30, "every chronyd to reach its source")
        if self.with_agents:
            for node in self.nodes.values():
                node.start_agent()

    def _down(self):
        handled = {number: signal.signal(number, signal.SIG_IGN) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
        for part in [*self.hosts(), self.network]:
            try:
                part.remove()
            except (LabError, OSError, subprocess.SubprocessError) as error:  # the rest must go all the same
                print(f"lab: {part}: {error}", file=sys.stderr)
        if self.directory and not self.keep_logs:
            shutil.rmtree(self.directory, ignore_errors=True)
        for number, handler in {**handled, **self._old_handlers}.items():
            signal.signal(number, handler)

    def hosts(self):
        return [*self.servers.values(), *self.nodes.values()]

    # Configurations.

    def corosync_conf(self):
        crypto = ("aes256", "sha256") if self.authkey else ("none", "none")
        lines = ["system {", f"  sched_rr: {'yes' if self.sched_rr else 'no'}", "  move_to_root_cgroup: no",
                 "  allow_knet_handle_fallback: yes", "}",
                 "totem {", "  version: 2", "  cluster_name: lab", "  transport: knet", f"  token: {self.token_ms}",
                 f"  token_coefficient: {self.token_coefficient_ms}",
                 f"  crypto_cipher: {crypto[0]}", f"  crypto_hash: {crypto[1]}", "}",
                 "logging {", "  to_stderr: yes", "  to_syslog: no", "  to_logfile: no", "  timestamp: hires", "}",
                 "quorum {", "  provider: corosync_votequorum", *(["  two_node: 1"] if self.two_node else []), "}", "nodelist {"]
        for number in range(1, self.size + 1):
            lines.append(f"  node {{\n    nodeid: {number}\n    name: n{number}\n    ring0_addr: {network.CLUSTER_NET}{number}\n  }}")
        return "\n".join(lines + ["}", ""])

    def agent_conf(self, node):
        """Options without a section first; conf_lines and a node's own options are appended."""
        lines = [f"budget = {self.budget}", *self.conf_lines, *self.agent_options.get(node.id, []), "[status]",
                 "socket = /run/timeguard/status.sock"]
        return "\n".join(lines + [""])

    # Asking.

    def wait_for(self, predicate, timeout_s, what="it", every_s=0.05):
        """Polls until the predicate gives something true, and returns that. What it is may be a function, for what is known only at the end."""
        deadline = time.monotonic() + timeout_s
        while True:
            value = predicate()
            if value:
                return value
            if time.monotonic() > deadline:
                raise LabError(f"waited {timeout_s} s in vain for {what() if callable(what) else what}")
            time.sleep(every_s)

    def formed(self, numbers=None):
        """True when each of these nodes is quorate and sees as many members as there are."""
        numbers = numbers or list(self.nodes)
        return all(f"Nodes:            {len(numbers)}\n" in text and "Quorate:          Yes" in text
                   for text in (self.nodes[n].quorum() for n in numbers))

    def synchronised(self, numbers=None):
        tracking = [self.nodes[n].tracking() for n in numbers or self.nodes]
        return all(len(fields) == 14 and fields[0] not in ("00000000", "7F7F0101") for fields in tracking)

    def status(self, number):
        return self.nodes[number].status()

    def verdicts(self, numbers=None):
        """What each node says of the cluster; None where none answers."""
        documents = {n: self.status(n) for n in numbers or self.nodes}
        return {n: d["cluster"]["verdict"] if d else None for n, d in documents.items()}

    def wait_verdict(self, verdict, timeout_s=15, numbers=None):
        self.wait_for(lambda: set(self.verdicts(numbers).values()) == {verdict}, timeout_s, f"'{verdict}' on all nodes")

    def agreed(self):
        """True when every node has heard every other and says that all is well: none is absent, mute or in doubt."""
        return all(self.all_well(self.status(number)) for number in self.nodes)

    def all_well(self, document):
        if not document:
            return False
        cluster = document["cluster"]
        well = [n["id"] for n in document["nodes"] if n["state"] == "ok" and n["source"]]
        settled = cluster["connected"] and cluster["verdict"] == "agreed" and cluster["source"] and not cluster["absent"]
        return settled and sorted(well) == list(self.nodes)

    def wait_agreed(self, timeout_s=20):
        self.wait_for(self.agreed, timeout_s, "all nodes to be ok and 'agreed' everywhere")

    def wait_state(self, number, state, timeout_s=10, seen_by=None):
        """Until every given node says that this node is in this state."""
        def seen():
            documents = [self.status(n) for n in seen_by or self.nodes]
            return all(d and any(x["id"] == number and x["state"] == state for x in d["nodes"]) for d in documents)
        self.wait_for(seen, timeout_s, f"n{number} to be '{state}' everywhere")

    def truth(self, a, b, raw_ns=None):
        """REALTIME of node a minus that of node b, exactly, at one instant of the machine's RAW (default: now)."""
        return clockfile.truth_ns(self.nodes[a].clock, self.nodes[b].clock, raw_ns)

    def truth_span(self, a, b, low_ns, high_ns):
        return clockfile.truth_span_ns(self.nodes[a].clock, self.nodes[b].clock, low_ns, high_ns)

    # Breaking and mending.

    def step(self, number, ns):
        self.nodes[number].disturb("step", ns)

    def skew(self, number, ppb):
        """The error of the node's oscillator: all its clocks, RAW too."""
        self.nodes[number].disturb("raw-rate", ppb)

    def rate(self, number, ppb):
        """A rate error that RAW does not show."""
        self.nodes[number].disturb("rate", ppb)

    def partition(self, groups):
        self.network.partition([[self.nodes[n].name for n in group] for group in groups])

    def merge(self):
        self.partition([list(self.nodes)])

    def cut_time(self, number, cut=True):
        """Takes a node off the time network, or back on it."""
        self.network.port(self.nodes[number].name, "time", not cut)

    def cut_ring(self, number, cut=True):
        self.network.port(self.nodes[number].name, "ring", not cut)


def _arguments():
    parser = argparse.ArgumentParser(description="Makes a cluster in namespaces and keeps it until Ctrl-C.")
    parser.add_argument("--nodes", type=int, default=3)
    parser.add_argument("--build", required=True, help="the build directory, with timeguardd, timeguard and tests/shim")
    parser.add_argument("--budget", default="1s")
    parser.add_argument("--poll", type=int, default=0, help="chrony's poll, log2 of seconds")
    parser.add_argument("--token", type=int, default=1000, help="corosync's token timeout in ms")
    parser.add_argument("--crypto", action="store_true")
    parser.add_argument("--no-agents", action="store_true")
    parser.add_argument("--keep", action="store_true", help="stay until Ctrl-C")
    parser.add_argument("--keep-logs", action="store_true", help="leave the directory with logs and configurations behind")
    return parser.parse_args()


def main():
    a = _arguments()
    try:
        with Lab(a.nodes, a.build, a.token, poll=(a.poll, a.poll), budget=a.budget, agents=not a.no_agents, crypto=a.crypto,
                 keep_logs=a.keep_logs) as lab:
            print(f"{a.nodes} nodes are up; logs in {lab.directory}")
            for node in lab.nodes.values():
                print(f"  {node.name}: nsenter -t {node.space.holder.pid} -n -m")
            sys.stdout.flush()
            while a.keep:
                signal.pause()
    except (LabError, OSError, subprocess.SubprocessError) as error:
        print(f"lab: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
