# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the master does in a round: nodes, commands, disarm. The services are in service.py."""

import itertools

import cluster
import service as services

UIDS = itertools.count(1)
TRANSIENT = ("fence", "recovery", "migrate", "relocate")  # Manager.pm:908-911 @ 5.2.0
KEPT = ("state", "node", "uid", "maintenance_node")  # Manager.pm:925 @ 5.2.0


class Manager:
    """The subject of manager.*; it begins with what the last master left."""

    def __init__(self, crm):
        self.crm, self.world, self.node = crm, crm.world, crm.node
        self.nodes, self.services, self.request, self.disarm = {}, {}, {}, None
        self.last_online, self.modes, self.results, self.command = {}, {}, {}, []
        self.fully_disarmed = False
        self.left = self.world.read_json(self.node, "ha/manager_status")
        crm.decide_now("manager.begin", "-", self)

    def log(self, text):
        self.crm.log(text)

    def new_uid(self):
        return f"uid{next(UIDS)}"

    # -- a round

    def manage(self):
        members = self.world.nodes[self.node].members | {self.node}
        self._read_lrms()
        self._update_nodes(members)
        if self.crm.answer("manager.round", subject=self) == "end":
            self.log("master seems offline")
            return
        self._update_services()
        yield from self._read_commands()
        deferred = None
        if self.disarm:
            row = self.crm.decide_now("manager.disarm", self.disarm["state"], self)
            if row.next != "defer":
                return
            deferred = [sid for sid, one in self.services.items() if one["state"] in TRANSIENT]
        self.fully_disarmed = False
        services.Services(self, deferred).run()
        self.flush()

    def flush(self):
        status = {"master_node": self.node, "node_status": self.nodes, "service_status": self.services, "timestamp": self.crm.wall()}
        if self.request:
            status["node_request"] = self.request
        if self.disarm:
            status["disarm"] = self.disarm
        self.world.write_json(self.node, "ha/manager_status", status)

    def _read_lrms(self):
        """read_lrm_status: of the nodes known so far."""
        self.modes, self.results = {}, {}
        for node in self.nodes:
            path = f"nodes/{node}/lrm_status"
            status = {"mode": "unknown"} if self.world.read(self.node, path) is None else self.world.read_json(self.node, path)
            self.modes[node] = status.get("mode") or "active"
            self.results.update(status.get("results") or {})

    def _update_nodes(self, members):
        for node in sorted(members):
            self.last_online[node] = self.crm.wall()
            self._update_node("node.member", node, self.nodes.get(node, "unknown"))
        for node in sorted(set(self.nodes) - members):
            self._update_node("node.absent", node, self.nodes[node])

    def _update_node(self, component, node, state):
        known = services.NodeWords(self, node)
        answer = self.crm.answer(component, state, known)
        new = state if answer == "=" else answer
        if not known.forgotten and self.nodes.get(node) != new:
            self.log(f"node '{node}': state changed from '{state}' => '{new}'")
            self.nodes[node] = new

    def node_lost_for(self, node, delay_s):
        """node_is_offline_delayed"""
        if self.nodes.get(node) == "online":
            return False
        if node not in self.last_online:
            self.last_online[node] = self.crm.wall()
            return False
        return self.crm.wall() - self.last_online[node] >= delay_s

    def _update_services(self):
        for sid in sorted(set(self.world.config()) | set(self.services)):
            one = services.Service(self, sid)
            row = self.crm.decide_now("manager.config", one.state() or "absent", one)
            if row is not None and row.next != "=":
                self.services[sid]["state"] = row.next

    # -- commands

    def _read_commands(self):
        code = yield from self.world.domain_lock(self.node)
        if code:
            raise cluster.Refused(code)
        text = self.world.read(self.node, "ha/crm_commands") or ""
        try:
            if text:
                self.world.write(self.node, "ha/crm_commands", "")
        finally:
            self.world.lock_call("rmdir", self.node, "domain-ha")
        for line in text.splitlines():
            self.command = line.split()
            row = self.crm.decide_now("manager.command", self.command[0] if self.command else "", self)
            if row.next == "done":
                self.log(f"got crm command: {line}")

    # -- words of the table

    def do_keep_nodes(self):
        self.nodes = self.left.get("node_status") or {}

    def do_keep_services(self):
        self.services = self.left.get("service_status") or {}

    def do_keep_request(self):
        self.request = self.left.get("node_request") or {}

    def do_keep_disarm(self):
        self.disarm = self.left.get("disarm")

    def is_own_operational(self):
        return self.nodes.get(self.node) in ("online", "maintenance")

    def is_disarm_set(self):
        return self.disarm is not None

    def is_disarm_ignore(self):
        return self.disarm["mode"] == "ignore"

    def is_node_is_online(self):
        return self.nodes.get(self.command[-1]) == "online"

    def is_known_service(self):
        return len(self.command) == 3 and self.command[1] in self.services

    def is_elsewhere(self):
        return self.services[self.command[1]]["node"] != self.command[2]

    def is_transient_services(self):
        waiting = [sid for sid, one in self.services.items() if one["state"] in TRANSIENT]
        for sid in waiting:
            self.log(f"deferring disarm - service '{sid}' is in '{self.services[sid]['state']}' state")
        return bool(waiting)

    def is_all_lrms_disarm(self):
        return all(self.modes.get(node, "unknown") == "disarm" for node, state in self.nodes.items() if state == "online")

    def do_log(self):
        """The texts differ in the source; none is read by anybody."""
        self.log(f"ignoring crm command: {' '.join(self.command)}")

    def do_log_unknown(self):
        self.log(f"unable to parse crm command: {' '.join(self.command)}")

    def do_set_disarm(self):
        self.disarm = {"mode": self.command[1], "state": "disarming"}

    def do_clear_disarm(self):
        self.disarm = None

    def do_follow_guests(self):
        for sid, guest in self.world.config().items():
            if sid in self.services:
                self.services[sid]["node"] = guest.node

    def do_want_maintenance(self):
        self.request.setdefault(self.command[1], {})["maintenance"] = 1

    def do_unwant_maintenance(self):
        self.request.setdefault(self.command[1], {}).pop("maintenance", None)

    def do_note_command(self):
        self.services[self.command[1]]["cmd"] = [self.command[0], self.command[2]]

    def do_prune(self):
        for one in self.services.values():
            for key in set(one) - set(KEPT):
                del one[key]

    def do_freeze(self):
        for sid in sorted(self.services):
            one = services.Service(self, sid)
            row = self.crm.decide_now("manager.freeze", one.state(), one)
            if row is not None:
                self.services[sid]["state"] = row.next

    def do_fully(self):
        if self.disarm["state"] != "disarmed":
            self.log("all LRMs disarmed, HA stack is now fully disarmed")
            self.disarm["state"] = "disarmed"
        self.fully_disarmed = True

    def do_not_fully(self):
        self.fully_disarmed = False

    def do_flush(self):
        self.flush()
