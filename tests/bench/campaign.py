# SPDX-License-Identifier: LGPL-2.1-or-later
"""The simulation's random campaign: its own table, with the design's goals beside it."""

import os
import subprocess

from figures import Table

NONE_WANTED = ("false beyond", "runs that violated an invariant")
TEXT = """Random faults in virtual clusters of unmodified cores, every invariant looked at after every event (`tg-sim campaign`)."""


def _rows(text):
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if line.startswith("|") and len(cells) == 2 and not set(cells[0]) <= set("- :") and cells[1]:
            yield cells


def measure(program, evaluations):
    """Returns the Markdown, the raw text and the goals that were missed; a failed campaign is a result too."""
    result = subprocess.run([program, "campaign", "--evaluations", str(evaluations), "--jobs", str(min(os.cpu_count(), 16))],
                            capture_output=True, text=True, check=False)
    table, told = Table("what", "measured"), {}
    for what, figure in _rows(result.stdout):
        told[what] = figure
        if what in NONE_WANTED:
            table.add(what, figure, goal="0", met=figure == "0")
        elif what == "evaluations":
            table.add(what, figure, goal=f"{evaluations}", met=int(figure) >= evaluations)
        else:
            table.add(what, figure)
    if not set(NONE_WANTED) <= set(told):
        raise RuntimeError(f"{program}: no table came of it: {(result.stderr or result.stdout)[-2000:]}")
    lines = [line for line in result.stdout.splitlines() if line and not line.startswith("|")]
    table.add("exit status", str(result.returncode), goal="0", met=result.returncode == 0)
    return "\n\n".join([TEXT, table.markdown(), *(["```\n" + "\n".join(lines) + "\n```"] if lines else [])]), result.stdout, table.misses
