#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A stand-in of Proxmox HA for tests. What it does is in transitions.table, which files it keeps in disk.py.

    standin.py serve ROOT CONFIGURATION      runs in the foreground; prints "ready" (CONFIGURATION: JSON, see server.py)
    standin.py ctl ROOT '{"do": ...}'        one request, see the do_ methods in server.py

Called by another name (a symbolic link) it is that program on a node, with the environment STANDIN=ROOT/NODE:

    ha-manager, systemctl, dpkg-query, pve-ha-lrm, pve-ha-crm, watchdog-mux

A program that shall find all this where Proxmox has it gets a mount namespace of its own: ROOT/NODE/pve bound to /etc/pve, ROOT/NODE/run to
/run, and the links in bin before others in PATH (or bound over the real ones). ROOT must be seen there as well.

systemctl knows start, stop (with --no-block), kill, is-active and show -p ActiveState of the three units; the daemons run in the
foreground, for units of a real systemd, and stop at SIGTERM. dpkg-query tells of pve-ha-manager only."""

import json
import os
import signal
import socket
import sys

UNITS = ("watchdog-mux", "pve-ha-crm", "pve-ha-lrm")


class Control:
    """The other end of the control socket."""

    def __init__(self, root):
        self.stream = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.stream.connect(os.path.join(root, "control"))
        self.file = self.stream.makefile("r", encoding="utf-8")

    def send(self, **request):
        self.stream.sendall(json.dumps(request).encode() + b"\n")

    def receive(self):
        line = self.file.readline()
        if not line:
            raise ConnectionError("the stand-in ended")
        return json.loads(line)

    def ask(self, **request):
        self.send(**request)
        return self.receive()


def place():
    """(root, node) of this program."""
    return os.path.split(os.environ["STANDIN"].rstrip("/"))


def unit_of(word):
    name = word.removesuffix(".service")
    return name if name in UNITS else None


def ha_manager(words):
    root, node = place()
    try:
        answer = Control(root).ask(do="ha_manager", node=node, words=words)
    except OSError as error:
        sys.stderr.write(f"ipcc_send_rec[1] failed: {error.strerror}\n")
        return 255
    if "status" not in answer:
        sys.stderr.write(f"{answer.get('error')}\n")
        return 255
    sys.stdout.write(answer["out"])
    sys.stderr.write(answer["error"])
    return answer["status"]


def systemctl(words):
    root, node = place()
    plain = [word for before, word in zip([""] + words, words) if not word.startswith("-") and before not in ("-p", "--property")]
    block = "--no-block" not in words
    control, status = Control(root), 0
    for unit in map(unit_of, plain[1:]):
        if unit is None:
            if plain[0] != "show":
                sys.stderr.write(f"Unit {plain[1]} not found.\n")
            return 5
        verb = plain[0]
        state = control.ask(do="unit", node=node, unit=unit, verb=verb if verb in ("start", "stop", "kill") else "show")["state"]
        if verb == "stop" and block:
            state = control.ask(do="unit", node=node, unit=unit, verb="wait")["state"]
        if verb == "is-active":
            print(state)
            status = 0 if state == "active" else 3
        elif verb == "show":
            print(f"ActiveState={state}" if "--value" not in words else state)
    return status


def dpkg_query(words):
    if words[-1:] != ["pve-ha-manager"]:
        sys.stderr.write(f"dpkg-query: no packages found matching {words[-1] if words else ''}\n")
        return 1
    with open(os.path.join(os.environ["STANDIN"], "version"), encoding="ascii") as file:
        sys.stdout.write(file.read().strip())
    return 0


def daemon(unit):
    """Stays as long as the unit does; SIGKILL ends both."""
    root, node = place()
    signal.signal(signal.SIGTERM, lambda *_: Control(root).ask(do="unit", node=node, unit=unit, verb="stop"))
    return 1 if Control(root).ask(do="unit", node=node, unit=unit, verb="run")["state"] == "failed" else 0


def serve(root, configuration):
    import server  # the programs on the nodes start faster without it

    one = server.Server(root, json.loads(configuration))
    signal.signal(signal.SIGTERM, lambda *_: setattr(one.schedule, "running", False))
    print("ready", flush=True)
    one.serve()
    for host in one.hosts.values():
        host.power_off()
    return 0


def main(arguments):
    name = os.path.basename(arguments[0])
    programs = {"ha-manager": ha_manager, "systemctl": systemctl, "dpkg-query": dpkg_query}
    if name in programs:
        return programs[name](arguments[1:])
    if name in UNITS:
        return daemon(name)
    if arguments[1:2] == ["serve"] and len(arguments) == 4:
        return serve(*arguments[2:])
    if arguments[1:2] == ["ctl"] and len(arguments) == 4:
        answer = Control(arguments[2]).ask(**json.loads(arguments[3]))
        print(json.dumps(answer))
        return 1 if "error" in answer else 0
    sys.stderr.write(__doc__)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv))
