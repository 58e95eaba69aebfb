# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the nodes share: who sees whom, the cluster file system with its locks, the wall clocks and the guests.

A file is written to the view of each node of the quorate part; the others keep what they had. Wall clocks are whole seconds, as Perl's
time() is. Only what `Disk` (disk.py) does leaves the process."""

import errno
import json
import random

import table as tables

LOCK_STAMPS = iter(range(1, 1 << 62))
GUEST_TYPES = {"vm": "qemu", "ct": "lxc"}


class Refused(Exception):
    """A write that pmxcfs does not take; `code` is the errno."""

    def __init__(self, code):
        super().__init__(errno.errorcode[code])
        self.code = code


class Guest:
    """A service and the machine behind it. The seconds say how long its commands take."""

    def __init__(self, sid, node, state="started"):
        self.sid, self.node, self.running = sid, node, False
        self.state, self.max_restart, self.max_relocate = state, None, None
        self.start_s, self.stop_s, self.move_s = 1.0, 1.0, 2.0
        self.startable = self.movable = self.configured = True

    def type(self):
        return self.sid.split(":")[0]


class Node:
    def __init__(self, name, nodeid, version, rows):
        self.name, self.nodeid, self.version = name, nodeid, version
        self.table = tables.Table(rows, tables.release_of(version))
        self.quorate, self.hung, self.members, self.view = True, False, set(), {}


class NoDisk:
    """In place of disk.Disk where nobody looks at files."""

    def written(self, node, path, text):
        pass

    def membership(self, node):
        pass

    def marker(self, node, present):
        pass

    def event(self, *words):
        pass


class World:
    def __init__(self, schedule, versions, rows=None, epoch=1_800_000_000, disk=None):
        """versions: {node: version of pve-ha-manager}; nodeids are in their order."""
        rows = tables.read() if rows is None else rows
        self.schedule, self.epoch, self.disk = schedule, epoch, disk or NoDisk()
        self.nodes = {name: Node(name, number, version, rows) for number, (name, version) in enumerate(versions.items(), 1)}
        self.offset_of = dict.fromkeys(self.nodes, 0.0).get
        self.guests, self.locks, self.shared, self.versions = {}, {}, {}, {"members": 0, "vmlist": 0}
        self.events, self.random = [], random.Random(1)
        self.listed = set(self.nodes)
        self.partition([list(self.nodes)])

    # -- time and what happened

    def wall(self, node):
        """time() on a node."""
        return int(self.epoch + self.schedule.now() + self.offset_of(node))

    def log(self, kind, node, text):
        """kind: 'log' for what the daemons would log, 'action' for what an HA action did to a guest, 'reset' for an expired watchdog."""
        self.events.append((self.schedule.now(), kind, node, text))
        self.disk.event(self.schedule.now(), kind, node, text)

    # -- membership

    def partition(self, parts):
        """Nodes that are in no part are off. Quorate is the part with more than half of all nodes."""
        self.versions["members"] += 1
        for node in self.nodes.values():
            was = node.quorate
            node.members = next((set(part) for part in parts if node.name in part), set())
            node.quorate = 2 * len(node.members) > len(self.nodes)
            if node.quorate and not was:
                self._catch_up(node)
        for node in self.nodes.values():
            if node.members:
                self._write_members(node)

    def set_hung(self, name, hung):
        """A pmxcfs that answers nobody on this node."""
        node = self.nodes[name]
        node.hung = hung
        if not hung and node.quorate:
            self._catch_up(node)
        self.disk.membership(node)

    def _catch_up(self, node):
        for path, text in self.shared.items():
            self._show(node, path, text)

    def _write_members(self, node):
        nodelist = {n.name: {"id": n.nodeid, "online": int(n.name in node.members), "ip": f"192.0.2.{n.nodeid}"}
                    for n in self.nodes.values() if n.name in self.listed}
        cluster = {"name": "standin", "version": 1, "nodes": len(nodelist), "quorate": int(node.quorate)}
        self._show(node, ".members", json.dumps({"nodename": node.name, "version": self.versions["members"], "cluster": cluster,
                                                 "nodelist": nodelist}))
        self.disk.membership(node)

    # -- files

    def _show(self, node, path, text):
        node.view[path] = text
        self.disk.written(node, path, text)

    def write(self, name, path, text):
        if not self.nodes[name].quorate:
            raise Refused(errno.EACCES)
        self.shared[path] = text
        for node in self.nodes.values():
            if node.quorate and not node.hung:
                self._show(node, path, text)

    def write_json(self, name, path, value):
        self.write(name, path, json.dumps(self._shuffled(value), separators=(",", ":")))

    def _shuffled(self, value):
        """Perl's hashes have no order."""
        if not isinstance(value, dict):
            return value
        keys = list(value)
        self.random.shuffle(keys)
        return {key: self._shuffled(value[key]) for key in keys}

    def read(self, name, path):
        """None where there is no such file."""
        return self.nodes[name].view.get(path)

    def read_json(self, name, path):
        """{} for an absent or empty file; ValueError for one that is no JSON."""
        return json.loads(self.read(name, path) or "{}")

    # -- guests

    def add_guest(self, guest):
        constants = self.nodes[guest.node].table.constants
        for limit in ("max_restart", "max_relocate"):
            if getattr(guest, limit) is None:
                setattr(guest, limit, constants[limit])
        self.guests[guest.sid] = guest
        self.write_guests()

    def write_guests(self):
        """resources.cfg and .vmlist, after any change."""
        self.versions["vmlist"] += 1
        text, ids = "", {}
        for guest in self.guests.values():
            kind, number = guest.sid.split(":")
            ids[number] = {"node": guest.node, "type": GUEST_TYPES[kind], "version": self.versions["vmlist"]}
            if guest.configured:
                text += f"{kind}: {number}\n\tstate {guest.state}\n\n"
        vmlist = json.dumps({"version": self.versions["vmlist"], **({"ids": ids} if ids else {})})
        for path, content in (("ha/resources.cfg", text), (".vmlist", vmlist)):
            self.shared[path] = content
            for node in self.nodes.values():
                if node.quorate and not node.hung:
                    self._show(node, path, content)

    def config(self):
        """read_and_check_resources_config: {sid: guest}."""
        return {sid: guest for sid, guest in self.guests.items() if guest.configured}

    # -- locks of pmxcfs

    def lock_call(self, what, name, lock, mtime=0):
        """mkdir, utime, unlock or rmdir of priv/lock/LOCK; the errno or 0."""
        call = LockCall(self, name, lock, mtime)
        state = "held" if lock in self.locks else "free"
        row = self.nodes[name].table.decide_now("fs." + what, state, call)
        if row is not None and row.next == "free":
            self.locks.pop(lock, None)
        return call.code

    def judge(self):
        """The node whose clock tells the age of locks: the lowest nodeid of the quorate part."""
        return min((node for node in self.nodes.values() if node.quorate), key=lambda node: node.nodeid).name

    def domain_lock(self, name):
        """cfs_lock of domain-ha: a generator; its value is 0 or the errno that was met last."""
        limit_s, slept_s = self.nodes[name].table.constants["cli_lock_s"], 0.0
        while (code := self.lock_call("mkdir", name, "domain-ha", self.wall(name))) != 0:
            pause_s = min(max(limit_s - int(slept_s), 1), 10) / 10
            if int(slept_s + pause_s) >= limit_s:
                return code
            self.lock_call("unlock", name, "domain-ha")
            slept_s += pause_s
            yield pause_s
        return 0


