#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Tests of the stand-in: one for each group of rows of transitions.table, in virtual time, and a few with the real program. They are in the
other files of the name test_*.py.

    test_standin.py [NAME...]      runs the tests whose name holds one of these
    test_standin.py --rows [COMPONENT...]
                                   spoils one row after the other and tells of which no test in virtual time sees it (minutes)

The seconds asked for are those that the source gives, not measurements."""

import importlib
import os
import sys

sys.path.insert(1, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))

import lab as labs
import table as tables
from lab import NEW, OLD
from suite import Results, TESTS, require, require_equal, run_tests, test

for part in ("rest", "disarm", "midway", "release", "stop", "clock", "quorum", "maintenance", "service", "watchdog", "cli", "live"):
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


def spoiled(row):
    """(what, the row instead): gone, and with other numbers."""
    yield "gone", None
    kind, _, number = row.latency.partition(" ")
    if number:
        yield "longer", row._replace(latency=f"{kind} {2 * int(number)}")
        yield "shorter", row._replace(latency=f"{kind} {int(number) // 2}")
    if row.component == "constant":
        yield "more", row._replace(next=str(2 * int(row.next)))
        if int(row.next) > 1:  # in no time at all a loop would never end
            yield "less", row._replace(next=str(int(row.next) // 2))


def missed_rows(components):
    """Runs the tests in virtual time for each spoiled row, until one fails."""
    rows, results = tables.read(), Results()
    tests = [function for function in TESTS if function.__module__ not in ("test_live", "__main__")]
    for row in rows:
        if components and row.component not in components:
            continue
        for what, instead in spoiled(row):
            labs.ROWS = [instead if other is row else other for other in rows if instead or other is not row]

            def spoiling_is_seen():
                for number, function in enumerate(tests):
                    try:
                        function()
                    except Exception as error:  # any way of failing is one
                        tests.insert(0, tests.pop(number))  # likely to see the next one, too
                        return f"{function.__name__}: {str(error)[:60]}"
                raise AssertionError("nobody sees it")

            spoiling_is_seen.__name__ = f"line_{row.line}_{row.component}_{row.state}_{what}"
            results.attempt(spoiling_is_seen)
    return results.close()


if __name__ == "__main__":
    if sys.argv[1:2] == ["--rows"]:
        sys.exit(missed_rows(sys.argv[2:]))
    sys.exit(run_tests(names=sys.argv[1:]))
