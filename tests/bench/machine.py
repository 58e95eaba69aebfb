# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the machine says: what it is and its load, the CPU time and memory of a process, the bytes of an interface."""

import os
import platform
import subprocess
import sys
import time

CPUCLOCK_SCHED = 2  # linux/posix-timers_types.h: the CPU clock of a whole process, to the nanosecond


def cpu_ns(pid):
    """CPU time of a process, threads that have ended included."""
    return time.clock_gettime_ns((~pid << 3) | CPUCLOCK_SCHED)


def memory_kib(pid, without=()):
    """Of a process, in KiB: VmHWM and the like; Rss, Pss and Uss (what it alone holds); and Rss_without, Pss_without, Uss_without the
    mappings of the files of these names."""
    with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as status:
        fields = dict(line.split(":", 1) for line in status)
    found = {name: int(value.split()[0]) for name, value in fields.items() if name.startswith(("Vm", "Rss"))}
    sums, counts = dict.fromkeys(("Rss", "Pss", "Uss", "Rss_without", "Pss_without", "Uss_without"), 0), True
    with open(f"/proc/{pid}/smaps", encoding="utf-8", errors="replace") as smaps:
        for line in smaps:
            words = line.split()
            if not words[0].endswith(":"):
                counts = len(words) < 6 or os.path.basename(words[5]) not in without
                continue
            name = {"Rss:": "Rss", "Pss:": "Pss", "Private_Clean:": "Uss", "Private_Dirty:": "Uss"}.get(words[0])
            if name:
                sums[name] += int(words[1])
                sums[f"{name}_without"] += int(words[1]) if counts else 0
    return {**found, **sums}


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


def _field(path, name, separator):
    with open(path, encoding="utf-8", errors="replace") as file:
        for line in file:
            key, _, value = line.partition(separator)
            if key.strip() == name:
                return value.strip().strip('"')
    return f"unknown {name}"


def describe():
    memory_gib = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2 ** 30
    return (f"{_field('/proc/cpuinfo', 'model name', ':')}, {os.cpu_count()} cores, {memory_gib:.0f} GiB, Linux {platform.release()}, "
            f"{_field('/etc/os-release', 'PRETTY_NAME', '=')}")


def version(root, aside):
    """The commit of a checkout, `-dirty` where its files are others; but the file `aside` may be."""
    def git(*arguments):
        return subprocess.run(["git", "-C", root, *arguments], capture_output=True, text=True, check=False)
    commit = git("rev-parse", "--short=12", "HEAD").stdout.strip()
    dirty = git("diff", "--quiet", "HEAD", "--", ":/", f":(top,exclude){aside}").returncode != 0
    return f"{commit}{'-dirty' if dirty else ''}" if commit else "unknown"
