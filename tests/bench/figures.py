# SPDX-License-Identifier: LGPL-2.1-or-later
"""Figures and the tables they are printed in."""

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


def growth(sizes, values):
    """The exponent a of values ~ sizes^a that fits best: least squares of the logarithms."""
    x, y = [math.log(n) for n in sizes], [math.log(v) for v in values]
    mean_x, mean_y = statistics.mean(x), statistics.mean(y)
    return sum((a - mean_x) * (b - mean_y) for a, b in zip(x, y)) / sum((a - mean_x) ** 2 for a in x)


def goal_for(goals, nodes):
    """The design has goals for some sizes; between two of them it lies on the straight line."""
    if nodes <= goals[0][0]:
        return goals[0][1]
    for (n0, g0), (n1, g1) in zip(goals, goals[1:]):
        if nodes <= n1:
            return g0 + (g1 - g0) * (nodes - n0) / (n1 - n0)
    return goals[-1][1]


class Table:
    """Rows of texts under a head; the last column says whether the goal before it was met."""

    def __init__(self, *head):
        self.head = [*head, "goal", "met"]
        self.rows = []
        self.misses = []

    def add(self, what, *figures, goal="", met=None):
        self.rows.append([what, *figures, goal, {None: "", True: "yes", False: "NO"}[met]])
        if met is False:
            self.misses.append(what)

    def add_limit(self, what, figure, goal, value, limit):
        """A row whose goal is met when the value is there and not above the limit."""
        self.add(what, figure, goal=goal, met=value is not None and value <= limit)

    def markdown(self):
        lines = [self.head, ["---"] * len(self.head), *self.rows]
        return "\n".join(f"| {' | '.join(line)} |" for line in lines)