class LockCall:
    """One call to pmxcfs for a lock: the subject of the decisions fs.*"""

    def __init__(self, world, node, lock, mtime):
        self.world, self.node, self.name, self.mtime = world, node, lock, mtime
        self.lock, self.code = world.locks.get(lock), 0

    def is_quorate(self):
        return self.world.nodes[self.node].quorate

    def is_older(self):
        return self.mtime < self.lock["mtime"]

    def is_writer(self):
        return self.lock["writer"] == self.node

    def is_stamp_changed(self):
        return self.lock["seen"] != self.lock["stamp"]

    def is_expired(self):
        limit_s = self.world.nodes[self.node].table.constants["lock_lifetime_s"]
        return self.world.wall(self.world.judge()) - self.lock["seen_s"] > limit_s

    def do_EACCES(self):
        self.code = errno.EACCES

    def do_EEXIST(self):
        self.code = errno.EEXIST

    def do_ENOENT(self):
        self.code = errno.ENOENT

    def do_own(self):
        self.lock = self.lock or {"seen": 0, "seen_s": 0}
        self.lock.update(writer=self.node, mtime=self.mtime, stamp=next(LOCK_STAMPS))
        self.world.locks[self.name] = self.lock

    def do_note_stamp(self):
        self.lock.update(seen=self.lock["stamp"], seen_s=self.world.wall(self.world.judge()))


class PveLock:
    """get_pve_lock: how one daemon asks for one lock; the subject of pve.*"""

    def __init__(self, world, node, lock):
        self.world, self.node, self.lock, self.had_s = world, node, lock, 0

    def get(self):
        rules = self.world.nodes[self.node].table
        now_s = self.world.wall(self.node)
        state = "fresh" if now_s - self.had_s < rules.constants["lock_retry_s"] else "stale"
        row = rules.decide_now("pve.lock", state, self)
        if row.next == "got":
            self.had_s = now_s
        return row.next == "got"

    def release(self):
        self.world.nodes[self.node].table.decide_now("pve.release", "held", self)

    def is_renewed(self):
        return self.world.lock_call("utime", self.node, self.lock, self.world.wall(self.node)) == 0

    def is_created(self):
        return self.world.lock_call("mkdir", self.node, self.lock, self.world.wall(self.node)) == 0

    def do_ask_unlock(self):
        self.world.lock_call("unlock", self.node, self.lock)

    def do_forget_lock(self):
        self.had_s = 0

    def do_remove_lock(self):
        self.world.lock_call("rmdir", self.node, self.lock)
