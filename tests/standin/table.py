# SPDX-License-Identifier: LGPL-2.1-or-later
"""Reads transitions.table and decides by it.

A decision belongs to a subject, an object whose methods are the words of the table: is_WORD() for a condition, do_WORD() for an action. A
method may be a generator: what it yields are seconds that pass. Within one decision a condition is asked once."""

import collections
import inspect
import os

PATH = os.path.join(os.path.dirname(os.path.abspath(__file__)), "transitions.table")
COLUMNS = "release component state condition action next latency source"
ARMING = (5, 1, 3)  # the first version with disarm-ha

Row = collections.namedtuple("Row", COLUMNS + " line")


def release_of(version):
    """The release in the table that speaks for a version of pve-ha-manager."""
    numbers = tuple(int(part) for part in version.split("-")[0].split("~")[0].split("."))
    return "5.2.0" if numbers >= ARMING else "4.0.6"


def parse(text):
    rows = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        cells = [cell.strip() for cell in line.split(" | ")]
        if len(cells) != len(Row._fields) - 1:
            raise ValueError(f"transitions.table:{number}: {len(cells)} columns")
        rows.append(Row(*cells, number))
    return rows


def read(path=PATH):
    with open(path, encoding="ascii") as file:
        return parse(file.read())


def words_of(condition):
    """[[(word, wanted)]]: all of the outer, any of the inner."""
    if condition == "-":
        return []
    terms = []
    for term in condition.split(" and "):
        choices = [choice.split() for choice in term.split(" or ")]
        terms.append([(choice[-1], len(choice) == 1) for choice in choices])
    return terms


class Table:
    """The rows of one release."""

    def __init__(self, rows, release):
        self.release, self.rows, self.constants = release, {}, {}
        for row in rows:
            if row.release not in ("both", release):
                continue
            if row.component == "constant":
                self.constants[row.state] = int(row.next)
                continue
            entry = (row, {state.strip() for state in row.state.split(",")}, words_of(row.condition), self._actions(row))
            for component in row.component.split(","):
                self.rows.setdefault(component.strip(), []).append(entry)

    @staticmethod
    def _actions(row):
        return [] if row.action == "-" else row.action.split()

    def decide(self, component, state, subject):
        """A generator; its value is the row that was done last, or None where none holds."""
        known = {}
        for row, states, terms, actions in self.rows.get(component, ()):
            if states != {"*"} and state not in states:
                continue
            if (yield from self._holds(terms, subject, known)):
                for action in actions:
                    yield from called(getattr(subject, "do_" + action))
                if row.next != "+":
                    return row
                known.clear()
        return None

    @staticmethod
    def _holds(terms, subject, known):
        for term in terms:
            for word, wanted in term:
                if word not in known:
                    known[word] = bool((yield from called(getattr(subject, "is_" + word))))
                if known[word] == wanted:
                    break
            else:
                return False
        return True

    def decide_now(self, component, state, subject):
        """The same for a decision in which no time passes."""
        return at_once(self.decide(component, state, subject))


def called(method):
    """Calls a method, whether it is a generator or not."""
    result = method()
    if inspect.isgenerator(result):
        result = yield from result
    return result


def at_once(generator):
    try:
        pause = next(generator)
    except StopIteration as end:
        return end.value
    raise RuntimeError(f"{pause} s would pass in a decision that takes none")


def after(row, state):
    """The state after a row."""
    return state if row is None or row.next == "=" else row.next
