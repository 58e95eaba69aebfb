# SPDX-License-Identifier: LGPL-2.1-or-later
"""Watches a cluster while a test breaks it: asks every node for its status ten times a second and keeps what they say.

From that: did a node ever blame somebody, did each answer at once, and did every bound hold the truth at its instant? Both are
known exactly, from the clock files: all virtual clocks are functions of the machine's one RAW clock, and a bound names its
instant on the RAW of one of its nodes.

What is promised of a bound, and so held against it: REALTIME runs at most SLEW_MAX_PPB faster or slower than RAW (the kernel's
tick; see TG_SLEW_MAX_PPB), and RAW of one node at most rho against RAW of the other: 500 ppm until the rate between the two is
known, then at least 100 ppm, and at least twice the rate that was measured. A test that goes past the first fails for that."""

import collections
import json
import os
import socket
import struct
import threading
import time

import jsonschema

from clockfile import raw_now_ns, rooms_ns
from host import STATUS_SOCKET
from testing import SOURCE, require

MS = 1000000
SLEW_MAX_PPB = 100000000
OLDEST_BOUND_NS = 10000 * MS
BLAME_STATES, BLAME_VERDICTS = {"beyond"}, {"breached", "split"}
BLAME_ALERTS = {"node-beyond", "cluster-breached", "cluster-split"}

Sample = collections.namedtuple("Sample", "node before_ns after_ns document error")


def fetch(node, timeout_s=2.0):
    """One document, as it was sent, and how it went: a Sample."""
    before_ns = raw_now_ns()
    text, error = b"", None
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as link:
            # Not settimeout: a non-blocking connect would fail at once where the backlog is full.
            limit = struct.pack("ll", int(timeout_s), int(timeout_s % 1 * 1000000))
            link.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, limit)
            link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, limit)
            link.connect(node.space.path(STATUS_SOCKET))
            text = b"".join(iter(lambda: link.recv(262144), b""))
    except OSError as failure:
        error = failure
    after_ns = raw_now_ns()
    document = json.loads(text) if text else None
    return Sample(node.id, before_ns, after_ns, document, error or (None if document else "an empty answer"))


def _validator():
    with open(os.path.join(SOURCE, "packaging", "status.schema.json"), encoding="utf-8") as file:
        return jsonschema.Draft202012Validator(json.load(file))


_schema = _validator()
_situations = set()


def validate(document):
    """Against the schema, once a situation: another verdict, other states, other alerts. Raises AssertionError."""
    situation = (document["cluster"]["verdict"], document["cluster"]["connected"], tuple(a["id"] for a in document["alerts"]),
                 tuple((n["state"], n["present"], n["chrony"] and n["chrony"]["state"]) for n in document["nodes"]),
                 tuple((p["verdict"], p["stale"], p["low_ns"] is None) for p in document["pairs"]))
    if situation in _situations:
        return
    error = jsonschema.exceptions.best_match(_schema.iter_errors(document))
    require(error is None, f"the document is not that of the schema: {error and error.json_path}: {error and error.message}")
    _situations.add(situation)


def blames(document):
    """What in a document says that somebody's time is wrong."""
    found = [f"{n['name']} is beyond" for n in document["nodes"] if n["state"] in BLAME_STATES]
    found += [f"pair {p['a']}-{p['b']} is beyond: [{p['low_ns']}, {p['high_ns']}]" for p in document["pairs"] if p["verdict"] == "beyond"]
    found += [f"alert {a['id']}" for a in document["alerts"] if a["id"] in BLAME_ALERTS]
    if document["cluster"]["verdict"] in BLAME_VERDICTS:
        found.append(f"the cluster is {document['cluster']['verdict']}")
    return found


