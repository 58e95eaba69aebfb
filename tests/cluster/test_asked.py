#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The time source asked directly: real chronyds, whose clocks are known exactly, and servers of every other mood. What the asker says of them is
true, it never asks too often, and its requests tell nothing."""

import json
import os
import signal
import sys

import network
from testing import Group, main, options, require, require_equal

HERE = os.path.dirname(os.path.abspath(__file__))
SECOND_NS = 1000000000
LEAST_NS = 16 * SECOND_NS
ARRIVAL_NS = SECOND_NS // 10  # between two arrivals it may be less than between the sendings by as much as the machine is busy
FAKES = network.TIME_NET  # .201 and on


class Probe:
    """The agent's asker on a node, by itself."""

    def __init__(self, lab, node, sources, *arguments, name="asker"):
        self.lab, self.node = lab, node
        path = os.path.join(options.build, "tests", "asker_probe")
        self.program = node.program(name, path, *arguments, *sources, env=node.clock_env())

    def __enter__(self):
        open(self.program.log, "wb").close()
        self.program.start()
        return self

    def __exit__(self, *_):
        self.program.kill()

    def lines(self):
        with open(self.program.log, encoding="utf-8", errors="replace") as log:
            return [json.loads(line) for line in log if line.startswith("{") and line.endswith("}\n")]

    def last(self):
        lines = self.lines()
        return lines[-1] if lines else {"asked": [], "same": [], "differ": []}

    def of(self, address):
        return next((a for a in self.last()["asked"] if a["address"] == address), {"state": "unknown"})

    def urge(self):
        self.program.signal(signal.SIGUSR1)

    def wait(self, predicate, timeout_s, what):
        require(self.program.running(), f"the asker ended: {self.program.tail(3)}")
        try:
            self.lab.wait_for(predicate, timeout_s, what)
        except Exception as error:
            raise AssertionError(f"{error}; it knows {self.last()}") from None

    def wait_state(self, address, state, timeout_s=20):
        self.wait(lambda: self.of(address)["state"] == state, timeout_s, f"{address} to be {state}")


class Fakes:
    """Servers that misbehave, each mode on an address of its own."""

    def __init__(self, lab, modes):
        self.lab, self.host = lab, lab.servers["other"]
        self.modes = {f"{FAKES}{201 + i}": mode for i, mode in enumerate(modes)}
        script = os.path.join(HERE, "fake_ntp.py")
        self.program = self.host.program("fake_ntp", "/usr/bin/python3", "-B", script, *[f"{a}={m}" for a, m in self.modes.items()])

    def __enter__(self):
        self.host.chronyd.stop()
        for address in self.modes:
            self.host.space.run("ip", "address", "add", f"{address}/24", "dev", "time")
        open(self.program.log, "wb").close()
        self.program.start()
        self.lab.wait_for(lambda: "ready" in self.program.tail(1000), 10, "the fake servers")
        return self

    def __exit__(self, *_):
        self.program.stop()
        for address in self.modes:
            self.host.space.run("ip", "address", "del", f"{address}/24", "dev", "time", check=False)
        self.host.start()

    def requests(self, address=None):
        with open(self.program.log, encoding="utf-8", errors="replace") as log:
            found = [json.loads(line) for line in log if line.startswith("{") and line.endswith("}\n")]
        return [r for r in found if address in (None, r["address"])]


# What is known of each after three requests: state, side, answers in a row beyond the limit; and how many requests there were by then.
MOODS = {
    "honest": ("ok", 0, 0, 3),
    "ahead": ("ok", 1, 3, 3),
    "behind": ("ok", -1, 3, 3),
    "frozen": ("ok", 1, 1, 3),  # always the same answer
    "unsynchronised": ("ok", 0, 0, 3),
    "rate": ("kod", 0, 0, 2),
    "deny": ("kod", 0, 0, 1),
    "silent": ("silent", 0, 0, 3),
    "cookie": ("bad", 0, 0, 3),
    "echo": ("bad", 0, 0, 3),
    "short": ("bad", 0, 0, 3),
    "version": ("bad", 0, 0, 3),
    "impossible": ("bad", 0, 0, 3),
    "late": ("silent", 0, 0, 3),
    "slow": ("ok", 0, 0, 3),
    "noisy": ("ok", 0, 0, 3),  # the answer comes after what is none
}


