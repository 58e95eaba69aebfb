# SPDX-License-Identifier: LGPL-2.1-or-later
"""Installs timeguard in the guests by the README, to the letter: the commands of "Installing on a cluster" that a package wants, taken from its text. The
packages come to a guest on a small disk that it cannot write."""

import glob
import os
import re
import shutil
import subprocess
import tempfile

from image import ROOT

HEADING = "## Installing on a cluster"
CONF = "/etc/timeguard/timeguard.conf.d/vm.conf"
DISK = "/dev/vdb"
OTHERS = "systemctl show corosync chrony -p Id -p MainPID -p ExecMainStartTimestampMonotonic -p ReloadResult"
PLACE = "/mnt"
BUILD_S = 900
NEWER = "99.0.0"
APT_S = 180


def commands():
    """Those of the section's first block of commands: the one that begins with a package."""
    with open(os.path.join(ROOT, "README.md"), encoding="utf-8") as file:
        section = re.search(rf"^{HEADING}\n(.*?)^## ", file.read(), re.S | re.M).group(1)
    lines = re.search(r"^```sh\n(.*?)^```", section, re.S | re.M).group(1).splitlines()
    if not lines[0].startswith("apt-get install -y ./timeguard_"):
        raise RuntimeError(f"README.md: {HEADING} does not begin with a package: {lines[0]}")
    return lines


def build_packages(directory, root=ROOT):
    """packaging/build-deb of a working tree."""
    done = subprocess.run([os.path.join(root, "packaging", "build-deb"), directory], capture_output=True, text=True, timeout=BUILD_S, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"packaging/build-deb: {(done.stdout + done.stderr)[-2000:]}")


def _edit(path, pattern, text):
    with open(path, encoding="utf-8") as file:
        old = file.read()
    new, n = re.subn(pattern, text, old, count=1)
    if not n:
        raise RuntimeError(f"{path}: nothing in it is {pattern}")
    with open(path, "w", encoding="utf-8") as file:
        file.write(new)


def build_newer(directory):
    """The packages of the next version: this tree with nothing changed but its number and that of the gate's logic."""
    with tempfile.TemporaryDirectory(prefix="timeguard-vm-") as work:
        subprocess.run(f"git -c safe.directory={ROOT} ls-files -z | xargs -0 cp --parents -t {work} && git init -q {work} && git -C {work} add .",
                       shell=True, check=True, cwd=ROOT, timeout=60)
        _edit(os.path.join(work, "CMakeLists.txt"), r"project\(timeguard VERSION \S+", f"project(timeguard VERSION {NEWER}")
        _edit(os.path.join(work, "packaging/debian/changelog"), r"^timeguard \(\S+\)", f"timeguard ({NEWER})")
        _edit(os.path.join(work, "include/timeguard/gate.h"), r"(#define TG_GATE_VERSION +)\d+", r"\g<1>99")
        build_packages(directory, work)


def disk_of(packages, path, newer=None):
    """A disk with the packages of a directory, and in a directory of their own those of the next version."""
    tree = path + ".d"
    os.makedirs(os.path.join(tree, "newer"))
    for directory, target in ((packages, tree), (newer, os.path.join(tree, "newer"))):
        for package in glob.glob(os.path.join(directory, "*.deb")) if directory else ():
            shutil.copy(package, target)
    subprocess.run(["mke2fs", "-q", "-t", "ext4", "-d", tree, path, "32M"], check=True, stdout=subprocess.DEVNULL, timeout=60)
    shutil.rmtree(tree)
    return path


def install(cluster, options):
    """On all guests at once, and neither corosync nor chrony may notice; then they get these options, by the README's way to load them."""
    cluster.run(f"mount -o ro {DISK} {PLACE}")
    before = cluster.run(OTHERS)
    for line in commands():
        checked = "timeguard status" not in line  # the first node without company is told so by the exit code
        cluster.each(lambda guest, line=line, checked=checked: guest.run(f"cd {PLACE} && {line}", APT_S, checked))
    after = cluster.run(OTHERS)
    if after != before:
        raise RuntimeError(f"installing restarted what it must leave alone: {before} before, {after} after")
    text = "\n".join(options)
    cluster.run(f"mkdir -p {os.path.dirname(CONF)} && cat >{CONF} <<'END'\n{text}\nEND\ntimeguardd --check-config && systemctl reload timeguard")
