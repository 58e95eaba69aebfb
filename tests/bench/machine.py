# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the machine says: its name and load, the CPU time and memory of a process, the bytes of an interface."""

import os
import platform
import subprocess
import sys
import time

CPUCLOCK_SCHED = 2  # linux/posix-timers_types.h: the CPU clock of a whole process, to the nanosecond


def cpu_ns(pid):
    """CPU time of a process, threads that have ended included."""
    return time.clock_gettime_ns((~pid << 3) | CPUCLOCK_SCHED)


def memory_kib(pid):
    """VmRSS, VmHWM and the like of a process, in KiB."""
    with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as status:
        fields = dict(line.split(":", 1) for line in status)
    return {name: int(value.split()[0]) for name, value in fields.items() if name.startswith(("Vm", "Rss"))}


def received_bytes(pid, interface):
    """Bytes that an interface of the network namespace of a process has received."""
    with open(f"/proc/{pid}/net/dev", encoding="ascii") as dev:
        for line in dev:
            name, _, counters = line.partition(":")
            if name.strip() == interface:
                return int(counters.split()[0])
    raise OSError(f"no interface {interface}")


def load():
    return os.getloadavg()[0]


def busy_jiffies():
    """Time of all cores that was not idle."""
    with open("/proc/stat", encoding="ascii") as stat:
        values = [int(text) for text in stat.readline().split()[1:]]
    return sum(values[:8]) - values[3] - values[4]


class Busy:
    """How many cores were busy between two moments: what other work there was shows in it."""

    def __init__(self):
        self.begin = (busy_jiffies(), time.monotonic())

    def cores(self):
        return (busy_jiffies() - self.begin[0]) / os.sysconf("SC_CLK_TCK") / (time.monotonic() - self.begin[1])


def wait_quiet(limit, timeout_s):
    """Waits for the load to sink below the limit; says so and goes on after the timeout."""
    deadline = time.monotonic() + timeout_s
    while load() >= limit:
        if time.monotonic() > deadline:
            print(f"bench: the load is still {load():.2f}, measuring all the same", file=sys.stderr)
            return
        time.sleep(2)


def describe():
    model = "unknown CPU"
    with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as info:
        for line in info:
            if line.startswith("model name"):
                model = line.partition(":")[2].strip()
                break
    return f"{model}, {os.cpu_count()} cores, Linux {platform.release()}"


def version(root):
    result = subprocess.run(["git", "-C", root, "describe", "--always", "--dirty", "--abbrev=12"], capture_output=True, text=True, check=False)
    return result.stdout.strip() or "unknown"
