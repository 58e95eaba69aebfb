# SPDX-License-Identifier: LGPL-2.1-or-later
"""The services in the hands of the master, and the nodes that they are on."""

ROUNDS = 50  # of the inner loop; more is a fault of the table


class Services:
    """One pass over all services, repeated until nothing changes."""

    def __init__(self, manager, only):
        self.manager, self.crm, self.only = manager, manager.crm, only

    def run(self):
        for _ in range(ROUNDS):
            changed = [self._advance(sid) for sid in sorted(self.manager.services) if self.only is None or sid in self.only]
            fenced = self._fence()
            if not any(changed) and not fenced:
                return
        self.manager.log("services never come to rest")

    def _advance(self, sid):
        one = Service(self.manager, sid)
        before = one.state()
        for component in ("service", "service.restart"):
            row = self.crm.decide_now(component, one.state(), one)
            if row is not None and row.next != "=":
                one.change(row.next)
        return one.state() != before

    def _fence(self):
        """Also ends the fencing of nodes that have no service to fence (Manager.pm:1174-1184 @ 5.2.0)."""
        nodes = {}
        progress = False
        for sid in sorted(self.manager.services):
            one = Service(self.manager, sid, nodes)
            row = self.crm.decide_now("service.fence", one.state(), one)
            if row is not None:
                one.change(row.next)
                progress = True
        for node in sorted(set(self.manager.nodes) - set(nodes)):
            if self.manager.nodes[node] == "fence":
                progress |= NodeWords(self.manager, node).fence()
        return progress


class NodeWords:
    """A node: the subject of node.*"""

    def __init__(self, manager, node):
        self.manager, self.node, self.forgotten = manager, node, False

    def fence(self):
        """fence_node; whether it is done."""
        state = self.manager.crm.answer("node.fence", self.manager.nodes[self.node], self)
        if state != self.manager.nodes[self.node]:
            self.manager.log(f"node '{self.node}': state changed from '{self.manager.nodes[self.node]}' => '{state}'")
            self.manager.nodes[self.node] = state
        return state == "unknown"

    def is_lrm_maintenance(self):
        return self.manager.modes.get(self.node, "unknown") == "maintenance"

    def is_listed(self):
        return self.node in self.manager.world.listed

    def is_gone_long(self):
        return self.manager.node_lost_for(self.node, self.manager.crm.constants["gone_s"])

    def is_lock_of_it(self):
        return self.manager.crm.agent_lock_of(self.node).get()

    def do_forget(self):
        self.forgotten = True
        del self.manager.nodes[self.node]
        self.manager.last_online.pop(self.node, None)


