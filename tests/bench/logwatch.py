# SPDX-License-Identifier: LGPL-2.1-or-later
"""Watches the agents' logs by inotify, and the reports that leave the nodes, from one thread, and stamps what comes with the machine's
CLOCK_MONOTONIC_RAW."""

import collections
import ctypes
import os
import re
import select
import threading

from clockfile import raw_now_ns

IN_MODIFY = 0x2
IN_NONBLOCK = os.O_NONBLOCK
REPORT = "report of a step"  # stands in for the alert where a report was heard
ALERT = re.compile(r"timeguard\[(\S+) (raised|cleared)\] <\d>(.*)")

Line = collections.namedtuple("Line", "raw_ns viewer alert raised text")
_libc = ctypes.CDLL(None, use_errno=True)


class LogWatch:
    def __init__(self, logs, taps):
        """logs: the path of each node's log, by node number."""
        self.taps = {tap.fileno(): tap for tap in taps}
        self.fd = _libc.inotify_init1(IN_NONBLOCK)
        if self.fd < 0:
            raise OSError(ctypes.get_errno(), "inotify_init1")
        self.files = {}
        for number, path in logs.items():
            self.files[number] = open(path, "rb")  # pylint: disable=consider-using-with # closed in close()
            self.files[number].seek(0, os.SEEK_END)
            if _libc.inotify_add_watch(self.fd, os.fsencode(path), IN_MODIFY) < 0:
                raise OSError(ctypes.get_errno(), f"inotify_add_watch {path}")
        self.rests = {number: b"" for number in logs}
        self.lines = []
        self.changed = threading.Condition()
        self.wake, self.wake_writer = os.pipe()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self):
        poll = select.poll()
        poll.register(self.fd, select.POLLIN)
        for fd in (self.wake, *self.taps):
            poll.register(fd, select.POLLIN)
        while True:
            ready = [fd for fd, _ in poll.poll()]
            stamp_ns = raw_now_ns()
            if self.wake in ready:
                return
            found = [Line(stamp_ns, self.taps[fd].number, REPORT, True, "") for fd in ready if fd in self.taps and self.taps[fd].stepped()]
            if self.fd in ready:
                os.read(self.fd, 65536)
                found += self._read(stamp_ns)
            with self.changed:
                self.lines += found
                self.changed.notify_all()

    def _read(self, stamp_ns):
        found = []
        for number, file in self.files.items():
            *lines, self.rests[number] = (self.rests[number] + file.read()).split(b"\n")
            for line in lines:
                match = ALERT.search(line.decode("utf-8", "replace"))
                if match:
                    found.append(Line(stamp_ns, number, match[1], match[2] == "raised", match[3]))
        return found

    def mark(self):
        """Lines from here on are found by since()."""
        return len(self.lines)

    def since(self, mark):
        return self.lines[mark:]

    def wait(self, mark, predicate, timeout_s):
        """Until the predicate holds for the lines since the mark; False when it does not come to that."""
        with self.changed:
            return self.changed.wait_for(lambda: predicate(self.lines[mark:]), timeout_s)

    def close(self):
        os.write(self.wake_writer, b"x")
        self.thread.join()
        for fd in (self.fd, self.wake, self.wake_writer):
            os.close(fd)
        for part in [*self.files.values(), *self.taps.values()]:
            part.close()
