# SPDX-License-Identifier: LGPL-2.1-or-later
"""watchdog-mux of one node: clients that feed it, the marker that tells of them, and the node's end when one is silent for too long. It
resets nothing: it says that the node would have been reset."""


class NoWatchdog(Exception):
    """watchdog-mux does not run."""


class Client:
    def __init__(self, name):
        self.name, self.fed_s, self.magic, self.warned = name, 0, False, False


class Mux:
    """The subject of the decisions mux.*; `marker` outlives the program, as a directory does. A state that the table does not name: ended,
    when the program is gone and the hardware still counts down."""

    def __init__(self, world, node):
        self.world, self.node, self.rules = world, node, world.nodes[node].table
        self.clients, self.client, self.marker, self.state, self.bytes = [], None, False, "exit", b""
        self.eventful = False

    def run(self):
        """The program."""
        self.clients = []
        self.state = self._decide("mux.start", "start").next
        if self.state == "exit":
            self.world.log("log", self.node, "watchdog active - unable to restart watchdog-mux")
            return
        while self.state == "feeding":
            yield self.rules.constants["mux_tick_s"]
            if self.eventful:  # the wait was not without an event
                self.eventful = False
            elif self.state == "feeding":
                self._apply("mux.tick")
        if self.state != "exit":
            yield self.rules.constants["mux_hardware_s"]
            self.world.log("reset", self.node, "the watchdog was not fed: this node would have been reset")

    def _decide(self, component, state):
        return self.rules.decide_now(component, state, self)

    def _apply(self, component):
        row = self._decide(component, self.state)
        if row is not None and row.next != "=":
            self.state = "ended" if row.next == "exit" else row.next

    def _event(self, component, client):
        self.client, self.eventful = client, True
        self._apply(component)

    def connect(self, name):
        if self.state in ("exit", "ended"):
            raise NoWatchdog("unable to open watchdog socket")
        client = Client(name)
        self._event("mux.connect", client)
        return client

    def data(self, client, data):
        self.bytes = data
        self._event("mux.data", client)

    def eof(self, client):
        if client in self.clients:
            self._event("mux.eof", client)

    def terminate(self):
        """systemctl stop watchdog-mux. With clients the device stays open, unfed, and the marker stays."""
        self.state = "expired" if self.clients else "exit"

    def power_off(self):
        self.clients, self.marker, self.state = [], False, "exit"
        self.world.disk.marker(self.node, False)

    # -- words of the table

    def _age_s(self, client):
        return self.world.wall(self.node) - client.fed_s

    def is_marker(self):
        return self.marker

    def is_client_old(self):
        return any(self._age_s(client) > self.rules.constants["mux_timeout_s"] for client in self.clients)

    def is_client_ageing(self):
        return any(not client.warned and self._age_s(client) > self.rules.constants["mux_warning_s"] for client in self.clients)

    def is_last_is_v(self):
        return self.bytes.endswith(b"V")

    def is_magic(self):
        return self.client.magic

    def is_only_client(self):
        return len(self.clients) == 1

    def do_expire(self):
        self.world.log("log", self.node, "client watchdog expired - disable watchdog updates")

    def do_warn(self):
        for client in self.clients:
            client.warned = True
        self.world.log("log", self.node, "client watchdog is about to expire")

    def do_add_client(self):
        self.client.fed_s = self.world.wall(self.node)
        self.clients.append(self.client)

    def do_remove_client(self):
        self.clients.remove(self.client)

    def do_set_marker(self):
        self.marker = True
        self.world.disk.marker(self.node, True)

    def do_unset_marker(self):
        self.marker = False
        self.world.disk.marker(self.node, False)

    def do_stamp(self):
        self.client.fed_s, self.client.warned = self.world.wall(self.node), False

    def do_set_magic(self):
        self.client.magic = True

    def do_clear_magic(self):
        self.client.magic = False