class Watch:
    def __init__(self, lab, numbers=None, every_s=0.1, truth=True):
        self.lab = lab
        self.numbers = list(numbers or lab.nodes)
        self.every_s = every_s
        self.truth = truth
        self.samples = []
        self.bounds = 0       # that were checked, each bound of each observer once
        self.distinct = 0     # of those, by the first of the observers alone
        self.room_ns = [float("inf")] * 2  # a truth by more less, or more, than this would not have passed
        self.lies = []
        self.widths_ns = []
        self._begin_ns = raw_now_ns()
        self._last = {}
        self._stop = threading.Event()
        self._failure = None
        self._threads = []

    def __enter__(self):
        self._threads = [threading.Thread(target=self._follow, args=(self.lab.nodes[n],), daemon=True) for n in self.numbers]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        for thread in self._threads:
            thread.join(10)

    def _follow(self, node):
        next_s = time.monotonic()
        try:
            while not self._stop.is_set():
                sample = fetch(node)
                self.samples.append(sample)
                if sample.document:
                    validate(sample.document)
                if self.truth and sample.document:
                    self._check_bounds(node, sample)
                next_s = max(next_s + self.every_s, time.monotonic())
                self._stop.wait(next_s - time.monotonic())
        except Exception as error:  # pylint: disable=broad-except
            self._failure = error

    # Truth.

    def _check_bounds(self, node, sample):
        for pair in sample.document["pairs"]:
            if pair["low_ns"] is None:
                continue
            key, value = (node.id, pair["a"], pair["b"]), (pair["low_ns"], pair["high_ns"], pair["as_of_node"], pair["as_of_raw_ns"])
            if self._last.get(key) != value:
                self._last[key] = value
                self._check(node, pair)

    def _check(self, node, pair):
        rooms = rooms_ns(pair, {number: other.clock for number, other in self.lab.nodes.items()})
        self.bounds += 1
        self.distinct += node.id == self.numbers[0]
        self.room_ns = [min(room) for room in zip(self.room_ns, rooms)]
        self.widths_ns.append(pair["high_ns"] - pair["low_ns"])
        if min(rooms) < 0:
            self.lies.append(f"n{node.id} says n{pair['a']} was {pair['low_ns']} to {pair['high_ns']} ns from n{pair['b']} at RAW "
                             f"{pair['as_of_raw_ns']} of n{pair['as_of_node']}, and is wrong by {-min(rooms)} ns: {pair}")

    # What was seen.

    def of(self, number):
        return [s for s in self.samples if s.node == number]

    def documents(self, number=None):
        return [s.document for s in list(self.samples) if s.document and number in (None, s.node)]

    def require_alive(self):
        require(self._failure is None, f"watching ended: {self._failure!r}")

    def require_no_blame(self, numbers=None):
        self.require_alive()
        require(self.samples, "nothing was watched")
        for sample in self.samples:
            if sample.document and (numbers is None or sample.node in numbers):
                found = blames(sample.document)
                require(not found, f"false blame on n{sample.node}: {'; '.join(found)}")

    def _require_possible(self):
        """No clock was made to run as no kernel lets it run, from the oldest bound on that was seen."""
        for node in self.lab.nodes.values():
            fastest_ppb = node.clock.fastest_ppb(self._begin_ns - OLDEST_BOUND_NS)
            require(fastest_ppb <= SLEW_MAX_PPB, f"{node.name} was made to run {fastest_ppb} ppb off, which is past what bounds cover")

    def require_truth(self, least=1):
        self.require_alive()
        self._require_possible()
        require(self.bounds >= least, f"only {self.bounds} bounds were seen instead of {least}")
        require(not self.lies, f"{len(self.lies)} of {self.bounds} bounds are false: " + " | ".join(self.lies[:3]))

    def require_answers(self, limit_s=0.5, numbers=None):
        """Every question to these nodes was answered within the limit."""
        self.require_alive()
        for sample in self.samples:
            if numbers is not None and sample.node not in numbers:
                continue
            took_s = (sample.after_ns - sample.before_ns) / 1e9
            require(sample.document and took_s <= limit_s,
                    f"n{sample.node} answered {sample.error or 'well'} after {took_s:.2f} s; the limit is {limit_s} s")

    def half_widths_ms(self):
        return sorted(width / 2e6 for width in self.widths_ns)

    def summary(self):
        halves = self.half_widths_ms()
        if not halves:
            return "no bounds"
        return (f"{self.bounds} bounds true, half width {halves[len(halves) // 2]:.2f} ms median, {halves[-1]:.2f} ms at most; "
                f"a truth {self.room_ns[0] / MS:.2f} ms less or {self.room_ns[1] / MS:.2f} ms more would not have passed")
