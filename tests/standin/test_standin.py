#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Tests of the stand-in: one for each group of rows of transitions.table, in virtual time, and a few with the real program. They are in the
other files of the name test_*.py.

    test_standin.py [NAME...]      runs the tests whose name holds one of these
    test_standin.py --rows [COMPONENT...]
                                   takes one row after the other away and tells which of them no test in virtual time misses (minutes)

The seconds asked for are those that the source gives, not measurements."""

import importlib
import os
import sys

sys.path.insert(1, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))

import lab as labs
import table as tables
from lab import NEW, OLD
from suite import Results, TESTS, require, require_equal, run_tests, test

for part in ("rest", "disarm", "release", "stop", "clock", "quorum", "maintenance", "service", "watchdog", "cli", "live"):
    importlib.import_module("test_" + part)


@test
def test_table_is_well_formed():
    rows = tables.read()
    for row in rows:
        require(row.release in ("both", NEW, OLD), f"line {row.line}: release")
        versions = {place.rsplit(" @ ")[1] for place in row.source.split(";")}
        wanted = {NEW, OLD} if row.release == "both" else {row.release}
        foreign = {version for version in versions if version[0] in "cp"}
        require(foreign or wanted <= versions, f"line {row.line}: no source for {wanted - versions}")
        require(all(" @ " in place and ":" in place for place in row.source.split(";")), f"line {row.line}: source")
    releases = [tables.release_of(version) for version in ("5.1.3", "5.1.2", "9.0", "4.0.6", "3.3-4", "5.2.0~1")]
    require_equal(releases, [NEW, OLD, NEW, OLD, OLD, NEW], "release_of")


def missed_rows(components):
    """Runs all tests in virtual time once for each row taken away."""
    rows, results = tables.read(), Results()
    tests = [function for function in TESTS if function.__module__ not in ("test_live", "__main__")]
    for row in rows:
        if components and row.component not in components:
            continue
        labs.ROWS = [other for other in rows if other is not row]

        def row_is_missed():
            for number, function in enumerate(tests):
                try:
                    function()
                except Exception as error:  # any way of failing is one
                    tests.insert(0, tests.pop(number))  # likely to see the next one, too
                    return f"{function.__name__}: {str(error)[:60]}"
            raise AssertionError(f"nobody misses line {row.line}")

        row_is_missed.__name__ = f"test_{row.line}_{row.component}_{row.state}"
        results.attempt(row_is_missed)
    return results.close()


if __name__ == "__main__":
    if sys.argv[1:2] == ["--rows"]:
        sys.exit(missed_rows(sys.argv[2:]))
    sys.exit(run_tests(names=sys.argv[1:]))
