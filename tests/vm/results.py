# SPDX-License-Identifier: LGPL-2.1-or-later
"""tests/vm/RESULTS.md: what a run has seen, as a table."""

import os
import time

from image import HERE

PATH = os.path.join(HERE, "RESULTS.md")


def _cell(text):
    return text.replace("|", "\\|")


def _row(row):
    seen = "; ".join(f"{text}: {'never' if at_s is None else f'{at_s:.1f} s'}" for text, at_s in row.seen.items())
    seen += f"; alerts: {', '.join(row.told)}" if row.told else "; no alert"
    seen += f"; told in the journal after: {row.latency}" if row.latency else ""
    bad = "; ".join(filter(None, [row.error, row.false and f"false alerts: {', '.join(row.false)}"]))
    recovered = "never" if row.recovered_s is None else f"{row.recovered_s:.1f}"
    known = ", ".join(sorted(row.fault.alerts)) or "none"
    return (f"| {_cell(row.fault.name)} | {_cell('; '.join(row.fault.expect))}; alerts: {known} | {_cell(seen)}{'; ' + _cell(bad) if bad else ''} "
            f"| {recovered} | {100 * row.starved:.0f} % | {'ok' if row.good() else '**failed**'} |")


def markdown(rows, notes):
    lines = ["# The faults on three virtual machines, and what was seen", "",
             f"Written by `tests/vm/run --write` on {time.strftime('%Y-%m-%d', time.gmtime())}. A number before a colon is the node that sees. The seconds of \"seen\" count "
             "from the fault on, those of \"recovered\" from its end. Alerts are those that the row may raise; any other in any journal fails it. "
             "Starved: the largest share of the time that one of the machines waited for a CPU of the host.", "",
             "| fault | expected | seen | recovered after, s | starved | |", "| --- | --- | --- | --- | --- | --- |", *map(_row, rows), "", *(f"- {note}" for note in notes), ""]
    return "\n".join(lines)


def write(rows, notes):
    with open(PATH, "w", encoding="utf-8") as file:
        file.write(markdown(rows, notes))
