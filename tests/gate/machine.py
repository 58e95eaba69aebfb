# SPDX-License-Identifier: LGPL-2.1-or-later
"""A machine with a systemd of its own: systemd-nspawn over a copy-on-write view of this one's root directory, without a network. timeguard-gate
and its unit are installed in it as the package would. Nothing of it stays.

    with Machine("build-directory", {"/etc/systemd/system/a.service": "..."}) as machine:
        machine.run("systemctl", "start", "a.service")

Needs root and systemd-nspawn."""

import json
import os
import select
import shutil
import signal
import subprocess
import tempfile
import threading
import time

from box import GATE
from program import die_with_parent

BOOT_S = 60
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

# The first line tells that the root directory is there; it is booted when a line comes in. A control group of its own keeps two machines apart.
SCRIPT = """set -e
mount -t tmpfs -o size=256m,mode=0755 tmpfs "$1"
mkdir "$1/upper" "$1/work" "$1/root"
mount -t overlay -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" overlay "$1/root"
rm -f "$1/root/etc/machine-id" && : >"$1/root/etc/machine-id"
for hierarchy in /sys/fs/cgroup/systemd /sys/fs/cgroup/unified /sys/fs/cgroup; do
        if [ -e "$hierarchy/cgroup.procs" ] && mkdir -p "$hierarchy/$2"; then echo $$ >"$hierarchy/$2/cgroup.procs" || rmdir "$hierarchy/$2"; fi
done
echo ready
read -r line
root=$1/root name=$2
shift 2
exec systemd-nspawn -q -D "$root" -M "$name" --register=no --keep-unit "$@" -b systemd.unit=basic.target </dev/null
"""


def missing():
    """What keeps a machine from being made here, in one sentence, or nothing."""
    if os.geteuid() != 0:
        return "needs root"
    if not shutil.which("systemd-nspawn"):
        return "systemd-nspawn (package systemd-container) is not installed"
    return None


def leave_on_signals():
    """A run that is told to end takes its machines down, as on an error."""
    def leave(number, _frame):
        raise SystemExit(128 + number)
    for number in (signal.SIGTERM, signal.SIGHUP):
        if threading.current_thread() is threading.main_thread() and signal.getsignal(number) == signal.SIG_DFL:
            signal.signal(number, leave)


