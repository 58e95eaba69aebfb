# SPDX-License-Identifier: LGPL-2.1-or-later
"""Installs timeguard in the guests by the README, to the letter: the commands of "Installing on a cluster" that a package wants, taken from its text. The
packages come to a guest on a small disk that it cannot write."""

import glob
import os
import re
import shutil
import subprocess

from image import ROOT

HEADING = "## Installing on a cluster"
CONF = "/etc/timeguard/timeguard.conf.d/vm.conf"
DISK = "/dev/vdb"
PLACE = "/mnt"
BUILD_S = 900
APT_S = 180


def commands():
    """Those of the section's first block of commands: the one that begins with a package."""
    with open(os.path.join(ROOT, "README.md"), encoding="utf-8") as file:
        section = re.search(rf"^{HEADING}\n(.*?)^## ", file.read(), re.S | re.M).group(1)
    lines = re.search(r"^```sh\n(.*?)^```", section, re.S | re.M).group(1).splitlines()
    if not lines[0].startswith("apt-get install -y ./timeguard_"):
        raise RuntimeError(f"README.md: {HEADING} does not begin with a package: {lines[0]}")
    return lines


def build_packages(directory):
    """packaging/build-deb of the working tree."""
    done = subprocess.run([os.path.join(ROOT, "packaging", "build-deb"), directory], capture_output=True, text=True, timeout=BUILD_S, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"packaging/build-deb: {(done.stdout + done.stderr)[-2000:]}")


def disk_of(packages, path):
    """A disk with the packages of a directory."""
    tree = path + ".d"
    os.mkdir(tree)
    for package in glob.glob(os.path.join(packages, "*.deb")):
        shutil.copy(package, tree)
    subprocess.run(["mke2fs", "-q", "-t", "ext4", "-d", tree, path, "32M"], check=True, stdout=subprocess.DEVNULL, timeout=60)
    shutil.rmtree(tree)
    return path


def install(cluster, options):
    """On all guests at once; then they get these options, by the README's way to load them."""
    cluster.run(f"mount -o ro {DISK} {PLACE}")
    for line in commands():
        checked = "timeguard status" not in line  # the first node without company is told so by the exit code
        cluster.each(lambda guest, line=line, checked=checked: guest.run(f"cd {PLACE} && {line}", APT_S, checked))
    text = "\n".join(options)
    cluster.run(f"mkdir -p {os.path.dirname(CONF)} && cat >{CONF} <<'END'\n{text}\nEND\ntimeguardd --check-config && systemctl reload timeguard")