class Service:
    """One service: the subject of service, service.*, manager.config and manager.freeze. `nodes` notes which nodes are fenced."""

    def __init__(self, manager, sid, nodes=None):
        self.manager, self.sid, self.nodes = manager, sid, {} if nodes is None else nodes
        self.guest = manager.world.config().get(sid)
        self.own = manager.services.get(sid, {})
        self.parameters, self.chosen = {}, None

    def state(self):
        return self.own.get("state")

    def change(self, state):
        """change_service_state"""
        self.manager.log(f"service '{self.sid}': state changed from '{self.state()}' to '{state}' {self.parameters or ''}")
        kept = {key: self.own[key] for key in ("node", "failed_nodes", "maintenance_node") if key in self.own}
        self.own.clear()
        self.own.update(state=state, **kept)
        self.own.update(self.parameters, uid=self.manager.new_uid())
        self.parameters = {}

    def _node_state(self):
        return self.manager.nodes.get(self.own["node"], "unknown")

    def _select(self, avoid=(), prefer_current=True):
        """select_service_node without rules: stay if possible, else the node with the fewest services."""
        online = [node for node, state in sorted(self.manager.nodes.items()) if state == "online" and node not in avoid]
        for node in (self.own.get("maintenance_node"), self.own["node"] if prefer_current else None):
            if node in online:
                return node
        load = [one["node"] for one in self.manager.services.values()]
        return min(online, key=lambda node: (load.count(node), node), default=None)

    # -- configuration

    def is_config_any(self):
        return self.guest is not None

    def is_config_ignored(self):
        return self.guest is not None and self.guest.state == "ignored"

    def is_config_started(self):
        return self.guest is not None and self.guest.state == "started"

    def is_config_stopped(self):
        return self.guest is not None and self.guest.state == "stopped"

    def is_config_disabled(self):
        return self.guest is None or self.guest.state == "disabled"

    def is_is_vm(self):
        return self.sid.startswith("vm:")

    def is_disarm_set(self):
        return self.manager.is_disarm_set()

    def do_add(self):
        self.own = self.manager.services[self.sid] = {"state": "absent", "node": self.guest.node, "uid": self.manager.new_uid()}

    def do_remove(self):
        del self.manager.services[self.sid]

    def do_stop_in_config(self):
        self.guest.state = "stopped"
        self.manager.world.write_guests()

    def is_elsewhere_now(self):
        return self.guest is not None and self.guest.node != self.own["node"]

    def do_follow_guest(self):
        self.own["node"] = self.guest.node

    # -- commands

    def is_command(self):
        return bool(self.own.get("cmd"))

    def is_command_migrate(self):
        return self.is_command() and self.own["cmd"][0] == "migrate"

    def is_command_relocate(self):
        return self.is_command() and self.own["cmd"][0] == "relocate"

    def is_command_stop(self):
        return self.is_command() and self.own["cmd"][0] == "stop"

    def is_target_ok(self):
        target = self.own["cmd"][1]
        return self.manager.nodes.get(target) == "online" and target != self.own["node"]

    def do_go_target(self):
        self.parameters = {"node": self.own["node"], "target": self.own["cmd"][1]}

    def do_drop_command(self):
        self.own.pop("cmd")

    # -- results of the LRM

    def _code(self):
        result = self.manager.results.get(self.own.get("uid"))
        return None if result is None else result["exit_code"]

    def is_result_any(self):
        return self._code() is not None

    def is_result_ok(self):
        return self._code() == 0

    def is_result_wrong_node(self):
        return self._code() == 3

    def is_result_error(self):
        return self._code() in (1, 3)

    def is_relocations_used(self):
        return len(self.own.get("failed_nodes", [])) + 1 > self.guest.max_relocate

    def do_note_failed(self):
        self.own.pop("running", None)
        self.own.setdefault("failed_nodes", []).append(self.own["node"])

    def do_forget_failed(self):
        self.own.pop("failed_nodes", None)

    def do_set_running(self):
        self.own.pop("failed_nodes", None)
        self.own["running"] = 1

    def do_new_uid(self):
        self.own["uid"] = self.manager.new_uid()

    def do_prune_one(self):
        for key in set(self.own) - {"state", "node", "uid", "maintenance_node"}:
            del self.own[key]

    def do_arrive(self):
        self.parameters = {"node": self.own["target"]}

    # -- nodes

    def is_node_online(self):
        return self._node_state() == "online"

    def is_node_in_maintenance(self):
        return self._node_state() == "maintenance"

    def is_node_lost_long(self):
        return self.manager.node_lost_for(self.own["node"], self.manager.crm.constants["fence_delay_s"])

    def is_other_node(self):
        self.chosen = self._select(avoid={self.own["node"], *self.own.get("failed_nodes", [])}, prefer_current=False)
        return self.chosen is not None

    def do_go_other(self):
        self.parameters = {"node": self.own["node"], "target": self.chosen}

    def is_better_node(self):
        """Also keeps the book of where it comes from while its node is in maintenance."""
        if self.is_node_in_maintenance():
            self.own["maintenance_node"] = self.own["node"]
        self.chosen = self._select()
        if self.chosen is not None and self.chosen != self.own["node"]:
            return True
        if self.own.get("maintenance_node") == self.own["node"] and self.is_node_online():
            del self.own["maintenance_node"]
        return False

    def do_go_better(self):
        home = self.own.get("maintenance_node")
        if home is not None and (self.chosen == home or self.own["node"] != home):
            del self.own["maintenance_node"]
        self.do_go_other()

    def is_recovery_node(self):
        self.chosen = self._select(prefer_current=False)
        return self.chosen is not None

    def do_steal(self):
        self.guest.node, self.guest.running = self.chosen, False
        self.manager.world.write_guests()
        self.manager.world.log("action", self.manager.node, f"recover {self.sid} from {self.own['node']} to {self.chosen}")
        self.parameters = {"node": self.chosen}

    def is_lrm_active(self):
        return self.manager.modes.get(self.own["node"]) == "active"

    def is_lrm_restart(self):
        return self.manager.modes.get(self.own["node"]) == "restart"

    def is_node_fenced(self):
        node = self.own["node"]
        if not self.nodes.get(node):
            self.nodes[node] = NodeWords(self.manager, node).fence()
        return self.nodes[node]
