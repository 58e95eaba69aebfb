# SPDX-License-Identifier: LGPL-2.1-or-later
"""One virtual machine under software emulation: its QEMU, its monitor, the root shell on its second serial port, and a virtio port with its
clock and what timeguard says. It has a clock of its own, which stands still while the machine is paused."""

import base64
import contextlib
import json
import os
import select
import socket
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "cluster"))

from program import die_with_parent  # noqa: E402 # after the search path

MEMORY_MIB = 512
STARVED_S = 60  # by so much an answer may be late where the host has no time for the machine


class GuestError(Exception):
    """Something in or of a virtual machine did not come about; the text says what."""


class Line:
    """Lines to and from a socket of QEMU's, each wait with its limit."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.connect(path)
        self.rest = b""
        self.asked = 0

    def send(self, text):
        self.socket.sendall(text.encode() + b"\n")

    def read(self, timeout_s):
        deadline = time.monotonic() + timeout_s
        while b"\n" not in self.rest:
            ready, _, _ = select.select([self.socket], [], [], max(0, deadline - time.monotonic()))
            part = self.socket.recv(262144) if ready else b""
            if not part:
                raise GuestError(f"no line in {timeout_s} s" if not ready else "QEMU has gone")
            self.rest += part
        line, _, self.rest = self.rest.partition(b"\n")
        return line.decode(errors="replace").strip("\r\0 ")

    def ask(self, question, timeout_s):
        """The answer to a question, in which {} stands for its number: answers to earlier ones that were given up are passed over."""
        self.asked += 1
        self.send(question.format(self.asked))
        deadline = time.monotonic() + timeout_s
        while True:
            word, _, rest = self.read(max(0.001, deadline - time.monotonic())).partition(" ")
            if word == str(self.asked):
                return rest

    def close(self):
        self.socket.close()


class Monitor:
    def __init__(self, path):
        self.line = Line(path)
        self.line.read(10)
        self.do("qmp_capabilities")

    def do(self, command, timeout_s=10, **arguments):
        self.line.send(json.dumps({"execute": command, "arguments": arguments}))
        while True:
            answer = json.loads(self.line.read(timeout_s))
            if "error" in answer:
                raise GuestError(f"{command}: {answer['error']['desc']}")
            if "return" in answer:
                return answer["return"]


class Guest:
    def __init__(self, number, directory, space, image, disks=()):
        self.number, self.name = number, f"n{number}"
        self.directory, self.space, self.image, self.disks = directory, space, image, disks
        self.process = self.monitor = self.control = self.eyes = None
        self.pauses = []  # [host's RAW before, after, in ns]: all of its clocks stood still

    # Up and down.

    def _path(self, name):
        return os.path.join(self.directory, f"{self.name}.{name}")

    def _chardev(self, name):
        return ["-chardev", f"socket,id={name},path={self._path(name)},server=on,wait=off"]

    def _argv(self):
        words = ["qemu-system-x86_64", "-accel", "tcg,tb-size=512", "-m", str(MEMORY_MIB), "-smp", "1", "-nodefaults", "-display", "none", "-no-user-config",
                 "-name", self.name, "-rtc", "base=utc,clock=host", "-kernel", self.image.kernel, "-initrd", self.image.initrd,
                 "-append", f"root=/dev/vda rw console=ttyS0 net.ifnames=0 quiet vm.node={self.number} systemd.machine_id={self.number:032x}",
                 "-drive", f"file={self.image.disk},if=virtio,format=raw,snapshot=on"]
        for disk in self.disks:
            words += ["-drive", f"file={disk},if=virtio,format=raw,readonly=on"]
        words += ["-netdev", f"tap,id=net,ifname={self.name},script=no,downscript=no",
                  "-device", f"virtio-net-pci,netdev=net,mac=52:54:00:00:03:0{self.number}",
                  "-device", "virtio-rng-pci", "-device", "i6300esb", "-action", "watchdog=reset",
                  "-chardev", f"socket,id=console,path={self._path('tty')},server=on,wait=off,logfile={self._path('console')}", "-serial", "chardev:console"]
        words += [*self._chardev("control"), "-serial", "chardev:control", *self._chardev("monitor"), "-mon", "chardev=monitor,mode=control"]
        return words + ["-device", "virtio-serial-pci", *self._chardev("eyes"), "-device", "virtserialport,chardev=eyes,name=eyes"]

    def start(self):
        with open(self._path("log"), "ab") as log:
            self.process = subprocess.Popen(self.space.argv(*self._argv()), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            preexec_fn=die_with_parent, process_group=0, env={**os.environ, "TMPDIR": self.directory})
        self._wait_file(self._path("eyes"), 20)
        self.monitor = Monitor(self._path("monitor"))
        self.control, self.eyes = Line(self._path("control")), Line(self._path("eyes"))

    def _wait_file(self, path, timeout_s):
        deadline = time.monotonic() + timeout_s
        while not os.path.exists(path):
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise GuestError(f"{self.name}: {self._text('log')[-800:]}")
            time.sleep(0.05)

    def _text(self, name):
        with open(self._path(name), encoding="utf-8", errors="replace") as file:
            return file.read()

    def wait_boot(self, timeout_s):
        """Until the shell has said that it is there: what is sent before is echoed, or lost. The eyes open at about the same time."""
        deadline = time.monotonic() + timeout_s
        try:
            while self.control.read(max(0.001, deadline - time.monotonic())) != "up":
                pass
        except GuestError as error:
            raise GuestError(f"{self.name} did not boot in {timeout_s} s: {error}; {self._text('console')[-800:]}") from error

    def stop(self):
        for line in (self.control, self.eyes, self.monitor and self.monitor.line):
            if line:
                line.close()
        if self.process:
            self.process.kill()
            self.process.wait()
        for name in ("control", "eyes", "monitor", "tty"):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(self._path(name))

    # Asking.

    def run(self, command, limit_s=30, check=True):
        """A shell command as root: its output. GuestError where it fails, unless unchecked, or where no answer comes."""
        encoded = base64.b64encode(command.encode()).decode()
        status, _, output = self.control.ask(f"{{}} {limit_s} {encoded}", limit_s + STARVED_S).partition(" ")
        try:
            text = base64.b64decode(output).decode(errors="replace").strip()
        except ValueError as error:
            raise GuestError(f"{self.name}: {command}: no answer but {output[:200]!r}") from error
        if check and status != "0":
            raise GuestError(f"{self.name}: {command}: {status} {text[-1500:]}")
        return text

    def ask(self, what, timeout_s=3):
        return self.eyes.ask(f"{what} {{}}", timeout_s)

    def status(self, timeout_s=3):
        """timeguard's document, or None where there is none."""
        text = self.ask("status", timeout_s)
        try:
            return json.loads(text) if text else None
        except ValueError:
            return None

    def clocks(self, timeout_s=3):
        """(host before, answer, host after): the guest's clocks were read between two instants of the host's RAW, in ns."""
        before_ns = time.clock_gettime_ns(time.CLOCK_MONOTONIC_RAW)
        answer = self.ask("clock", timeout_s)
        return before_ns, answer, time.clock_gettime_ns(time.CLOCK_MONOTONIC_RAW)

    # Breaking.

    def pause(self):
        self.pauses.append([time.clock_gettime_ns(time.CLOCK_MONOTONIC_RAW), float("inf")])
        self.monitor.do("stop")

    def resume(self):
        self.monitor.do("cont")
        self.pauses[-1][1] = time.clock_gettime_ns(time.CLOCK_MONOTONIC_RAW)

    def power_cut(self):
        """What the disk was told stays, all else is lost; it stays off until resume."""
        self.pause()
        self.monitor.do("system_reset")
