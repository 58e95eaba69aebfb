# SPDX-License-Identifier: LGPL-2.1-or-later
"""The cluster resource manager of a node: who is master. What a master does is in manager.py."""

import cluster
import daemon
import manager as managers


class Crm(daemon.Daemon):
    name = "crm"

    def __init__(self, world, node, mux):
        super().__init__(world, node, mux, cluster.PveLock(world, node, "ha_manager_lock"))
        self.manager, self.arming, self.status, self.foreign_locks = None, "armed", {}, {}
        self.managed = False  # without an error, in this round
        self.set_state("wait_for_quorum")

    def set_state(self, state):
        if state != self.state:
            super().set_state(state)
            self.manager = managers.Manager(self) if state == "master" else None

    def stop(self):
        """SIGTERM."""
        self.log("server received shutdown request")
        self.stopping = True

    def has_lock(self):
        row = self.decide_now("crm.watchdog", self.arming)
        if row.next != "=":
            self.arming = row.next

    def agent_lock_of(self, node):
        """Asked for by the master when a node is to be fenced."""
        return self.foreign_locks.setdefault(node, cluster.PveLock(self.world, self.node, f"ha_agent_{node}_lock"))

    def _read_status(self):
        """False where manager_status cannot be read."""
        try:
            self.status = self.world.read_json(self.node, "ha/manager_status")
        except ValueError as error:
            self.log(f"could not read manager status: {error}")
            return False
        return True

    # -- words of the table

    def is_healthy(self):
        """is_cluster_and_ha_healthy"""
        if not self.quorate() or not self._read_status():
            return False
        services = self.status.get("service_status", {}).values()
        return not any(s.get("node") == self.node and s.get("state") == "fence" for s in services)

    def is_can_get_active(self):
        return self.answer("crm.can") == "yes"

    def is_may_idle(self):
        return self.answer("crm.idle") == "yes"

    def is_manager_lock(self):
        return (yield from self.protected_lock())

    def is_idle_long(self):
        return self.idle_rounds + 1 > self.constants["crm_idle_rounds"]

    def is_services_configured(self):
        return bool(self.world.config())

    def is_foreign_master_online(self):
        master = self.status.get("master_node")
        return bool(master) and master != self.node and self.status.get("node_status", {}).get(master) == "online"

    def is_leaving_maintenance(self):
        wanted = self.status.get("node_request", {})
        return any(state == "maintenance" and not wanted.get(node, {}).get("maintenance")
                   for node, state in self.status.get("node_status", {}).items())

    def is_pending_commands(self):
        return bool(self.world.read(self.node, "ha/crm_commands"))

    def is_stale_services(self):
        return bool(self.status.get("service_status"))

    def is_disarm_on_disk(self):
        return bool(self.status.get("disarm"))

    def is_disarmed_on_disk(self):
        return self._read_status() and self.status.get("disarm", {}).get("state") == "disarmed"

    def is_fully_disarmed(self):
        return self.manager.fully_disarmed

    def do_manage(self):
        self.managed = False
        try:
            yield from self.manager.manage()
        except (cluster.Refused, ValueError) as error:
            self.log(f"got unexpected error - {error}")
        else:
            self.managed = True

    def do_note_arming(self):
        row = self.decide_now("crm.arming", self.arming) if self.managed else None
        if row is not None:
            self.arming = row.next
