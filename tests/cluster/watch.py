# SPDX-License-Identifier: LGPL-2.1-or-later
"""Watches a cluster while a test breaks it: asks every node for its status ten times a second and keeps what they say.

From that: did a node ever blame somebody, did each answer at once, and did every bound hold the truth at its instant? Truth is
known exactly, from the clock files; the instant of a bound from the age that it shows and the instant of its document."""

import calendar
import collections
import json
import os
import socket
import struct
import threading
import time

import jsonschema

from clockfile import raw_now_ns, truth_span_ns
from host import STATUS_SOCKET
from testing import SOURCE, require

MS = 1000000
ONE_WAY_NS = 100 * MS  # by so much a bound may be older than a third node can tell: it takes the arrival of the report for its sending
CACHE_NS = 150 * MS   # the agent hands out a document of up to 100 ms of age
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


def instant_ns(text):
    """An instant of the document, in ns since the epoch."""
    seconds, _, rest = text.partition(".")
    return calendar.timegm(time.strptime(seconds, "%Y-%m-%dT%H:%M:%S")) * 1000 * MS + int(rest.rstrip("Z")) * MS


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
        self.lies = []
        self.widths_ns = []
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

    def _made_span(self, node, sample):
        """When the document was made, in RAW: between asking and answering, at the node's own time that it shows."""
        low, high = sample.before_ns - CACHE_NS, sample.after_ns
        clock = node.clock
        if clock.at(low).real_ns + (high - low) // 2 > clock.at(high).real_ns or len(clock.segments_between(low, high)) > 1:
            return low, high
        now_ns = instant_ns(sample.document["agent"]["now"])
        base_ns = clock.at(high).real_ns
        guess = high - (base_ns - now_ns)
        return max(low, guess - MS), min(high, guess + 2 * MS)

    def _as_of_span(self, node, made, pair):
        age_ns = pair["as_of_age_ms"] * MS
        skew_ns = age_ns * 1000 // 1000000  # its clocks may run at another rate than the machine's
        slack_ns = 0 if node.id in (pair["a"], pair["b"]) and len(self.lab.nodes) == 2 else ONE_WAY_NS
        return made[0] - age_ns - MS - skew_ns - slack_ns, made[1] - age_ns + MS + skew_ns

    def _check_bounds(self, node, sample):
        made = None
        for pair in sample.document["pairs"]:
            if pair["low_ns"] is None:
                continue
            key, value = (node.id, pair["a"], pair["b"]), (pair["low_ns"], pair["high_ns"])
            if self._last.get(key) == value:
                continue
            self._last[key] = value
            made = made or self._made_span(node, sample)
            low_ns, high_ns = self._as_of_span(node, made, pair)
            least, most = truth_span_ns(self.lab.nodes[pair["a"]].clock, self.lab.nodes[pair["b"]].clock, low_ns, high_ns)
            self.bounds += 1
            self.distinct += node.id == self.numbers[0]
            self.widths_ns.append((pair["high_ns"] - pair["low_ns"], most - least))
            if most < pair["low_ns"] or least > pair["high_ns"]:
                self.lies.append(f"n{node.id} says n{pair['a']} is {pair['low_ns']} to {pair['high_ns']} ns from n{pair['b']}, "
                                 f"as of {pair['as_of_age_ms']} ms before; it was {least} to {most} ns")

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

    def require_truth(self, least=1):
        self.require_alive()
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
        return sorted(width / 2e6 for width, _ in self.widths_ns)

    def summary(self):
        halves = self.half_widths_ms()
        if not halves:
            return "no bounds"
        return f"{self.bounds} bounds true, half width {halves[len(halves) // 2]:.2f} ms median, {halves[-1]:.2f} ms at most"
