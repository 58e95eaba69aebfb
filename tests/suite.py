# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the test programs in Python share. A test is a function; each prints one line, 'ok', 'not ok' or 'skip', and the program ends with
the line that tests/run counts:

    @test
    def the_sky_is_blue(): ...

    if __name__ == "__main__":
        sys.exit(run_tests(names=sys.argv[1:]))"""

import os
import re
import time
import traceback

TEXT_MAX = 4500  # of a failure: it may hold the output of a command
NOTHING_RAN = 2  # exit status
CLOSING = re.compile(r"(\d+) passed, (\d+) failed, (\d+) skipped")
TESTS = []


class Skip(Exception):
    """The test cannot be done here; the text says why."""


def test(function):
    TESTS.append(function)
    return function


def require(condition, text):
    if not condition:
        raise AssertionError(text)


def require_equal(found, wanted, what):
    require(found == wanted, f"{what}: {found!r} instead of {wanted!r}")


def _why(error, function):
    """What is wrong, and the lines of the test's own file that led to it."""
    own = function.__code__.co_filename
    places = [f"{os.path.basename(own)}:{f.lineno}" for f in traceback.extract_tb(error.__traceback__) if f.filename == own]
    text = str(error)[:TEXT_MAX]
    if not text or not isinstance(error, AssertionError):
        text = f"{type(error).__name__}: {text}".rstrip(": ")
    return f"{text} ({', '.join(places) or 'elsewhere'})"


class Results:
    def __init__(self):
        self.counts = {"ok": 0, "not ok": 0, "skip": 0}

    def add(self, result, name, why=""):
        self.counts[result] += 1
        print(f"{result} {name}{': ' + why if why else ''}", flush=True)

    def attempt(self, function, *arguments, run=None):
        """Runs a test, by `run` if given; what it returns is a note. Returns whether it did not fail."""
        name, begin = function.__name__.removeprefix("test_"), time.monotonic()
        try:
            note = (run or function)(*arguments)
        except Skip as reason:
            self.add("skip", name, str(reason))
        except Exception as error:  # a test that breaks has failed
            self.add("not ok", name, _why(error, function))
            return False
        else:
            self.add("ok", f"{name} ({time.monotonic() - begin:.1f} s)", note if isinstance(note, str) else "")
        return True

    @classmethod
    def told(cls, lines):
        """Those that another program told of in its closing line; None without such a line."""
        for found in filter(None, map(CLOSING.fullmatch, lines)):
            results = cls()
            results.counts = {result: int(number) for result, number in zip(results.counts, found.groups())}
            return results
        return None

    def merge(self, other):
        for result, number in other.counts.items():
            self.counts[result] += number

    def n(self):
        return sum(self.counts.values())

    def status(self):
        """The exit status. That nothing ran is no success: a name may be misspelt."""
        return 1 if self.counts["not ok"] else 0 if self.n() else NOTHING_RAN

    def close(self):
        """Prints the closing line; returns the exit status."""
        if not self.n():
            print("no test ran: none has such a name", flush=True)
        print(f"{self.counts['ok']} passed, {self.counts['not ok']} failed, {self.counts['skip']} skipped", flush=True)
        return self.status()


def run_tests(*arguments, names=()):
    """Runs the tests whose name holds one of `names`, all without any, and gives them the arguments; returns the exit status."""
    results = Results()
    for function in TESTS:
        if not names or any(name in function.__name__ for name in names):
            results.attempt(function, *arguments)
    return results.close()
