# SPDX-License-Identifier: LGPL-2.1-or-later
"""The files that other programs see, below one directory:

    NODE/pve/                     plays /etc/pve of the node
    NODE/run/                     watchdog-mux.active (a directory), watchdog-mux.sock
    NODE/clock                    seconds that the test adds to the node's wall clock, or a clock file of tests/shim (a link to one will
                                  do, for speed 1 only); may be absent
    NODE/reset                    is there once the watchdog would have reset the node
    NODE/version                  of pve-ha-manager
    events                        what happened, one JSON list a line: [seconds, kind, node, text]
    control                       socket of the stand-in

NODE/pve/local is a directory that takes the place of pmxcfs's symbolic link: its owner-write bit is gone without quorum, as there; a real
link has no such bit to lose. While a node is hung its files are FIFOs that nobody writes to: who opens one stays."""

import json
import os
import sys

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../cluster"))

CLOCK_FILE = b"TGTGCLK1"
HANGING = ("ha/manager_status", "ha/crm_commands", "ha/resources.cfg", ".members", ".vmlist")


class Disk:
    def __init__(self, root):
        self.root, self.hung, self.clocks = root, set(), {}
        os.makedirs(root, exist_ok=True)
        self.events = open(os.path.join(root, "events"), "a", encoding="utf-8", buffering=1)

    def path(self, node, *parts):
        return os.path.join(self.root, node, *parts)

    def prepare(self, node, version):
        for directory in ("pve/ha", "pve/local", f"pve/nodes/{node}", "pve/priv", "run"):
            os.makedirs(self.path(node, directory), exist_ok=True)
        with open(self.path(node, "version"), "w", encoding="ascii") as file:
            file.write(version + "\n")

    def offset_of(self, node):
        """The test's say about the wall clock; a file that is being written counts as before."""
        try:
            with open(self.path(node, "clock"), "rb") as file:
                text = file.read(40)
            return self._shift_of(node) if text.startswith(CLOCK_FILE) else float(text or 0)
        except (FileNotFoundError, ValueError):
            return 0.0

    def _shift_of(self, node):
        """Of a node whose programs run under tests/shim."""
        import clockfile  # tests/cluster; not needed by others

        if node not in self.clocks:
            self.clocks[node] = clockfile.ClockFile(self.path(node, "clock"))
        return clockfile.shift_ns(self.clocks[node]) / 1e9

    def written(self, node, path, text):
        if node.name in self.hung:
            return
        full = self.path(node.name, "pve", path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        self._put(full, text)

    @staticmethod
    def _put(full, text):
        with open(full + ".tmp", "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(full + ".tmp", 0o640)
        os.replace(full + ".tmp", full)

    def membership(self, node):
        """After any change of a node's quorum or health."""
        os.chmod(self.path(node.name, "pve/local"), 0o755 if node.quorate else 0o555)
        if node.hung and node.name not in self.hung:
            self.hung.add(node.name)
            for path in self._hanging(node):
                os.mkfifo(path + ".tmp", 0o640)
                os.replace(path + ".tmp", path)
        elif not node.hung and node.name in self.hung:
            self.hung.discard(node.name)
            for path in self._hanging(node):
                self._release(path, node.view.get(os.path.relpath(path, self.path(node.name, "pve"))))

    def _hanging(self, node):
        names = [name for name in (*HANGING, *node.view) if name in HANGING or name.endswith("lrm_status")]
        paths = [self.path(node.name, "pve", name) for name in dict.fromkeys(names)]
        return [path for path in paths if os.path.isdir(os.path.dirname(path))]

    def _release(self, path, text):
        """Those who wait get the content, who comes later finds a file."""
        pipe = os.open(path, os.O_RDWR | os.O_NONBLOCK)
        if text is None:
            os.unlink(path)
        else:
            self._put(path, text)
            os.write(pipe, text.encode())
        os.close(pipe)

    def marker(self, node, present):
        path = self.path(node, "run/watchdog-mux.active")
        if present:
            os.makedirs(path, mode=0o600, exist_ok=True)
        elif os.path.isdir(path):
            os.rmdir(path)

    def event(self, at_s, kind, node, text):
        self.events.write(json.dumps([round(at_s, 3), kind, node, text]) + "\n")
        if kind == "reset":
            with open(self.path(node, "reset"), "a", encoding="utf-8") as file:
                file.write(f"{at_s:.3f} {text}\n")
