# SPDX-License-Identifier: LGPL-2.1-or-later
"""The units of one node, as systemd would run them: watchdog-mux, pve-ha-crm and pve-ha-lrm."""

import crm
import lrm
import watchdog

NAMES = ("watchdog-mux", "pve-ha-crm", "pve-ha-lrm")  # in the order of their start


class Unit:
    """`state` is what systemctl calls ActiveState."""

    def __init__(self, host, name):
        self.host, self.name, self.schedule = host, name, host.world.schedule
        self.program, self.task, self.state = None, None, "inactive"

    def running(self):
        return self.state in ("active", "deactivating")

    def start(self):
        if self.running():
            return
        self.program = self.host.program(self.name)
        self.state = "active"
        hung = self.host.hung if self.name != "watchdog-mux" else lambda: False
        self.task = self.schedule.add(self.program.run(), hung, self._ended)

    def _ended(self, error):
        if error is not None:
            self.host.world.log("log", self.host.name, f"{self.name}: ERROR: {error}")
        self.state, self.task = "failed" if error is not None else "inactive", None

    def stop(self):
        """As with --no-block: returns at once."""
        if self.state != "active":
            return
        if self.name == "watchdog-mux":
            self.program.terminate()
            self.schedule.wake(self.task)
            return
        self.state = "deactivating"
        self.program.stop()
        self.schedule.wake(self.task)  # a signal ends sleep
        self.schedule.add(self._kill_late(self.task))

    def _kill_late(self, task):
        """What ExecStop does to a daemon that takes too long."""
        yield self.host.world.nodes[self.host.name].table.constants[f"{self.program.name}_stop_wait_s"]
        if self.task is task:
            self.kill()

    def kill(self):
        """SIGKILL."""
        if self.task is not None:
            task, self.task, self.state = self.task, None, "failed"
            self.schedule.kill(task)


class Host:
    def __init__(self, world, name):
        self.world, self.name = world, name
        self.mux = watchdog.Mux(world, name)
        self.units = {unit: Unit(self, unit) for unit in NAMES}

    def hung(self):
        return self.world.nodes[self.name].hung

    def program(self, unit):
        if unit == "watchdog-mux":
            return self.mux
        kind = crm.Crm if unit == "pve-ha-crm" else lrm.Lrm
        return kind(self.world, self.name, self.mux)

    def power_on(self):
        for unit in self.units.values():
            unit.start()

    def power_off(self):
        """Nothing is closed, and /run is empty afterwards."""
        self.mux.power_off()
        for unit in self.units.values():
            unit.kill()
            unit.state = "inactive"
        for guest in self.world.guests.values():
            if guest.node == self.name:
                guest.running = False
