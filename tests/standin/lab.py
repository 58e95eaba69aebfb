# SPDX-License-Identifier: LGPL-2.1-or-later
"""A cluster of the stand-in in virtual time, for its own tests."""

import cli
import cluster
import host as hosts
import schedule as schedules

NEW, OLD = "5.2.0", "4.0.6"
ALL = ["n1", "n2", "n3"]
STARTED = {"vm:101": "started", "vm:102": "started", "vm:103": "started"}
FROZEN = dict.fromkeys(STARTED, "freeze")
ROWS = None  # instead of those of transitions.table


class Lab:
    """Nodes n1, n2, ...; guests {sid: node}, by default one virtual machine on each."""

    def __init__(self, versions=(NEW, NEW, NEW), guests=None, started=True):
        self.schedule = schedules.Virtual()
        self.names = [f"n{number}" for number in range(1, len(versions) + 1)]
        self.world = cluster.World(self.schedule, dict(zip(self.names, versions)), rows=ROWS)
        self.offsets = dict.fromkeys(self.names, 0)
        self.world.offset_of = self.offsets.get
        guests = {f"vm:10{number}": name for number, name in enumerate(self.names, 1)} if guests is None else guests
        for sid, node in guests.items():
            self.world.add_guest(cluster.Guest(sid, node))
        self.hosts = {name: hosts.Host(self.world, name) for name in self.names}
        if started:
            self.start()

    def start(self):
        """Until all services run and all watchdogs are armed."""
        for one in self.hosts.values():
            one.power_on()
            self.run(1)  # so that the master is known
        self.run(60)

    # -- doing

    def run(self, seconds):
        self.schedule.run_for(seconds)

    def now(self):
        return self.schedule.now()

    def until(self, condition, limit_s, what):
        """Seconds until it holds."""
        begin = self.now()
        while not condition():
            if self.now() - begin > limit_s:
                raise AssertionError(f"not within {limit_s} s: {what}")
            self.run(0.25)
        return self.now() - begin

    def ha_manager(self, node, *words):
        """(exit status, what it printed on either output, seconds)"""
        call, done, begin = cli.Call(self.world, node, list(words)), [], self.now()

        def run():
            done.append((yield from call.run()))

        self.schedule.add(run(), self.hosts[node].hung)
        while not done and self.now() - begin < 100:
            self.run(0.05)
        return done[0] if done else None, call.out + call.error, self.now() - begin

    def partition(self, *parts):
        self.world.partition([part.split() for part in parts])

    def step(self, node, seconds):
        self.offsets[node] += seconds

    def unit(self, node, name):
        return self.hosts[node].units[name]

    def rounds(self, daemon):
        """How many it does in 100 s."""
        count, half = [], daemon.half

        def counted(component):
            count.append(component)
            return half(component)

        daemon.half = counted
        self.run(100)
        daemon.half = half
        return len(count) // 2

    # -- looking

    def status(self, node=None):
        """manager_status, of a node that is quorate."""
        node = node or next(name for name in self.names if self.world.nodes[name].quorate)
        return self.world.read_json(node, "ha/manager_status")

    def lrm(self, node):
        """(state, mode) in lrm_status."""
        status = self.world.read_json(next(n for n in self.names if self.world.nodes[n].quorate), f"nodes/{node}/lrm_status")
        return status.get("state"), status.get("mode")

    def stamp(self, node):
        return self.world.read_json(node, f"nodes/{node}/lrm_status")["timestamp"]

    def disarm(self):
        return self.status().get("disarm", {}).get("state")

    def services(self):
        return {sid: one["state"] for sid, one in self.status().get("service_status", {}).items()}

    def markers(self):
        """Of which nodes a watchdog is armed."""
        return [name for name in self.names if self.hosts[name].mux.marker]

    def master(self):
        masters = [name for name in self.names if self.crm(name) is not None and self.crm(name).state == "master"]
        return masters[0] if len(masters) == 1 else None

    def crm(self, node):
        unit = self.unit(node, "pve-ha-crm")
        return unit.program if unit.running() else None

    def events(self, kind, since=0.0):
        return [(at, node, text) for at, what, node, text in self.world.events if what == kind and at >= since]

    def logged(self, text, since=0.0):
        return [one for one in self.events("log", since) if text in one[2]]

    def actions(self, since=0.0):
        return [text for _, _, text in self.events("action", since)]

    def resets(self):
        return [node for _, node, _ in self.events("reset")]


def disarmed(versions=(NEW, NEW, NEW), mode="freeze"):
    """A cluster after disarm-ha."""
    lab = Lab(versions)
    lab.ha_manager("n2", "crm-command", "disarm-ha", mode)
    lab.until(lambda: lab.disarm() == "disarmed", 40, "disarmed")
    lab.run(0.5)
    return lab
