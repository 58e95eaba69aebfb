# SPDX-License-Identifier: LGPL-2.1-or-later
"""ha-manager: what its command lines do, print and return."""

import time

USAGE = "USAGE: ha-manager <COMMAND> [ARGS] [OPTIONS]\n"


def split(words):
    """(command, the words after it)"""
    count = 1
    if words[:1] == ["crm-command"]:
        count = 3 if words[1:2] == ["node-maintenance"] else 2
    return " ".join(words[:count]), words[count:]


class Call:
    """One run of ha-manager on a node: the subject of cli and cli.queue. run() is a generator; its value is the exit status."""

    def __init__(self, world, node, words):
        self.world, self.node = world, node
        self.rules = world.nodes[node].table
        self.command, self.words = split(words)
        self.out, self.error, self.line = "", "", None

    def run(self):
        if not self.command:
            self.error = f"ERROR: no command specified\n{USAGE}"
            return 255
        row = yield from self.rules.decide("cli", self.command, self)
        if row.next == "done":
            return 0
        if row.next == "usage":
            self.error = "400 Parameter verification failed.\n"
            return 255
        if row.next == "unknown":
            self.error = f"ERROR: unknown command 'ha-manager {self.command}'\n{USAGE}"
            return 255
        row = yield from self.rules.decide("cli.queue", "-", self)
        return int(row.next.split()[1])

    # -- words of the table

    def is_good_mode(self):
        return self.words in (["freeze"], ["ignore"])

    def is_no_words(self):
        return not self.words

    def is_known_node(self):
        return len(self.words) == 1 and self.words[0] in self.world.listed

    def is_sid_and_node(self):
        return len(self.words) == 2 and self.words[0] in self.world.config() and self.words[1] in self.world.listed

    def is_sid_and_number(self):
        return len(self.words) == 2 and self.words[0] in self.world.config() and self.words[1].isdigit()

    def is_known_command(self):
        return self.command != "crm-command arm-ha" or self.rules.release == "5.2.0"

    def is_quorate(self):
        return self.world.nodes[self.node].quorate

    def is_domain_lock(self):
        return (yield from self.world.domain_lock(self.node)) == 0

    def do_append(self):
        text = self.world.read(self.node, "ha/crm_commands") or ""
        self.world.write(self.node, "ha/crm_commands", f"{text}{self.line}\n")

    def do_remove_lock(self):
        self.world.lock_call("rmdir", self.node, "domain-ha")

    def _fail(self, text):
        self.error = "trying to acquire cfs lock 'domain-ha' ...\n" * 9 + f"cfs-lock 'domain-ha' error: {text}\n"

    def do_say_no_quorum(self):
        self._fail("no quorum!")

    def do_say_timeout(self):
        self._fail("got lock request timeout")

    def do_queue_disarm(self):
        self.line = f"disarm-ha {self.words[0]}"

    def do_queue_arm(self):
        self.line = "arm-ha"

    def do_queue_enable(self):
        self.line = f"enable-node-maintenance {self.words[0]}"

    def do_queue_disable(self):
        self.line = f"disable-node-maintenance {self.words[0]}"

    def do_queue_migrate(self):
        self.line = f"migrate {' '.join(self.words)}"

    def do_queue_relocate(self):
        self.line = f"relocate {' '.join(self.words)}"

    def do_queue_stop(self):
        self.line = f"stop {' '.join(self.words)}"

    def do_print_status(self):
        self.out = "".join(f"{line}\n" for line in Status(self.world, self.node, self.rules).lines())


class Status:
    """ha-manager status, both releases: Status.pm:166-359 @ 5.2.0, Status.pm:138-276 @ 4.0.6. Not for programs to read."""

    def __init__(self, world, node, rules):
        self.world, self.node, self.rules = world, node, rules
        self.new = rules.release == "5.2.0"
        self.status = world.read_json(node, "ha/manager_status")

    def age(self, stamp):
        age_s = self.world.wall(self.node) - stamp
        if age_s > self.rules.constants["old_stamp_s"]:
            return "old timestamp - dead?"
        return "detected time drift!" if age_s < -self.rules.constants["drift_s"] else "active"

    def lines(self):
        quorate = self.world.nodes[self.node].quorate
        yield "quorum OK" if quorate else f"quorum No quorum on node '{self.node}'!"
        master, stamp, disarm = self.status.get("master_node"), self.status.get("timestamp"), self.status.get("disarm")
        active = master is not None and self.age(stamp) == "active"
        if master is not None:
            extra = f" - {disarm['state']}, resource mode: {disarm['mode']}" if disarm and self.new else ""
            yield f"master {master} ({self.age(stamp)}, {time.ctime(stamp)}){extra}"
        if self.new:
            yield self._fencing(disarm, active)
        for node in sorted(self.status.get("node_status", {})):
            yield self._lrm(node)
        for sid, one in sorted(self.status.get("service_status", {}).items()):
            yield f"service {sid} ({one['node']}, {one['state']})"

    @staticmethod
    def _fencing(disarm, active):
        if disarm:
            state = "released" if disarm["state"] == "disarmed" else "active"
            return f"fencing {disarm['state']}, resource mode: {disarm['mode']} (CRM watchdog {state})"
        return "fencing armed (CRM watchdog active)" if active else "fencing standby (CRM watchdog standby)"

    def _lrm(self, node):
        status = self.world.read_json(self.node, f"nodes/{node}/lrm_status")
        if "timestamp" not in status:
            return f"lrm {node} (unable to read lrm status)"
        text, mode, state = self.age(status["timestamp"]), status["mode"], status["state"]
        watchdog = "standby"
        if text == "active" and state in ("active", "maintenance"):
            watchdog = "active"
        elif mode == "disarm":
            watchdog = "released"
        if (text == "active" and mode != "active") or mode in (["maintenance", "disarm"] if self.new else ["maintenance"]):
            text = f"{mode} mode"
        elif text == "active":
            text = "idle" if state == "wait_for_agent_lock" and not self._busy(node) else state
        return f"lrm {node} ({text}, " + (f"watchdog {watchdog}, " if self.new else "") + f"{time.ctime(status['timestamp'])})"

    def _busy(self, node):
        idle = {"stopped", "freeze"} | ({"error", "request_start"} if self.new else set())
        return any(one["node"] == node and one["state"] not in idle for one in self.status["service_status"].values())