def check_requests(requests):
    """One NTP client request tells nothing but that it is one, and comes from a port that nobody foresees."""
    for request in requests:
        require(request["bytes"].startswith("23" + "00" * 39) and len(request["bytes"]) == 96, f"a request says more than it need: {request}")
    cookies = {request["bytes"][80:] for request in requests}
    require_equal(len(cookies), len(requests), "different cookies")
    require("0" * 16 not in cookies, "an empty cookie")
    require(len({request["port"] for request in requests}) > len(requests) * 9 // 10, "ports repeat")


def check_distance(address, requests):
    for before, after in zip(requests, requests[1:]):
        require(after["raw_ns"] - before["raw_ns"] >= LEAST_NS - ARRIVAL_NS, f"{address} is asked again after {(after['raw_ns'] - before['raw_ns']) / SECOND_NS:.3f} s")


def test_servers_of_every_mood(lab):
    with Fakes(lab, MOODS) as fakes:
        addresses = list(fakes.modes)
        probes = [Probe(lab, lab.nodes[1], [f"{a}/4" for a in addresses[i:i + 4]], name=f"asker{i}") for i in range(0, len(addresses), 4)]
        try:
            for probe in probes:
                probe.__enter__()
            third = [a for a, mode in fakes.modes.items() if MOODS[mode][3] == 3]
            lab.wait_for(lambda: all(len(fakes.requests(a)) >= 3 for a in third), 45, "three requests to each", every_s=0.5)
            for probe in probes:
                probe.urge()  # which makes nothing come too soon
            known = {}

            def settled():
                known.update({a["address"]: a for probe in probes for a in probe.last()["asked"]})
                return all(known.get(a, {}).get("state") == MOODS[m][0] and known[a]["clear"] == MOODS[m][2] for a, m in fakes.modes.items())
            try:
                lab.wait_for(settled, 5, "the answers")
            except Exception:
                pass  # the comparison below tells which
            found = {m: (known[a]["state"], known[a]["side"], known[a]["clear"], len(fakes.requests(a))) for a, m in fakes.modes.items()}
        finally:
            for probe in probes:
                probe.__exit__()
        for mood, wanted in MOODS.items():
            require_equal(found[mood], wanted, f"a server that is {mood}: state, side, answers, requests")
        by_mood = {m: known[a] for a, m in fakes.modes.items()}
        require(by_mood["ahead"]["span_s"] >= 32 and by_mood["behind"]["span_s"] >= 32, "three answers in less than 32 s")
        require_equal((by_mood["honest"]["stratum"], by_mood["honest"]["ref_id"]), (3, "C0000201"), "what the honest server says")
        require(by_mood["honest"]["steady_s"] >= 32 and by_mood["frozen"]["steady_s"] == 0, "steady clocks")
        require_equal((by_mood["unsynchronised"]["stratum"], by_mood["unsynchronised"]["leap"]), (0, 3), "what the other says")
        width_ns = by_mood["slow"]["high_ns"] - by_mood["slow"]["low_ns"]
        require(width_ns < 50000000, f"300 ms at the server make the bound {width_ns / 1e6:.1f} ms wide")
        check_requests(fakes.requests())
        for address in addresses:
            check_distance(address, fakes.requests(address))
        return f"{len(fakes.requests())} requests; bounds {(by_mood['honest']['high_ns'] - by_mood['honest']['low_ns']) / 1000:.0f} us wide, {width_ns / 1000:.0f} us with 300 ms at the server"


def require_true(lab, node, server, asked):
    """The server's time - the node's RAW, at the instant that the answer came, lay within the bound."""
    at_ns = node.clock.when_ns(asked["raw_ns"])
    truth_ns = server.clock.at(at_ns).real_ns - asked["raw_ns"]
    require(asked["low_ns"] <= truth_ns <= asked["high_ns"],
            f"{server.name}: {truth_ns - asked['low_ns']} ns above the lower end, {asked['high_ns'] - truth_ns} ns below the upper")


def follow(lab, follower, leader):
    """One server under another, as it is in most houses."""
    follower.start_chronyd([f"server {leader.addresses[0]} iburst minpoll 5 maxpoll 5", "allow", "bindcmdaddress 127.0.0.1"])
    lab.wait_for(lambda: follower.chronyc("-c", "tracking", check=False, socket_path="127.0.0.1").startswith("0A4D02FC"), 30, f"{follower.name} under {leader.name}")


def test_chronyds(lab):
    """Two addresses of one server and another server; then that one's clock is stepped, and then ours."""
    node, other = lab.nodes[1], lab.servers["other"]
    addresses = [network.NTP, network.NTP_ALIAS, network.OTHER]
    node.chronyd.stop()
    follow(lab, lab.servers["ntp"], other)
    try:
        with Probe(lab, node, [f"{a}/6" for a in addresses]) as probe:
            for address in addresses:
                probe.wait_state(address, "ok", 10)
            known = probe.last()
            require_equal([(a["stratum"], a["leap"], a["ref_id"]) for a in known["asked"]], [(4, 0, "0A4D02FC")] * 2 + [(3, 0, "7F7F0101")], "the servers")
            require_equal((known["same"], known["differ"]), ([[0, 1]], []), "one server by two addresses, and one by another")
            asked = probe.of(network.OTHER)
            require_true(lab, node, other, asked)
            width_ns = asked["high_ns"] - asked["low_ns"]
            require(width_ns < 20000000, f"a bound of {width_ns} ns")
            other.disturb("step", 60 * SECOND_NS)
            probe.urge()
            probe.wait(lambda: probe.of(network.OTHER)["clear"] >= 3, 60, "three answers from the server that was stepped")
            asked = probe.of(network.OTHER)
            require_true(lab, node, other, asked)
            require(asked["side"] == 1 and asked["span_s"] >= 32 and 0 < asked["steady_s"] < 60, f"stepped ahead: {asked}")
            require_equal(probe.of(network.NTP)["side"], 0, "the side of the server that stayed")
            require([0, 2] in probe.last()["differ"] and [0, 1] not in probe.last()["differ"], f"different servers: {probe.last()['differ']}")
            node.disturb("step", 60 * SECOND_NS)  # what chronyd would do
            probe.wait(lambda: probe.of(network.OTHER)["side"] == 0, 20, "the own step to end it")
            require_true(lab, node, other, probe.of(network.OTHER))
            return f"bound of {width_ns / 1000:.0f} us"
    finally:
        other.disturb("step", -60 * SECOND_NS)
        node.disturb("step", -60 * SECOND_NS)
        for server in lab.servers.values():
            server.start()
        node.start_time()


def test_dead_frozen_and_cut_off(lab):
    """A server that is not there says so; one that hangs, and one that is cut off, do not. What was known stays."""
    node, dead, frozen = lab.nodes[2], lab.servers["other"], lab.servers["ntp"]
    with Probe(lab, node, [f"{network.OTHER}/4", f"{network.NTP}/4"]) as probe:
        def both(state):
            for address in (network.OTHER, network.NTP):
                probe.wait_state(address, state)
        both("ok")
        dead.chronyd.kill()
        frozen.chronyd.freeze()
        try:
            probe.wait_state(network.OTHER, "refused")
            probe.wait_state(network.NTP, "silent")
            require(probe.of(network.OTHER)["raw_ns"] > 0 and probe.of(network.NTP)["raw_ns"] > 0, "the answers before are forgotten")
        finally:
            frozen.chronyd.thaw()
            dead.start()
        both("ok")
        lab.cut_time(2)
        try:
            both("silent")
        finally:
            lab.cut_time(2, cut=False)
        both("ok")
        require_true(lab, node, dead, probe.of(network.OTHER))


def test_a_busy_agent(lab):
    """The answer waits in the socket for 300 ms: the kernel has stamped it."""
    node, other = lab.nodes[1], lab.servers["other"]
    with Probe(lab, node, [f"{network.OTHER}/4"], "--stall", 300) as probe:
        probe.wait_state(network.OTHER, "ok", 10)
        asked = probe.of(network.OTHER)
        require_true(lab, node, other, asked)
        width_ns = asked["high_ns"] - asked["low_ns"]
        require(width_ns < 100000000, f"a bound of {width_ns / 1e6:.1f} ms")
        return f"bound of {width_ns / 1e6:.1f} ms"


def test_ipv6(lab):
    node, other = lab.nodes[1], lab.servers["other"]
    for host, address in ((node, "fd77::1"), (other, "fd77::252")):
        host.space.run("ip", "address", "add", f"{address}/64", "dev", "time", "nodad")
    with Probe(lab, node, ["fd77::252/4", f"{network.OTHER}/4"]) as probe:
        probe.wait_state("fd77::252", "ok", 10)
        require_true(lab, node, other, probe.of("fd77::252"))
        # both in local mode of one chronyd, which proves nothing
        probe.wait_state(network.OTHER, "ok", 10)
        require_equal((probe.last()["same"], probe.last()["differ"]), ([], []), "one local clock, or two")


def test_agents_ask(lab):
    """The whole agent asks what its chronyd follows, and nothing where it is told not to."""
    with Fakes(lab, ["honest", "honest"]) as fakes:
        asked, not_asked = fakes.modes
        lab.nodes[2].configure(["[source]", "port = 0"])
        lab.nodes[2].agent.restart()
        lab.nodes[1].set_sources([asked])
        lab.nodes[2].set_sources([not_asked])
        try:
            # chronyd's own requests carry its poll interval
            def of_agent(address):
                return [r for r in fakes.requests(address) if r["bytes"][2:80] == "0" * 78]
            lab.wait_for(lambda: len(of_agent(asked)) >= 2, 60, "two requests of the agent", every_s=0.5)
            require(len(fakes.requests(not_asked)) >= 10, "n2's chronyd does not follow the other one")
            require_equal(of_agent(not_asked), [], "requests of an agent with source.port = 0")
            check_requests(of_agent(asked))
            check_distance(asked, of_agent(asked))
        finally:
            for number in (1, 2):
                lab.nodes[number].set_sources([network.NTP])
            lab.nodes[2].configure([])
            lab.nodes[2].agent.restart()


GROUPS = [Group(test_servers_of_every_mood, test_chronyds, test_dead_frozen_and_cut_off, test_a_busy_agent, test_ipv6, nodes=2, agents=False),
          Group(test_agents_ask, nodes=2, settle=False)]

if __name__ == "__main__":
    sys.exit(main(GROUPS))
