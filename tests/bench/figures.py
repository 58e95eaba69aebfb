# SPDX-License-Identifier: LGPL-2.1-or-later
"""Figures and the one table they are printed in."""

import math
import statistics


def percentile(values, percent):
    """The smallest value that so many percent of the values do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


def spread(values, unit=1.0, name="", digits=3):
    """p50, p99, max and the count as text; values are divided by the unit."""
    if not values:
        return "none measured"
    scaled = [value / unit for value in values]
    parts = [f"{label} {number:.{digits}f}" for label, number in
             (("p50", statistics.median(scaled)), ("p99", percentile(scaled, 99)), ("max", max(scaled)))]
    return f"{', '.join(parts)}{' ' + name if name else ''} (n {len(values)})"


class Table:
    """Rows of what, nodes, figure, goal and whether the goal was met."""

    def __init__(self):
        self.rows = []

    def add(self, what, nodes, figure, goal="", met=None):
        self.rows.append((what, str(nodes), figure, goal, {None: "", True: "yes", False: "NO"}[met]))

    def add_limit(self, what, nodes, figure, goal, value, limit):
        """A row whose goal is met when the value is there and not above the limit."""
        self.add(what, nodes, figure, goal, value is not None and value <= limit)

    def markdown(self):
        lines = ["| what | nodes | measured | goal | met |", "| --- | --- | --- | --- | --- |"]
        return "\n".join(lines + [f"| {' | '.join(row)} |" for row in self.rows])
