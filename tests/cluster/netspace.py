# SPDX-License-Identifier: LGPL-2.1-or-later
"""Network and mount namespaces of the lab, and what is left of them by runs that were killed.

A namespace is kept by a holder process whose private mounts hide the machine's /run, /dev/shm and corosync directories. Nothing
is made in the machine's own network namespace: even the bridges live in a namespace of the lab."""

import glob
import os
import select
import shutil
import signal
import subprocess
import tempfile

from program import die_with_parent

PREFIX = "timeguard-lab-"
PRIVATE = {"/run": "64m", "/dev/shm": "512m", "/var/lib/corosync": "16m", "/var/log/corosync": "16m", "/etc/corosync": "1m"}
TIMEOUT_S = 30


class LabError(Exception):
    """Something of the lab could not be made or did not come about; the text says what."""


def run(argv, check=True, timeout_s=TIMEOUT_S, stdin=None):
    """Runs a command to its end within a time limit and returns the result with its output as text."""
    result = subprocess.run([str(part) for part in argv], input=stdin, capture_output=True, text=True, timeout=timeout_s, check=False)
    if check and result.returncode != 0:
        raise LabError(f"{' '.join(str(part) for part in argv)}: {(result.stderr or result.stdout).strip() or result.returncode}")
    return result


def _mount_script():
    lines = ["set -e"]
    for path, size in PRIVATE.items():
        lines.append(f"[ -d {path} ] || {{ echo 'no directory {path}: is corosync installed?'; exit 1; }}")
        lines.append(f"mount -t tmpfs -o size={size},mode=0755 tmpfs {path}")
    lines += ["chmod 1777 /dev/shm", "mkdir -p /run/chrony /run/timeguard", "chmod 0750 /run/chrony", "chmod 0755 /run/timeguard", "ip link set lo up",
              "echo ready", "exec sleep infinity"]
    return "\n".join(lines)


class Namespace:
    def __init__(self, name):
        self.name = name
        self.holder = None

    def create(self):
        run(["ip", "netns", "add", self.name])
        self.holder = subprocess.Popen(
            ["nsenter", f"--net=/run/netns/{self.name}", "unshare", "-m", "--propagation", "private", "sh", "-c", _mount_script()],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, preexec_fn=die_with_parent,
            start_new_session=True)

    def wait_ready(self):
        ready, _, _ = select.select([self.holder.stdout], [], [], TIMEOUT_S)
        line = self.holder.stdout.readline().decode(errors="replace").strip() if ready else "no answer"
        if line != "ready":
            raise LabError(f"namespace {self.name}: {line}")

    def argv(self, *command):
        """The command line that runs a command inside; the process keeps its id."""
        return ["nsenter", "-t", str(self.holder.pid), "-n", "-m", "--", *command]

    def run(self, *command, check=True, timeout_s=TIMEOUT_S, stdin=None):
        return run(self.argv(*command), check, timeout_s, stdin)

    def path(self, inside):
        """A path of the namespace as the machine sees it."""
        return f"/proc/{self.holder.pid}/root{inside}"

    def write(self, inside, text, mode=0o644):
        path = self.path(inside)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(path, mode)

    def remove(self):
        kill_inside(self.name)
        if self.holder:
            self.holder.kill()
            self.holder.wait()
            self.holder.stdout.close()
        run(["ip", "netns", "del", self.name], check=False)


def kill_inside(name):
    """Kills, by id, whatever still runs in a network namespace of ours."""
    for pid in run(["ip", "netns", "pids", name], check=False).stdout.split():
        try:
            os.kill(int(pid), signal.SIGKILL)
        except ProcessLookupError:
            pass


def start_time(pid):
    """The kernel's start time of a process: with its id it names a process for ever. None if there is no such process."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as stat:
            return stat.read().rpartition(")")[2].split()[19]
    except (FileNotFoundError, ProcessLookupError):
        return None


def make_directory():
    """The directory of this run, which also says who owns it."""
    path = tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-")
    with open(os.path.join(path, "owner"), "w", encoding="ascii") as owner:
        owner.write(f"{os.getpid()} {start_time(os.getpid())}\n")
    return path


def remove_leftovers():
    """Takes down what runs of this program left behind that were killed; living runs are let alone."""
    for path in glob.glob(os.path.join(tempfile.gettempdir(), f"{PREFIX}*")):
        try:
            with open(os.path.join(path, "owner"), encoding="ascii") as owner:
                pid, started = owner.read().split()
        except (OSError, ValueError):
            continue
        if os.stat(path).st_uid != os.getuid() or start_time(pid) == started:
            continue
        for name in run(["ip", "netns", "list"], check=False).stdout.split():
            if name.startswith(f"tg{pid}-"):
                kill_inside(name)
                run(["ip", "netns", "del", name], check=False)
        shutil.rmtree(path, ignore_errors=True)
