# SPDX-License-Identifier: LGPL-2.1-or-later
"""One long-running program of the lab: started, stopped, killed, frozen and thawed by its process id, its output in a log.

Every program dies with the lab's process, even if that is killed (PR_SET_PDEATHSIG)."""

import ctypes
import os
import signal
import subprocess

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


def die_with_parent():
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


class Program:
    def __init__(self, name, argv, log, env=None):
        self.name = name
        self.argv = [str(part) for part in argv]
        self.log = log
        self.env = env or {}
        self.process = None
        self.frozen = False

    @property
    def pid(self):
        return self.process.pid if self.process else None

    def running(self):
        return self.process is not None and self.process.poll() is None

    def start(self):
        if self.running():
            return
        self.frozen = False
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(self.argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/",
                                            env={**os.environ, **self.env}, preexec_fn=die_with_parent, start_new_session=True)

    def signal(self, number):
        if self.running():
            self.process.send_signal(number)

    def freeze(self):
        self.signal(signal.SIGSTOP)
        self.frozen = True

    def thaw(self):
        self.signal(signal.SIGCONT)
        self.frozen = False

    def kill(self):
        self.signal(signal.SIGKILL)
        self._reap(5)

    def stop(self, timeout_s=5):
        """An orderly stop, and after the timeout a kill; returns the exit status."""
        if self.process is None:
            return None
        self.signal(signal.SIGTERM)
        self.thaw()
        if not self._reap(timeout_s):
            self.kill()
        return self.process.returncode

    def restart(self):
        self.stop()
        self.start()

    def _reap(self, timeout_s):
        try:
            self.process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            return False
        return True

    def tail(self, lines=15):
        try:
            with open(self.log, encoding="utf-8", errors="replace") as log:
                return "".join(log.readlines()[-lines:])
        except FileNotFoundError:
            return ""
