# SPDX-License-Identifier: LGPL-2.1-or-later
"""A mount namespace in which timeguard-gate, unchanged, finds files of a test in the places of a machine: an empty /run, and whatever is bound
over other paths. Needs root. Ends with its owner, on errors and signals too."""

import json
import os
import select
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "cluster"))

from program import die_with_parent  # noqa: E402 # after the search path
from suite import require, require_equal  # noqa: E402

GATE = "/run/timeguard/gate"
READY_S = 10


def request(ticket, verb, **changes):
    """A whole request; `changes` take the place of its members, and one that is None is left out."""
    whole = {"version": 1, "ticket": ticket, "verb": verb, "scope": "cluster", "backend": "command", "uuid": "00112233445566778899aabbccddeeff",
             "prior": "", "reason": "n2 is +31.4 s from the set", "node": {"id": 1, "name": "n1"},
             "nodes": [{"id": number, "name": f"n{number}"} for number in (1, 2, 3)], "units": [], "command": "", "health": "leave"}
    whole.update(changes)
    return {key: value for key, value in whole.items() if value is not None}


def require_refused(found, what, *words):
    """A result: nothing was run, and these words tell why."""
    require_equal((found["outcome"], found["command"]), ("failed", ""), what)
    for word in words:
        require(word in found["detail"], f"{what}: {found['detail']}")


class Box:
    """with Box("build/timeguard-gate", ["mount --bind /somewhere /etc/pve"]) as box: box.order(request(...))"""

    def __init__(self, program, mounts=(), path=None):
        self.program, self.path = os.path.abspath(program), path
        self.mounts = list(mounts)
        self.ticket = 0
        self.directory = self.holder = None

    def __enter__(self):
        self.directory = tempfile.mkdtemp(prefix="timeguard-gate-")
        os.chmod(self.directory, 0o755)
        script = ["set -e", "mount -t tmpfs -o mode=0755 tmpfs /run", f"mkdir -p -m 0755 {os.path.dirname(GATE)}", f"mkdir -m 0700 {GATE}", *self.mounts,
                  "echo ready", "exec sleep infinity"]
        self.holder = subprocess.Popen(["unshare", "-m", "--propagation", "private", "sh", "-c", "\n".join(script)], stdin=subprocess.DEVNULL,
                                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT, preexec_fn=die_with_parent, start_new_session=True)
        ready, _, _ = select.select([self.holder.stdout], [], [], READY_S)
        line = self.holder.stdout.readline().decode(errors="replace") if ready else "no answer"
        if line != "ready\n":
            self.__exit__()
            raise AssertionError(f"the mount namespace: {line}")
        return self

    def __exit__(self, *_):
        self.holder.kill()
        self.holder.wait()
        self.holder.stdout.close()
        subprocess.run(["rm", "-rf", self.directory], check=False)

    def inside(self, path):
        """A path of the namespace as the machine sees it."""
        return f"/proc/{self.holder.pid}/root{path}"

    def write(self, name, text, mode=0o600):
        path = self.inside(f"{GATE}/{name}")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(path, mode)

    def script(self, name, text, mode=0o755):
        """A program of the test, outside the namespace's private mounts; returns its path."""
        path = os.path.join(self.directory, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write("#!/bin/sh\n" + text)
        os.chmod(path, mode)
        return path

    def run(self, *argv, timeout_s=40, env=None):
        environment = {**os.environ, **({"PATH": self.path} if self.path else {}), **(env or {})}
        return subprocess.run(["nsenter", "-t", str(self.holder.pid), "-m", "--", *argv], capture_output=True, text=True, timeout=timeout_s,
                              check=False, env=environment)

    def files(self):
        return sorted(os.listdir(self.inside(GATE)))

    def result(self, ticket):
        with open(self.inside(f"{GATE}/{ticket}.result"), encoding="utf-8") as file:
            return json.load(file)

    def order(self, verb, env=None, **changes):
        """One run with a whole request; returns its result. Its files are removed."""
        self.ticket += 1
        self.write(f"{self.ticket}.request", json.dumps(request(self.ticket, verb, **changes)))
        done = self.run(self.program, f"{verb}-{self.ticket}", env=env)
        if done.returncode != 0 or done.stdout:
            raise AssertionError(f"timeguard-gate {verb}: {done.returncode} {done.stdout}{done.stderr}")
        result = self.result(self.ticket)
        self.left = self.files()
        for name in self.left:
            os.unlink(self.inside(f"{GATE}/{name}"))
        return result
