# SPDX-License-Identifier: LGPL-2.1-or-later
"""The stand-in as one process for all nodes: its loops in real time, a control socket for the programs of standin.py and a watchdog
socket on each node.

A request is one line of JSON, {"do": NAME, ...}; the answer is one line too. Requests that wait (ha_manager, unit wait) are answered when
they are done."""

import functools
import json
import os
import socket
import time

import cli
import cluster
import disk as disks
import host as hosts
import schedule as schedules


class Connection:
    """One client of the control socket."""

    def __init__(self, server, stream):
        self.server, self.stream, self.buffer = server, stream, b""
        self.unit = None  # that this client is the process of

    def readable(self):
        try:
            data = self.stream.recv(65536)
        except OSError:
            data = b""
        if not data:
            self.close()
            return
        *lines, self.buffer = (self.buffer + data).split(b"\n")
        for line in lines:
            self._serve(line)

    def _serve(self, line):
        try:
            request = json.loads(line)
            answer = getattr(self.server, "do_" + request.pop("do"))(self, **request)
        except Exception as error:  # the client's fault, and the client hears of it
            answer = {"error": f"{type(error).__name__}: {error}"}
        if answer is not None:
            self.send(answer)

    def send(self, answer):
        try:
            self.stream.sendall(json.dumps(answer).encode() + b"\n")
        except OSError:
            pass  # it went away

    def close(self):
        self.server.schedule.selector.unregister(self.stream)
        self.stream.close()
        if self.unit is not None and self.unit.running():
            self.unit.kill()


class Server:
    """configuration: {"nodes": {NAME: VERSION}, "guests": {SID: {"node": NAME, ...}}, "speed": 1}"""

    def __init__(self, root, configuration):
        self.root, nodes = root, configuration["nodes"]
        self.schedule = schedules.Real(configuration.get("speed", 1))
        self.disk = disks.Disk(root)
        for node, version in nodes.items():
            self.disk.prepare(node, version)
        self.world = cluster.World(self.schedule, nodes, epoch=time.time(), disk=self.disk)
        self.world.offset_of = self.disk.offset_of
        for sid, options in configuration.get("guests", {}).items():
            self._add_guest(sid, options)
        self.hosts = {node: hosts.Host(self.world, node) for node in nodes}
        self._listen(os.path.join(root, "control"), lambda stream: Connection(self, stream))
        for node in nodes:
            self._listen(self.disk.path(node, "run/watchdog-mux.sock"), functools.partial(Feeder, self, self.hosts[node].mux))
        if configuration.get("start", True):
            for one in self.hosts.values():
                one.power_on()

    def _add_guest(self, sid, options):
        guest = cluster.Guest(sid, options["node"])
        self._set_guest(guest, options)
        self.world.add_guest(guest)

    @staticmethod
    def _set_guest(guest, options):
        for name, value in options.items():
            if not hasattr(guest, name):
                raise ValueError(f"a guest has no {name}")
            setattr(guest, name, value)

    def _listen(self, path, client):
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        if os.path.exists(path):
            os.unlink(path)
        listener.bind(path)
        listener.listen(32)

        def accept():
            stream, _ = listener.accept()
            stream.setblocking(True)
            self.schedule.selector.register(stream, 1, client(stream).readable)

        self.schedule.selector.register(listener, 1, accept)

    def serve(self):
        self.schedule.serve()

    # -- requests

    def do_ha_manager(self, connection, node, words):
        call = cli.Call(self.world, node, words)

        def run():
            status = yield from call.run()
            connection.send({"status": status, "out": call.out, "error": call.error})

        self.schedule.add(run(), self.hosts[node].hung, lambda error: error and connection.send({"error": str(error)}))

    def do_unit(self, connection, node, unit, verb):
        """verb: start, stop, kill, show. wait is answered when the unit no longer runs; run is start and wait, and the unit is killed when
        the client goes away before."""
        one = self.hosts[node].units[unit]
        if verb == "run":
            one.start()
            connection.unit = one
        if verb in ("start", "stop", "kill"):
            getattr(one, verb)()
        elif verb in ("run", "wait"):
            self.schedule.add(self._wait_unit(connection, one))
            return None
        return {"state": one.state}

    @staticmethod
    def _wait_unit(connection, unit):
        while unit.running():
            yield 0.1
        connection.send({"state": unit.state})

    def do_partition(self, _, parts):
        self.world.partition(parts)
        return {}

    def do_hang(self, _, node, hung):
        self.world.set_hung(node, hung)
        return {}

    def do_power(self, _, node, on):
        one = self.hosts[node]
        one.power_on() if on else one.power_off()
        return {}

    def do_guest(self, _, sid, **options):
        """Changes a guest, adds one, or with nothing to change tells of it."""
        if sid not in self.world.guests:
            self._add_guest(sid, options)
        else:
            self._set_guest(self.world.guests[sid], options)
            self.world.write_guests()
        return vars(self.world.guests[sid])

    def do_lock(self, _, node, name, held):
        """Somebody else holds, or gives back, a lock of pmxcfs."""
        call = "mkdir" if held else "rmdir"
        return {"code": self.world.lock_call(call, node, name, self.world.wall(node))}

    def do_write(self, _, node, path, text):
        """As somebody on that node with an editor."""
        self.world.write(node, path, text)
        return {}

    def do_state(self, _):
        """All that a test may want to look at."""
        return {"now": self.schedule.now(),
                "nodes": {name: {"quorate": n.quorate, "hung": n.hung, "wall": self.world.wall(name), "version": n.version,
                                 "units": {unit: one.state for unit, one in self.hosts[name].units.items()},
                                 "watchdog": {"state": self.hosts[name].mux.state, "clients": len(self.hosts[name].mux.clients)}}
                          for name, n in self.world.nodes.items()}}

    def do_end(self, _):
        self.schedule.running = False
        return {}


class Feeder:
    """A client of watchdog-mux that is a program of its own."""

    def __init__(self, server, mux, stream):
        self.server, self.mux, self.stream = server, mux, stream
        self.client = mux.connect("socket")

    def readable(self):
        try:
            data = self.stream.recv(4096)
        except OSError:
            data = b""
        if data:
            self.mux.data(self.client, data)
            return
        self.mux.eof(self.client)
        self.server.schedule.selector.unregister(self.stream)
        self.stream.close()
