# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the tests on a cluster of machines share. The HA stack of one test serves the next of the same kind; after a failure all begins anew.

    if __name__ == "__main__":
        sys.exit(main())"""

import argparse
import contextlib
import sys
import traceback

from cluster import SETTLED_REPORTS, Machines, clockfile
from machine import missing

from suite import require, run_tests  # by box's search path

SECOND = 10**9
RELEASE_S = 10
SOON = 10  # reports: enough where no source has to be asked, as a danger is proven without

arguments = argparse.ArgumentParser()
arguments.add_argument("--build", required=True)
arguments.add_argument("--keep-logs", action="store_true")
arguments.add_argument("names", nargs="*")


@contextlib.contextmanager
def using(lab, kind, *arguments_, mode="enforce", settle=SETTLED_REPORTS):
    """An HA stack in good order, true clocks, and agents that know nothing of what was. A test that spoils the stack ends it."""
    wanted = (kind, *arguments_)
    # loops that sleep on the wall clock would stand still until it is again what it was
    if lab.stack and (lab.kind != wanted or max(clockfile.shift_ns(node.clock) for node in lab.nodes.values()) > 20 * SECOND):
        lab.stack.__exit__()
    try:
        lab.heal_clocks()
        if not lab.stack:
            kind(lab, *arguments_).__enter__()
            lab.kind = wanted
        lab.stack.forget_runs()
        lab.configure(gate_lines(kind, mode), settle)
        yield lab.stack
    except BaseException:
        tell(lab)
        if lab.stack:
            lab.stack.__exit__()
        lab.merge()
        raise


def gate_lines(kind, mode="enforce"):
    return ["[gate]", f"mode = {mode}", f"backend = {kind.backend}", f"release = {RELEASE_S}s", *kind.options]


def tell(lab):
    """What the agents said, for whoever looks for the fault."""
    for node in lab.nodes.values():
        try:
            print(node.run("journalctl", "-q", "-u", "timeguard", "-n", "25", "--no-pager", "-o", "short-monotonic").stdout, file=sys.stderr)
        except AssertionError as error:
            traceback.print_exception(error, file=sys.stderr)


def says(entry, *words):
    for word in words:
        require(word in entry["MESSAGE"], f"'{word}' is not in: {entry['MESSAGE']}")


def gate_of(lab, number, *words):
    """What a node says of the gate, if that is one of these: its state, or the stage of a record."""
    document = lab.status(number)
    gate = document["gate"] if document else {"state": "", "records": []}
    found = [gate["state"], *[record["stage"] for record in gate["records"]]]
    return next((word for word in words if word in found), None)


def wait_gate(lab, word, timeout_s):
    """Until every node says so."""
    lab.wait_for(lambda: all(gate_of(lab, n, word) for n in lab.nodes), timeout_s,
                 lambda: f"'{word}' on all nodes: {[(d['gate']['state'], d['gate']['records']) if d else None for d in map(lab.status, lab.nodes)]}", 0.1)


def main(needs=lambda: None):
    """needs: tells what else is missing."""
    options = arguments.parse_args()
    why = missing() or needs()
    if why:
        print(f"skip all: {why}\n0 passed, 0 failed, 1 skipped")
        return 77
    with Machines(3, options.build, keep_logs=options.keep_logs) as lab:
        return run_tests(lab, names=options.names)
