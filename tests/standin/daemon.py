# SPDX-License-Identifier: LGPL-2.1-or-later
"""What CRM and LRM have in common: rounds of two halves, a lock, a watchdog and a way to stop."""

import table as tables

ROUND_S = 0.05  # that a round takes by itself


class Daemon:
    """The subject of its decisions. `name` is crm or lrm; `wanted` is the lock that it works under."""

    name = None

    def __init__(self, world, node, mux, lock):
        self.world, self.node, self.mux, self.wanted = world, node, mux, lock
        self.rules = world.nodes[node].table
        self.constants = self.rules.constants
        self.state, self.changed_s = None, 0
        self.client, self.stopping, self.idle_rounds = None, False, 0

    # -- parts of a round

    def log(self, text):
        self.world.log("log", self.node, f"pve-ha-{self.name}: {text}")

    def wall(self):
        return self.world.wall(self.node)

    def quorate(self):
        return self.world.nodes[self.node].quorate

    def decide(self, component, state, subject=None):
        return (yield from self.rules.decide(component, state, subject or self))

    def decide_now(self, component, state, subject=None):
        return self.rules.decide_now(component, state, subject or self)

    def answer(self, component, state="-", subject=None):
        """What a decision says, of those that always say something."""
        row = self.decide_now(component, state, subject)
        if row is None:
            raise RuntimeError(f"no row of {component} holds")
        return row.next

    def set_state(self, state):
        if state != self.state:
            self.log(f"status change {self.state} => {state}")
            self.state, self.changed_s = state, self.wall()

    def rest(self, row, begin_s):
        """The latency of a row."""
        kind, _, number = row.latency.partition(" ")
        if kind == "sleep":
            yield int(number)
        while kind == "until" and self.wall() < begin_s + int(number):
            yield 1

    def half(self, component):
        """Decides, changes the state and rests; its value is false when the loop ends."""
        begin_s = self.wall()
        row = yield from self.decide(component, self.state)
        if row is None and component.endswith(".work"):
            raise RuntimeError(f"got unexpected status '{self.state}'")
        if row is not None and row.next == "exit":
            return False
        if row is not None:
            self.set_state(tables.after(row, self.state))
            yield from self.rest(row, begin_s)
        return True

    def before(self):
        """What comes before a round; its value is whether there is one, None where the loop ends."""
        yield from ()
        return True

    def run(self):
        try:
            while (go := (yield from self.before())) is not None:
                if go and not (yield from self._round()):
                    break
                yield ROUND_S
        finally:
            if self.client is not None:  # the kernel closes what the daemon left open
                self.mux.eof(self.client)

    def _round(self):
        if not (yield from self.half(f"{self.name}.change")):
            return False
        return (yield from self.half(f"{self.name}.work"))

    def protected_lock(self):
        """get_protected_ha_agent_lock and get_protected_ha_manager_lock."""
        begin_s, tries = self.wall(), 0
        while True:
            if self.wanted.get():
                self.has_lock()
                return True
            tries += 1
            if tries > self.constants["lock_tries"] or self.wall() - begin_s > self.constants["lock_window_s"]:
                return False
            yield self.constants["lock_pause_s"]

    def has_lock(self):
        raise NotImplementedError

    # -- words of the table

    def is_shutdown(self):
        return self.stopping

    def is_quorate(self):
        return self.quorate()

    def is_watchdog_open(self):
        return self.client is not None

    def do_open_watchdog(self):
        self.client = self.mux.connect(self.name)
        self.log("watchdog active")

    def do_feed_watchdog(self):
        self.mux.data(self.client, b"\0")

    def do_close_watchdog(self):
        if self.client is not None:
            self.mux.data(self.client, b"V")
            self.mux.eof(self.client)
            self.client = None
            self.log("watchdog closed (disabled)")

    def do_release_lock(self):
        self.wanted.release()

    def do_reset_idle(self):
        self.idle_rounds = 0

    def do_count_idle(self):
        self.idle_rounds += 1
