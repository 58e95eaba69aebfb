# SPDX-License-Identifier: LGPL-2.1-or-later
"""The core alone: its program prints a line of JSON for each size of cluster, which becomes one table with a column a size."""

import json
import subprocess

from figures import Table, goal_for, growth
from goals import CPU, EVALUATION_64_NS, MEMORY_MIB, REPORT_BYTES

TIMES = (("evaluation", "one evaluation, all agree"), ("evaluation_apart", "one evaluation, no two nodes agree"),
         ("delivery", "one delivery (decoding included)"), ("report", "composing one report (encoding included)"),
         ("encode", "encoding one report"), ("decode", "decoding one report"), ("snapshot", "one snapshot"))
TEXT = """Each size is a virtual cluster of unmodified cores, one of which is timed: wall time, `p50 (p99)`. Growth is the exponent a in n^a, by least
squares of the logarithms. Bytes are those of the reports alone, at the rate at which the cores sent them; what corosync adds is
in the sections of real clusters. Goals of CPU and memory are the whole agent's."""


def _rows(table, cores):
    def add(what, values, texts, goal="", met=None):
        sizes = [core["nodes"] for core in cores]
        large = [i for i, n in enumerate(sizes) if n >= 16]
        table.add(what, *texts, f"{growth(sizes, values):.2f}", f"{growth([sizes[i] for i in large], [values[i] for i in large]):.2f}",
                  goal=goal, met=met)

    def add_goals(what, values, texts, goals, unit, name):
        wanted = [goal_for(goals, core["nodes"]) for core in cores]
        add(what, values, texts, f"{' / '.join(f'{g / unit:.3g}' for g in wanted)} {name}", all(v <= g for v, g in zip(values, wanted)))

    for kind, what in TIMES:
        samples = [core[kind] for core in cores]
        texts = [f"{s['p50_ns'] / 1e3:.2f} ({s['p99_ns'] / 1e3:.2f})" for s in samples]
        limited = kind.startswith("evaluation")
        add(f"{what}, us", [s["p50_ns"] for s in samples], texts, "p99 1000 us at 64" if limited else "",
            samples[-1]["p99_ns"] <= EVALUATION_64_NS if limited else None)
    busy = [core["busy_ppm"] / 1e4 for core in cores]
    add_goals("the core's CPU time, % of one core", busy, [f"{b:.4f}" for b in busy], CPU, 1, "%")
    touched = [core["touched_bytes"] / 1048576 for core in cores]
    add_goals("memory in use by `tg_node`, MiB", touched, [f"{t:.2f}" for t in touched], MEMORY_MIB, 1, "MiB")
    longest = [core["report_bytes_max"] for core in cores]
    add("length of a report, bytes", longest, [str(v) for v in longest], "below 1024", max(longest) <= REPORT_BYTES)
    received = [core["received_bytes_s"] for core in cores]
    # without what corosync adds: its goal is held against what real nodes receive
    add("payload of the reports a node receives, KB/s", received, [f"{r / 1000:.2f}" for r in received], "")


def measure(program):
    """Returns the tables' Markdown, the samples and the goals that were missed."""
    result = subprocess.run([program], capture_output=True, text=True, timeout=600, check=False)
    if result.returncode != 0:
        raise RuntimeError(f"{program}: {result.stderr.strip() or result.returncode}")
    cores = [json.loads(line) for line in result.stdout.splitlines()]
    table = Table("what", *(f"{core['nodes']} nodes" for core in cores), "growth, all", "growth, 16 to 64")
    _rows(table, cores)
    return f"{TEXT}\n\n{table.markdown()}", cores, table.misses
