# SPDX-License-Identifier: LGPL-2.1-or-later
"""What test programs share that play on one machine of machine.py at a time."""

import argparse

from machine import Machine, missing

from suite import run_tests  # by box's search path

SLEEPER = "[Service]\nExecStart=/bin/sleep infinity\n"
# A cluster of this machine alone.
COROSYNC = """totem {
  version: 2
  cluster_name: alone
  transport: knet
}
system {
  sched_rr: no
  allow_knet_handle_fallback: yes
}
quorum {
  provider: corosync_votequorum
}
nodelist {
  node {
    nodeid: 1
    name: alone
    ring0_addr: 127.0.0.1
  }
}
"""


def _main(run):
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True)
    parser.add_argument("names", nargs="*")
    arguments = parser.parse_args()
    why_not = missing()
    if why_not:
        print(f"skip: {why_not}\n0 passed, 0 failed, 1 skipped")
        return 77
    return run(arguments.build, arguments.names)


def main(files, prepare=None, binds=()):
    """Runs the tests on a machine with these files; the exit status."""
    def run(build, names):
        with Machine(build, files, binds=binds) as machine:
            if prepare:
                prepare(machine)
            return run_tests(machine, names=names)
    return _main(run)


def main_of_many():
    """The same for tests that each make a machine of their own: they get the build directory."""
    return _main(lambda build, names: run_tests(build, names=names))
