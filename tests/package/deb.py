# SPDX-License-Identifier: LGPL-2.1-or-later
"""The Debian packages of this checkout: built once for each state of it, by the one command, and a later version of them made of the first.

    deb.built("timeguard") -> "/path/timeguard_0.1.0_amd64.deb"
"""

import functools
import glob
import hashlib
import os
import re
import shutil
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tests"))

from suite import Skip, require  # noqa: E402 # after the search path

BUILD_S = 900
NEEDED = ("dpkg-buildpackage", "lintian", "dh")
KEPT = os.path.join(ROOT, ".build", "deb-tests")


def run(*argv, timeout=60, cwd=ROOT):
    return subprocess.run(argv, capture_output=True, text=True, timeout=timeout, cwd=cwd, check=False)


def _state():
    """Of what a package is made of."""
    digest = hashlib.sha256()
    for name in run("git", "-c", f"safe.directory={ROOT}", "ls-files").stdout.splitlines():
        path = os.path.join(ROOT, name)
        if name.startswith("tests/") or not os.path.isfile(path):
            continue
        with open(path, "rb") as file:
            digest.update(f"{name} {os.stat(path).st_mode:o} ".encode() + hashlib.sha256(file.read()).digest())
    return digest.hexdigest()[:16]


@functools.cache
def directory():
    """With what was built: lintian found neither an error nor a warning, or it would not be there."""
    if os.geteuid() != 0 and not all(map(shutil.which, NEEDED)):
        raise Skip("only root can install what is missing: " + " ".join(name for name in NEEDED if not shutil.which(name)))
    there = os.path.join(KEPT, _state())
    if not glob.glob(os.path.join(there, "*.changes")):
        shutil.rmtree(KEPT, ignore_errors=True)
        result = run(os.path.join("packaging", "build-deb"), there, timeout=BUILD_S)
        require(result.returncode == 0, (result.stdout + result.stderr)[-3000:])
    return there


def built(name="timeguard"):
    found = glob.glob(os.path.join(directory(), f"{name}_*.deb"))
    require(len(found) == 1, found)
    return found[0]


def _edit(path, pattern, text):
    with open(path, encoding="utf-8") as file:
        old = file.read()
    require(re.search(pattern, old, re.M), f"{pattern} in {path}")
    with open(path, "w", encoding="utf-8") as file:
        file.write(re.sub(pattern, text, old, count=1, flags=re.M))


def later(version, into, configuration=""):
    """The same package under another version, and with this line at the head of its configuration file."""
    tree, path = os.path.join(into, "tree"), os.path.join(into, f"timeguard_{version}.deb")
    unpacked = run("dpkg-deb", "-R", built(), tree)
    require(unpacked.returncode == 0, unpacked.stderr)
    _edit(os.path.join(tree, "DEBIAN/control"), r"^Version: .*$", f"Version: {version}")
    if configuration:
        _edit(os.path.join(tree, "etc/timeguard/timeguard.conf"), r"\A", configuration + "\n")
    sums = run("sh", "-c", "md5sum $(find usr lib -type f 2>/dev/null) >DEBIAN/md5sums", cwd=tree)
    require(sums.returncode == 0, sums.stderr)
    packed = run("dpkg-deb", "--root-owner-group", "-b", tree, path)
    require(packed.returncode == 0, packed.stderr)
    shutil.rmtree(tree)
    return path
