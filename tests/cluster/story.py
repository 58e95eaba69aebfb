# SPDX-License-Identifier: LGPL-2.1-or-later
"""The story of packaging/try: six things that go wrong with time in a cluster, each broken and mended before the reader's eyes.

A scene breaks something, waits until the cluster says what it should say, and shows it. What the cluster does not say in time
ends the story with an error: so the story is a test as well."""

import time

import network

BUDGET = "50ms"
SAID_S = 30
MENDED_S = 60
MS = 1000000


def human(ns):
    if ns is None:
        return "-"
    for unit, size in (("s", 1e9), ("ms", 1e6), ("us", 1e3)):
        if abs(ns) >= size:
            return f"{ns / size:+.1f} {unit}"
    return f"{ns:+d} ns"


def alert_key(alert):
    return alert["id"], alert["node"], alert["other"], alert["since"]


def short_status(document, known_alerts):
    """The verdict in a few lines, with the alerts that are new."""
    cluster = document["cluster"]
    lines = [f"{cluster['verdict']}: {cluster['reason']}"]
    if cluster["remedy"]:
        lines.append(f"remedy: {cluster['remedy']}")
    lines.append(", ".join(f"{n['name']} {n['state']} {human(n['offset_ns'])}" for n in document["nodes"])
                 + "".join(f", {name} absent" for name in cluster["absent"])
                 + (f"; margin {cluster['margin']} votes" if cluster["connected"] and cluster["quorate"] else "; no quorum"))
    new = [a for a in document["alerts"] if alert_key(a) not in known_alerts]
    lines += [f"alert: {a['id']} {a['node'] or ''}: {a['reason']}" for a in new[:4]]
    return lines


class Stage:
    """Where a scene plays: the lab, and what the reader gets to see of it."""

    def __init__(self, lab, say):
        self.lab = lab
        self.say = say
        self.last = max(lab.nodes)
        self.known_alerts = set()

    def open(self, headline):
        self.known_alerts = {alert_key(a) for n in self.lab.nodes for a in (self.lab.status(n) or {"alerts": []})["alerts"]}
        self.say(headline)

    def state(self, viewer, number):
        document = self.lab.status(viewer)
        return next((n["state"] for n in (document or {"nodes": []})["nodes"] if n["id"] == number), None)

    def verdict(self, viewer):
        document = self.lab.status(viewer)
        return document["cluster"]["verdict"] if document else None

    def blamed(self, number):
        """Of two nodes nobody can say which is wrong: then the pair is all that there is to be seen."""
        if len(self.lab.nodes) == 2:
            return self.verdict(1) in ("breached", "split")
        return self.state(1, number) == "beyond"

    def absent(self, viewer, number):
        document = self.lab.status(viewer)
        return document is not None and f"n{number}" in document["cluster"]["absent"]

    def until(self, predicate, what):
        begin = time.monotonic()
        self.lab.wait_for(predicate, SAID_S, f"the cluster to say: {what}")
        self.say(f"  After {time.monotonic() - begin:.1f} s:")

    def show(self, *viewers):
        for number in viewers:
            document = self.lab.status(number)
            lines = short_status(document, self.known_alerts) if document else ["no answer"]
            self.say(f"  n{number} says  {lines[0]}")
            for line in lines[1:]:
                self.say(f"           {line}")

    def mended(self, what):
        begin = time.monotonic()
        self.say(f"  {what}")
        self.lab.wait_agreed(MENDED_S)
        self.say(f"  Agreed again, {time.monotonic() - begin:.1f} s later.")


def slow_polls(lab, number):
    """As in production: chronyd asks its source each 64 s, so that it is a minute blind to a step."""
    node = lab.nodes[number]
    node.chronyc("-m", f"maxpoll {network.NTP} 6", f"minpoll {network.NTP} 6")
    lab.wait_for(lambda: float(node.chronyc("-c", "sources").split(",")[6]) >= 2, 10, "chronyd to sleep")


def stepped_clock(stage):
    stage.open("1. Somebody steps the clock of n2 by 200 ms. Its chronyd asks its source once a minute and cannot know yet.")
    slow_polls(stage.lab, 2)
    stage.lab.step(2, 200 * MS)
    stage.until(lambda: stage.blamed(2), "n2 beyond")
    stage.show(1)
    stage.say(f"           n2's chronyc tracking meanwhile: {stage.lab.nodes[2].tracking()[13]}, "
              f"{abs(float(stage.lab.nodes[2].tracking()[4])) * 1e6:.0f} us from NTP time")
    stage.lab.step(2, -200 * MS)
    stage.lab.nodes[2].start_time()
    stage.mended("The step is undone.")


def wrong_source(stage):
    stage.open(f"2. n{stage.last} is pointed at another NTP server, which is 20 ms off: inside the budget, and still wrong.")
    stage.lab.servers["other"].disturb("step", 20 * MS)
    stage.lab.nodes[stage.last].set_sources([network.OTHER], restart=True)
    stage.until(lambda: stage.state(1, stage.last) == "foreign-source", f"n{stage.last} on a foreign source")
    stage.show(1)
    stage.lab.nodes[stage.last].set_sources([network.NTP], restart=True)
    stage.mended("It is pointed back at the cluster's server.")
    stage.lab.servers["other"].disturb("step", -20 * MS)


def dead_source(stage):
    stage.open("3. The NTP server dies. Each chronyd goes on calling itself synchronised.")
    stage.lab.servers["ntp"].chronyd.kill()
    stage.until(lambda: all(stage.state(1, n) == "holdover" for n in stage.lab.nodes), "all nodes in holdover")
    stage.show(1)
    stage.say(f"           n1's chronyc tracking meanwhile: leap status {stage.lab.nodes[1].tracking()[13]}")
    stage.lab.servers["ntp"].start()
    stage.mended("The server is back.")


def local_mode(stage):
    stage.open(f"4. n{stage.last} loses its source line and falls back to 'local stratum 10': chronyd reports perfection.")
    stage.lab.nodes[stage.last].set_local(10)
    stage.until(lambda: stage.state(1, stage.last) == "local-clock", f"n{stage.last} on its local clock")
    stage.show(1)
    stage.lab.nodes[stage.last].set_sources([network.NTP])
    stage.mended("Its source is back.")


def partition(stage):
    rest = [n for n in stage.lab.nodes if n != stage.last]
    stage.open(f"5. The cluster network splits: n{stage.last} is alone. Nobody may be blamed for what nobody can know.")
    stage.lab.partition([rest, [stage.last]])
    stage.until(lambda: stage.absent(1, stage.last) and stage.absent(stage.last, 1), f"n{stage.last} absent")
    stage.show(1, stage.last)
    stage.lab.merge()
    stage.mended("The network is whole again.")


def frozen_corosync(stage):
    stage.open("6. corosync on n2 hangs. The agent there lives on and says so; the others lose a member.")
    stage.lab.nodes[2].corosync.freeze()
    stage.until(lambda: stage.absent(1, 2) and stage.verdict(2) == "unproven", "n2 absent")
    stage.show(1, 2)
    stage.lab.nodes[2].corosync.thaw()
    stage.mended("corosync runs again.")


SCENES = [stepped_clock, wrong_source, dead_source, local_mode, partition, frozen_corosync]


def tell(lab, say, scenes=None):
    stage = Stage(lab, say)
    say(f"The budget is {BUDGET}: no two clocks may be further apart.\n")
    for scene in scenes or SCENES:
        scene(stage)
        say("")
    say("Six faults, each named and gone again. All is taken down now.")
