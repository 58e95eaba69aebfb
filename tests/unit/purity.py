#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The core is pure, and functions are short.

purity.py core LIBRARY CC    what the core's library defines and calls: libc and libm only, nothing that asks for the time, opens,
                             prints or forks, no variable that changes, memory in tg_node_new alone
purity.py size DIR...        lengths of the functions in *.c: median 15 lines, 95th percentile 60"""
import re
import statistics
import subprocess
import sys
from pathlib import Path

# What the core may call: text, numbers and bytes. All else is refused, so that a new dependency is a decision.
ALLOWED = set("""
    memcmp memcpy memmove memset strcmp strncmp strcasecmp strcpy strcspn strspn strlen strnlen strchr strrchr strstr memchr
    snprintf vsnprintf strtod strtol strtoll strtoul strtoull llabs labs inet_pton inet_ntop
    ceil fabs floor fmax fmin fmod frexp ldexp llround lround nearbyint round sqrt log exp pow trunc
    calloc free __errno_location
""".split())
MEMORY = {"calloc": "tg_node_new", "free": "tg_node_free"}
# What compilers add by themselves.
SUPPORT = re.compile(r"^(__stack_chk_fail|__\w+_chk|_GLOBAL_OFFSET_TABLE_|__isoc\w+_\w+|__asan_\w+|__ubsan_\w+|__sanitizer_\w+|__gcov_\w+|"
                     r"__llvm_\w+|__sancov_\w+)$")


def run(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout


def symbols(library):
    """(object, name, kind) of each symbol in the archive."""
    for line in run("nm", "-A", "-P", library).splitlines():
        place, name, kind = re.match(r"(.*?): (\S+) (\S)", line).groups()
        yield re.sub(r".*\[|\]$", "", place), name, kind


def forbidden_calls(found):
    defined = {name for _, name, kind in found if kind not in "Uuwv"}
    for obj, name, kind in found:
        plain = re.sub(r"^__(\w+)_chk$|^__isoc\d+_(\w+)$", lambda m: m[1] or m[2], name)
        if kind in "Uu" and name not in defined and plain not in ALLOWED and not SUPPORT.match(name):
            yield f"{obj} calls {name}"


def changing_variables(found):
    for obj, name, kind in found:
        # tables of pointers are constant too, but relocated: the section tells (below)
        if kind in "BbCSsGg" or (kind in "Dd" and not in_constant_section(obj, name)):
            if not re.match(r"^(__odr_asan|__asan|\.L|__unnamed|___asan_gen)", name):
                yield f"{obj} has the variable {name}"


CONSTANT = {}


def in_constant_section(obj, name):
    return (obj, name) in CONSTANT


def read_constants(library):
    """What lies in .data.rel.ro is made read-only by the loader."""
    obj = ""
    for line in run("objdump", "-t", library).splitlines():
        if line.endswith("file format elf64-x86-64") or "file format" in line:
            obj = line.split(":")[0].strip()
        elif ".data.rel.ro" in line:
            CONSTANT[obj, line.split()[-1]] = True


def memory_elsewhere(library):
    """Calls of calloc and free outside the two functions that may."""
    function, seen = "", set()
    for line in run("objdump", "-dr", "--no-show-raw-insn", library).splitlines():
        if match := re.match(r"^[0-9a-f]+ <([^>]+)>:", line):
            function = match[1].split(".")[0]
        elif match := re.search(r"R_\w+\s+(calloc|free|malloc|realloc)\b", line):
            seen.add(match[1])
            if MEMORY.get(match[1]) != function:
                yield f"{function} calls {match[1]}"
    if seen < set(MEMORY):
        yield f"only calls of {sorted(seen)} were found: is this objdump read rightly?"


def link_alone(library, compiler):
    """The whole library must link with libc and libm and nothing else."""
    command = [*compiler, "-shared", "-o", "/dev/null", "-nodefaultlibs", "-Wl,--whole-archive", library, "-Wl,--no-whole-archive",
               "-Wl,--no-undefined", "-lm", "-lc"]
    result = subprocess.run(command, capture_output=True, text=True, timeout=60)
    if result.returncode and "__asan" not in result.stderr and "__ubsan" not in result.stderr:
        yield "does not link with libc and libm alone: " + result.stderr.strip()[-600:]


def check_core(library, compiler):
    found = list(symbols(library))
    read_constants(library)
    if not any(name == "tg_node_new" for _, name, _ in found):
        yield "tg_node_new is not there: is this the core?"
    yield from forbidden_calls(found)
    yield from changing_variables(found)
    yield from memory_elsewhere(library)
    yield from link_alone(library, compiler)


def without_text(source):
    """Comments and strings blanked, lines kept."""
    def blank(match):
        return re.sub(r"[^\n]", " ", match[0])
    return re.sub(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\'', blank, source, flags=re.S)


def functions(path):
    """(lines, name): from the line of the name to the closing brace; both stand at the line's start, as clang-format has it."""
    start, name = None, ""
    for number, line in enumerate(without_text(path.read_text()).splitlines()):
        if re.match(r"^[A-Za-z_]", line) and "(" in line and "=" not in line and not line.rstrip().endswith(";"):
            start, name = number, re.search(r"(\w+)\s*\(", line)[1]
        elif line.startswith("}") and start is not None:
            yield number - start + 1, name
            start = None


def check_sizes(directories):
    sizes = sorted((n, name, path) for d in directories for path in sorted(Path(d).rglob("*.c")) for n, name in functions(path))
    lines = [n for n, _, _ in sizes]
    if len(lines) < 50:
        yield f"only {len(lines)} functions found in {' '.join(map(str, directories))}"
        return
    median, p95 = statistics.median(lines), lines[int(len(lines) * 0.95)]
    print(f"{len(lines)} functions: median {median:g} lines, 95 % at most {p95}, longest {sizes[-1][0]} ({sizes[-1][1]})")
    if median > 15:
        yield f"the median function has {median:g} lines, more than 15"
    if p95 > 60:
        yield f"5 % of the functions have more than {p95} lines: " + ", ".join(f"{name} {n}" for n, name, _ in sizes if n > 60)


def main():
    if sys.argv[1:2] == ["core"] and len(sys.argv) >= 4:
        faults = list(check_core(sys.argv[2], sys.argv[3:]))
    elif sys.argv[1:2] == ["size"] and len(sys.argv) >= 3:
        faults = list(check_sizes(sys.argv[2:]))
    else:
        sys.exit(__doc__)
    for fault in faults:
        print(fault, file=sys.stderr)
    sys.exit(bool(faults))


if __name__ == "__main__":
    main()
