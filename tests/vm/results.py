# SPDX-License-Identifier: LGPL-2.1-or-later
"""tests/vm/RESULTS.md: what runs have seen, as a table. A run replaces the rows of the faults that it did, and leaves the others as they were seen last."""

import os
import time

from image import HERE

PATH = os.path.join(HERE, "RESULTS.md")
HEAD = """# The faults on three virtual machines, and what was seen

Written by `tests/vm/run --write`: the rows of that run; the others are of earlier ones, on the day that they tell. A number before a colon is the
node that sees; verdicts are those of each node in turn, "-" is no answer. The seconds of "seen" count from the fault on, those of "recovered" from
its end. The alerts of "expected" are those that the row may raise:
any other in a journal of any node fails it, and so does a machine that is reset. Starved: the largest share of the time that one of the machines
waited for a CPU of the host.

| fault | expected | seen | recovered after, s | starved | | on |
| --- | --- | --- | --- | --- | --- | --- |
"""
NOTES = "\n## The last run as a whole\n\n"


def _cell(text):
    return text.replace("|", "\\|")


def _line(row):
    known = ", ".join(sorted(row.fault.alerts)) or "none"
    cells = [row.fault.name, f"{'; '.join(row.fault.expect)}; alerts: {known}", "; ".join(row.parts()),
             "never" if row.recovered_s is None else f"{row.recovered_s:.1f}", f"{100 * row.starved:.0f} %",
             "ok" if row.good() else "**failed**", time.strftime("%Y-%m-%d", time.gmtime())]
    return f"| {' | '.join(map(_cell, cells))} |"


def _earlier():
    """{name of a fault, as it stands in its cell: its line}"""
    if not os.path.exists(PATH):
        return {}
    with open(PATH, encoding="utf-8") as file:
        lines = [line for line in file.read().splitlines() if line.startswith("| ")]
    return {line.split(" | ")[0][2:]: line for line in lines[2:]}


def write(rows, table, notes):
    lines = {**_earlier(), **{_cell(row.fault.name): _line(row) for row in rows}}
    found = [lines[_cell(fault.name)] for fault in table if _cell(fault.name) in lines]
    with open(PATH, "w", encoding="utf-8") as file:
        file.write(HEAD + "\n".join(found) + "\n" + NOTES + "".join(f"- {note}\n" for note in notes))