class Machine:
    def __init__(self, build, files=None, program=None, unit=None, binds=(), network="--private-network"):
        self.build = os.path.abspath(build)
        self.program = program or os.path.join(self.build, "timeguard-gate")
        self.unit = unit or os.path.join(ROOT, "packaging/systemd/timeguard-gate@.service")
        self.files = dict(files or {})
        self.binds = [network, f"--bind-ro={self.build}", *(f"--bind={bind}" for bind in binds)]
        self.name = f"timeguard-{os.getpid()}-{id(self) & 0xffff:x}"
        self.directory = self.process = self.init = None

    def __enter__(self):
        leave_on_signals()
        self.directory = tempfile.mkdtemp(prefix="timeguard-machine-")
        self.log = open(os.path.join(self.directory + ".log"), "wb")
        self.process = subprocess.Popen(["unshare", "-m", "--propagation", "private", "bash", "-c", SCRIPT, "machine", self.directory, self.name,
                                         *self.binds], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log, preexec_fn=die_with_parent,
                                        start_new_session=True)
        try:
            self._wait_line()
            self._install()
            self.process.stdin.write(b"go\n")
            self.process.stdin.close()
            threading.Thread(target=shutil.copyfileobj, args=(self.process.stdout, self.log), daemon=True).start()
            self._wait_boot()
        except BaseException:
            self.__exit__()
            raise
        return self

    def _wait_line(self):
        ready, _, _ = select.select([self.process.stdout], [], [], 10)
        line = self.process.stdout.readline() if ready else b""
        if line != b"ready\n":
            raise AssertionError(f"the machine's root directory: {line!r}, {self.said()}")

    def said(self):
        self.log.flush()
        with open(self.log.name, encoding="utf-8", errors="replace") as file:
            return file.read()[-1500:]

    def _install(self):
        root = f"/proc/{self.process.pid}/root{self.directory}/root"
        for source, target, mode in ((self.program, "/usr/libexec/timeguard-gate", 0o755),
                                     (self.unit, "/usr/lib/systemd/system/timeguard-gate@.service", 0o644)):
            os.makedirs(os.path.dirname(root + target), exist_ok=True)
            shutil.copyfile(source, root + target)
            os.chmod(root + target, mode)
        for path, text in self.files.items():
            os.makedirs(os.path.dirname(root + path), exist_ok=True)
            with open(root + path, "w", encoding="utf-8") as file:
                file.write(text)
            os.chmod(root + path, 0o755 if text.startswith("#!") else 0o644)

    def _wait_boot(self):
        deadline = time.monotonic() + BOOT_S
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                break
            with open(f"/proc/{self.process.pid}/task/{self.process.pid}/children", encoding="ascii") as children:
                pids = children.read().split()
            self.init = int(pids[0]) if pids else None
            if self.init and self.run("systemctl", "is-active", "-q", "basic.target", "dbus.socket", check=False).returncode == 0:
                self.run("mkdir", "-p", "-m", "0755", os.path.dirname(GATE))
                return
            time.sleep(0.1)
        raise AssertionError(f"the machine did not boot: {self.said()}")

    def argv(self, *command):
        return ["nsenter", "-t", str(self.init), "-m", "-u", "-i", "-n", "-p", "--", *command]

    def run(self, *command, check=True, timeout_s=60, stdin=None):
        done = subprocess.run(self.argv(*command), capture_output=True, text=True, timeout=timeout_s, check=False, input=stdin, cwd="/")
        if check and done.returncode != 0:
            raise AssertionError(f"{' '.join(command)}: {done.returncode} {done.stdout}{done.stderr}")
        return done

    def inside(self, path):
        return f"/proc/{self.init}/root{path}"

    def write(self, path, text, mode=0o644):
        with open(self.inside(path), "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(self.inside(path), mode)

    def active(self, unit):
        return self.run("systemctl", "is-active", unit, check=False).stdout.strip()

    def files_of_gate(self):
        try:
            return sorted(os.listdir(self.inside(GATE)))
        except FileNotFoundError:
            return []

    def wait_for(self, predicate, timeout_s, what):
        deadline = time.monotonic() + timeout_s
        while not (value := predicate()):
            if time.monotonic() > deadline:
                raise AssertionError(f"waited {timeout_s} s in vain for {what() if callable(what) else what}")
            time.sleep(0.05)
        return value

    def __exit__(self, *_):
        for pid in filter(None, (self.init, None if self.init else self.process.pid)):
            try:
                os.kill(pid, 9)
            except ProcessLookupError:
                pass
        try:
            self.process.wait(20)  # nspawn puts its own things away
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        for hierarchy in ("/sys/fs/cgroup/systemd", "/sys/fs/cgroup/unified", "/sys/fs/cgroup"):
            subprocess.run(["find", f"{hierarchy}/{self.name}", "-depth", "-type", "d", "-delete"], capture_output=True, check=False)
        self.log.close()
        os.unlink(self.log.name)
        shutil.rmtree(self.directory, ignore_errors=True)


class Agent:
    """The agent's executor in a machine, fed with orders."""

    def __init__(self, machine, *options):
        self.machine = machine
        self.options = options
        self.ticket = 0

    def __enter__(self):
        drive = os.path.join(self.machine.build, "tests/gate/gate-drive")
        self.process = subprocess.Popen(self.machine.argv(drive, *self.options), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                        preexec_fn=die_with_parent, bufsize=1)
        self.logged = []
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        try:
            self.process.wait(5)
        finally:
            self.process.kill()
            self.process.stdout.close()

    def kill(self):
        self.process.kill()
        self.process.wait()

    def give(self, verb, scope="cluster", prior="", ticket=None):
        self.ticket = ticket or self.ticket + 1
        self.process.stdin.write(f"{self.ticket} {verb} {scope} {prior}\n")
        self.process.stdin.flush()

    def line(self, timeout_s=60):
        """The next line that is no log: select and a buffered reader do not go together, so this waits in a thread."""
        found = []

        def read():
            for line in self.process.stdout:
                if not line.startswith("#"):
                    found.append(line)
                    return
                self.logged.append(line)
        thread = threading.Thread(target=read, daemon=True)
        thread.start()
        thread.join(timeout_s)
        if not found:
            raise AssertionError(f"no result in {timeout_s} s; {self.logged}")
        return json.loads(found[0])

    def order(self, *arguments, timeout_s=60, **named):
        self.give(*arguments, **named)
        return self.line(timeout_s)
