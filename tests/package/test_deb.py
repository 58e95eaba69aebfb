#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The Debian package: built by its one command, judged by lintian, and what is in it.
Usage: test_deb.py --build DIRECTORY [-k PATTERN] (the directory is not used: the package has a build of its own)"""

import argparse
import os
import re
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path[:0] = [os.path.join(ROOT, "tests"), os.path.join(ROOT, "tests", "package")]

from deb import built, run  # noqa: E402 # after the search path
from suite import require, require_equal, run_tests, test  # noqa: E402

FILES = """/etc/timeguard/timeguard.conf /usr/bin/timeguard /usr/lib/systemd/catalog/timeguard.catalog
/usr/lib/systemd/catalog/timeguard.fr.catalog /usr/libexec/timeguard-gate /usr/sbin/timeguardd
/usr/share/bash-completion/completions/timeguard /usr/share/bash-completion/completions/timeguardd /usr/share/dbus-1/system.d/org.timeguard1.conf /usr/share/doc/timeguard/README.md.gz
/usr/share/doc/timeguard/changelog.gz /usr/share/doc/timeguard/copyright /usr/share/man/fr/man7/timeguard-alerts.7.gz
/usr/share/man/man1/timeguard.1.gz /usr/share/man/man5/timeguard.conf.5.gz /usr/share/man/man7/timeguard-alerts.7.gz
/usr/share/man/man8/timeguard-gate.8.gz /usr/share/man/man8/timeguardd.8.gz /usr/share/timeguard/status.schema.json""".split()
UNITS = ("timeguard-gate@.service", "timeguard-step@.service", "timeguard-wait.service", "timeguard.service")


def field(name):
    return run("dpkg-deb", "--field", built(), name).stdout.strip()


def control(name):
    result = run("dpkg-deb", "--info", built(), name)
    require(result.returncode == 0, result.stderr)
    return result.stdout


@test
def files_land_where_the_hierarchy_says(build):
    units = run("pkg-config", "--variable=systemdsystemunitdir", "systemd").stdout.strip()
    listed = run("dpkg-deb", "--contents", built()).stdout.splitlines()
    files = {line.split()[5][1:]: line.split()[:2] for line in listed if not line.startswith("d")}
    require_equal(sorted(files), sorted(FILES + [f"{units}/{unit}" for unit in UNITS]), "files")
    for name, (mode, owner) in files.items():
        require_equal((mode, owner), ("-rwxr-xr-x" if "bin/" in name or "libexec" in name else "-rw-r--r--", "root/root"), name)
    require_equal(control("conffiles").split(), ["/etc/timeguard/timeguard.conf"], "conffiles")


@test
def it_asks_for_what_it_needs_and_no_more(build):
    depends = {re.split(r"[ (:]", one.strip())[0] for one in field("Depends").split(",")}
    for name in ("corosync", "dbus", "libc6", "libcpg4", "libinih1", "libjson-c5", "libqb100", "libsmartcols1", "libsystemd0", "libvotequorum8"):
        require(name in depends, f"{name} in {sorted(depends)}")
    require("chrony" in field("Recommends"), field("Recommends"))
    for name in ("Conflicts", "Breaks", "Replaces", "Pre-Depends"):
        require(not field(name), f"{name}: {field(name)}")


@test
def nothing_is_enabled_to_act(build):
    scripts = control("postinst")
    # a unit that was never enabled stays so; the agent observes
    require("was-enabled defaults to true" in scripts[:scripts.index("timeguard-wait")], scripts)
    require("was-enabled defaults to true" not in scripts[scripts.index("timeguard-wait"):], scripts)
    require(not re.search(r"corosync|chrony", scripts), "neither corosync nor chrony is touched")
    require("rm -rf /var/lib/timeguard" in control("postrm"), control("postrm"))


@test
def debug_symbols_are_beside_it(build):
    listed = run("dpkg-deb", "--contents", built("timeguard-dbgsym")).stdout
    require_equal(len(re.findall(r"/\.build-id/../[0-9a-f]+\.debug$", listed, re.M)), 3, "programs")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True)
    parser.add_argument("-k", default="")
    arguments = parser.parse_args()
    sys.exit(run_tests(os.path.abspath(arguments.build), names=[arguments.k]))
