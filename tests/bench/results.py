# SPDX-License-Identifier: LGPL-2.1-or-later
"""The file of results: one section a part, each with its date and machine, replaced one by one."""

import os
import re

import machine

FILE = "tests/bench/RESULTS.md"
HEAD = """# Figures

Made by `tests/bench/run --all --write`; a section says when and where it was made, and a run of some parts replaces theirs alone. Goals are those of the
design. `met` is empty where it has none."""
HEADING = re.compile(r"^## (.*)$", re.MULTILINE)


def section(title, begin, command, root, body):
    return f"## {title}\n\n{begin}, `{command}`, commit {machine.version(root, FILE)}, on {machine.describe()}.\n\n{body}\n"


def _sections(text):
    """{title: text} in their order; what stands before the first is made anew."""
    parts = HEADING.split(text)
    return {title: f"## {title}\n{body}" for title, body in zip(parts[1::2], parts[2::2])}


def replace(path, new, order):
    """Puts one section into the file; `order` gives a title's place. The file is whole at any time."""
    title = HEADING.search(new)[1]
    sections = {}
    if os.path.exists(path):
        with open(path, encoding="utf-8") as old:
            sections = _sections(old.read())
    sections[title] = new
    texts = [sections[t].strip() for t in sorted(sections, key=order)]
    with open(f"{path}.new", "w", encoding="utf-8") as out:
        out.write("\n\n".join([HEAD, *texts]) + "\n")
    os.replace(f"{path}.new", path)
