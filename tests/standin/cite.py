#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Prints each row of transitions.table with the source lines that it names, for a reader to compare.

    cite.py [--component NAME] PVE-HA-MANAGER PVE-CLUSTER PVE-COMMON      (git directories)"""

import argparse
import functools
import subprocess
import sys

import table

COMMITS = {"5.2.0": (0, "b53aa83"), "4.0.6": (0, "34fe8e5"), "c9.1.6": (1, "7091d92"), "p9.2.1": (2, "f665029")}
PLACES = ("src/PVE/HA/", "src/PVE/", "src/")


@functools.lru_cache(maxsize=None)
def lines_of(repository, commit, name):
    for place in PLACES:
        command = ["git", f"--git-dir={repository}", "show", f"{commit}:{place}{name}"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode == 0:
            return done.stdout.splitlines()
    raise LookupError(f"{name} at {commit}")


def spans(source):
    """(version, file, first, last) of each place that a row names."""
    for part in source.split(";"):
        place, version = part.strip().split(" @ ")
        name, numbers = place.rsplit(":", 1)
        for number in numbers.split(","):
            first, _, last = number.partition("-")
            yield version, name, int(first), int(last or first)


def show(row, repositories):
    print(f"== {row.line}: {' | '.join(row[:7])}")
    for version, name, first, last in spans(row.source):
        which, commit = COMMITS[version]
        text = lines_of(repositories[which], commit, name)
        if not 0 < first <= last <= len(text):
            raise LookupError(f"transitions.table:{row.line}: {name} @ {version} has no lines {first}-{last}")
        print(f"   -- {name} @ {version}")
        for number in range(first, last + 1):
            print(f"   {number:5} {text[number - 1]}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--component", default="")
    parser.add_argument("repository", nargs=3)
    options = parser.parse_args()
    for row in table.read():
        if row.component.startswith(options.component):
            show(row, options.repository)


if __name__ == "__main__":
    sys.exit(main())
