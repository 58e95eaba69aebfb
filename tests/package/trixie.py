#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The Debian package on the next release, Debian 13: built in a root directory of that release by the one command, judged by its lintian, installed
and purged there. The root directory is made with what this machine's apt is configured with, and kept below .build: ten minutes the first time, two
later on. Usage: trixie.py --build DIRECTORY [-k PATTERN] (the directory is not used). Needs root and debootstrap."""

import argparse
import functools
import os
import re
import shutil
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tests"))

from suite import Skip, require, require_equal, run_tests, test  # noqa: E402 # after the search path

RELEASE = "trixie"
THERE = os.path.join(ROOT, ".build", RELEASE)
MADE = os.path.join(THERE, ".made")
TREE, OUT = "/srv/timeguard", "/srv/out"
# In a mount namespace of its own: nothing stays mounted.
INSIDE = """set -e
mount -t proc proc "$1/proc"
mount -t tmpfs tmpfs "$1/run"
mount -t tmpfs tmpfs "$1/dev"
for name in null zero full random urandom tty; do : >"$1/dev/$name"; mount --bind "/dev/$name" "$1/dev/$name"; done
ln -s /proc/self/fd "$1/dev/fd"
mkdir "$1/dev/shm" "$1/dev/pts"
mount -t devpts -o newinstance,ptmxmode=0666 devpts "$1/dev/pts"
ln -s pts/ptmx "$1/dev/ptmx"
root=$1
shift
exec chroot "$root" "$@"
"""
ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8", "HOME": "/root"}


def inside(*argv, timeout=1200):
    done = subprocess.run(["unshare", "-m", "--propagation", "private", "sh", "-c", INSIDE, "sh", THERE, *argv], capture_output=True, text=True,
                          timeout=timeout, check=False, env=ENVIRONMENT)
    require(done.returncode == 0, f"{' '.join(argv)}: {done.returncode} {(done.stdout + done.stderr)[-3000:]}")
    return done.stdout


def mirror():
    """Where this machine has Debian from."""
    text = subprocess.run(["apt-get", "indextargets", "--format", "$(ORIGIN) $(LABEL) $(CODENAME) $(REPO_URI)", "Created-By: Packages"], capture_output=True,
                          text=True, timeout=60, check=False).stdout
    found = [line.split()[3] for line in text.splitlines() if re.match(r"Debian Debian [a-z]+ ", line)]
    if not found:
        raise Skip("apt of this machine knows no mirror of Debian: nothing was built for Debian 13")
    return found[0]


def make():
    if os.geteuid() != 0:
        raise Skip("needs root: nothing was built for Debian 13")
    if not shutil.which("debootstrap"):
        raise Skip("debootstrap is not installed: nothing was built for Debian 13")
    shutil.rmtree(THERE, ignore_errors=True)
    os.makedirs(os.path.dirname(THERE), exist_ok=True)
    begun = subprocess.run(["debootstrap", "--variant=minbase", RELEASE, THERE, mirror()], capture_output=True, text=True, timeout=1200, check=False)
    if begun.returncode != 0:
        raise Skip(f"debootstrap cannot make Debian 13 here: nothing was built for it: {(begun.stdout + begun.stderr)[-300:]}")
    with open(f"{THERE}/usr/sbin/policy-rc.d", "w", encoding="ascii") as file:
        file.write("#!/bin/sh\nexit 101\n")
    os.chmod(file.name, 0o755)


@functools.cache
def root():
    """The release, with the working tree in it."""
    if not os.path.exists(MADE):
        make()
    shutil.copy("/etc/resolv.conf", f"{THERE}/etc/resolv.conf")
    inside("apt-get", "update", "-q")
    inside("apt-get", "install", "-y", "-q", "--no-install-recommends", "git", "ca-certificates")
    open(MADE, "w", encoding="ascii").close()
    shutil.rmtree(THERE + TREE, ignore_errors=True)
    os.makedirs(THERE + TREE)
    subprocess.run(f"git -c safe.directory={ROOT} ls-files -z | tar --null --ignore-failed-read -T - -c -f - | tar -x -f - -C {THERE + TREE}", shell=True,
                   check=True, cwd=ROOT, timeout=60, capture_output=True)
    inside("sh", "-c", f"cd {TREE} && git init -q && git add -A")
    return THERE


@functools.cache
def packages():
    shutil.rmtree(root() + OUT, ignore_errors=True)
    text = inside(f"{TREE}/packaging/build-deb", OUT, timeout=2400)
    return text, sorted(name for name in os.listdir(root() + OUT) if name.endswith(".deb"))


@test
def it_builds_and_its_lintian_has_nothing_to_say(build):
    text, names = packages()
    require_equal(len(names), 2, names)
    for line in text.splitlines():
        require(not re.match(r"[EW]: |.*\bwarning: ", line), line)
    return inside("cat", "/etc/debian_version").strip()


@test
def it_installs_runs_and_is_purged(build):
    name = next(name for name in packages()[1] if "dbgsym" not in name)
    inside("apt-get", "install", "-y", "-q", "--no-install-recommends", "corosync", "dbus")
    require_equal(inside("find", "/etc", "/usr", "/var/lib", "-name", "*timeguard*"), "", "the premise")
    inside("apt-get", "install", "-y", "-q", "--no-install-recommends", f"{OUT}/{name}")
    require("/timeguard.conf: ok" in inside("timeguardd", "--check-config"), "the configuration")
    require("timeguard " in inside("timeguard", "--version"), "the version")
    require(os.path.exists(f"{THERE}/usr/lib/systemd/system/timeguard.service"), "the unit")
    inside("apt-get", "purge", "-y", "-q", "timeguard")
    require_equal(inside("sh", "-c", "find /etc /usr /var/lib -name '*timeguard*' ! -path '/var/lib/apt/*'"), "", "what a purge leaves")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True)
    parser.add_argument("-k", default="")
    arguments = parser.parse_args()
    sys.exit(run_tests(os.path.abspath(arguments.build), names=[arguments.k]))
