#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The manual pages against the tables that the programs print, and bash's completion against the commands.
Usage: test_man.py --build DIRECTORY [-k PATTERN]"""

import argparse
import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tests"))

from suite import require, require_equal, run_tests, test  # noqa: E402 # after the search path

SOURCES = os.path.join(ROOT, "packaging", "man")


def output(*argv, **options):
    result = subprocess.run(argv, capture_output=True, text=True, timeout=60, **options)
    require(result.returncode == 0, f"{argv}: {result.returncode}: {result.stdout}{result.stderr}")
    return result.stdout


def pages(build):
    return {os.path.join(SOURCES, name) for name in ("timeguard.1", "timeguardd.8", "timeguard-gate.8")} | {
        os.path.join(build, "man", name) for name in ("timeguard.conf.5", "timeguard-alerts.7", "fr/timeguard-alerts.7")}


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def plain(path):
    """What a reader sees, in one line."""
    text = output("mandoc", "-Tutf8", "-O", "width=200", path)
    return " ".join(re.sub(r".\x08", "", text).replace("\u2010", "-").split())


def sections(help_text):
    """The parts of a help by their headings."""
    return dict(re.findall(r"^(\w[\w ]*):\n((?:  .*\n)+)", help_text, re.M))


def exit_codes(help_text):
    return re.findall(r"^ +(\d+)  +(.*)$", sections(help_text)["Exit codes"], re.M)


def table_of_options(build):
    """key -> default of the options' table."""
    return dict(re.findall(r"^  ([a-z_.]+) .*\(default ([^;]+);", output(os.path.join(build, "timeguardd"), "--help"), re.M))


@test
def mandoc_has_nothing_to_say(build):
    for page in sorted(pages(build)):
        result = subprocess.run(["mandoc", "-Tlint", "-Wwarning", page], capture_output=True, text=True, timeout=60)
        require(result.returncode == 0 and not result.stdout, result.stdout)


@test
def each_command_and_option_is_explained(build):
    page, help_text = plain(os.path.join(SOURCES, "timeguard.1")), output(os.path.join(build, "timeguard"), "--help")
    commands = re.findall(r"^  timeguard ([a-z][a-z -]*[a-z])", help_text, re.M)
    require(len(commands) >= 8, commands)
    for command in commands:
        require(f"timeguard {command}" in page, f"no synopsis of {command}")
    for option, meaning in re.findall(r"^  (--[a-z]+)\S*(?: [A-Z]+)?  +(.*)$", sections(help_text)["Options"], re.M):
        require(re.search(rf"{option}\b", page), option)
        require(meaning.split(",")[0].split(" unless")[0].casefold() in page.casefold(), f"{option}: {meaning}")
    page = plain(os.path.join(SOURCES, "timeguardd.8"))
    for option in re.findall(r"^  (--[a-z-]+)", output(os.path.join(build, "timeguardd"), "--help"), re.M):
        require(option in page, option)


@test
def exit_codes_are_those_of_the_tables(build):
    for program, name in (("timeguard", "timeguard.1"), ("timeguardd", "timeguardd.8")):
        page = plain(os.path.join(SOURCES, name))
        page = page[page.index("EXIT STATUS"):]
        codes = exit_codes(output(os.path.join(build, program), "--help"))
        require(len(codes) >= 4, codes)
        for code, meaning in codes:
            require(f" {code} {meaning}" in page, f"{name}: {code} {meaning}")


@test
def every_option_stands_in_the_page_with_its_default(build):
    text = read(os.path.join(build, "man", "timeguard.conf.5"))
    found, section = {}, ""
    for line in text.splitlines():
        if line.startswith(".Ss Section"):
            section = re.search(r"\[(\w+)\]", line).group(1) + "."
        elif line.startswith(".It Va "):
            key, value = re.match(r"\.It Va (\S+) Pq Ql (.*)", line).groups()
            require(section + key not in found, f"{key} twice")
            found[section + key] = value
    table = table_of_options(build)
    require_equal(set(found), set(table), "options")
    for key, default in table.items():
        if default != "none":
            require_equal(found[key], default, key)


@test
def every_alert_stands_in_both_pages(build):
    for name, catalog in (("timeguard-alerts.7", "timeguard.catalog"), ("fr/timeguard-alerts.7", "timeguard.fr.catalog")):
        text, source = read(os.path.join(build, "man", name)), read(os.path.join(ROOT, "packaging", "catalog", catalog))
        require_equal(re.findall(r"^\.Ss (\S+)$", text, re.M), re.findall(r"^# ([a-z-]+)\n-- [0-9a-f]{32}$", source, re.M), name)
        require("@TIMEGUARD" not in text, re.findall(r".*@TIMEGUARD.*", text))
        page = plain(os.path.join(build, "man", name))
        for subject, body in re.findall(r"^Subject: (.*)\n(?:[A-Z].*\n)*\n((?:.+\n)+)", source, re.M):
            require("@" in subject or " ".join(subject.split()) in page, subject)
            require("@" in body or " ".join(body.split()) in page, body)


def complete(*words):
    """What bash offers for the last word."""
    script = ". /usr/share/bash-completion/bash_completion; . packaging/completion/timeguard; COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); " \
             "COMP_LINE=\"$*\"; COMP_POINT=${#COMP_LINE}; _$1; printf '%s\\n' \"${COMPREPLY[@]}\""
    return set(output("bash", "-c", script, "bash", *words, cwd=ROOT).split())


@test
def bash_completes_what_the_commands_take(build):
    help_text = output(os.path.join(build, "timeguard"), "--help")
    commands = {command.split()[0] for command in re.findall(r"^  timeguard ([a-z].*)", help_text, re.M)}
    require_equal(complete("timeguard", ""), commands | {"--help", "--version"}, "commands")
    for synopsis in re.findall(r"^  timeguard ([a-z].*)", help_text, re.M):
        words = [word for word in re.match(r"[a-z -]*", synopsis).group(0).split() if not word.startswith("-")]
        for option in re.findall(r"--[a-z]+", synopsis):
            require_equal(complete("timeguard", *words, option[:4]) & {option}, {option}, synopsis)
    require_equal(complete("timeguard", "gate", ""), {"hold", "release", "test", "--socket"}, "gate")
    for option in re.findall(r"^  (--[a-z-]+)", output(os.path.join(build, "timeguardd"), "--help"), re.M):
        require(option in complete("timeguardd", "--"), option)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True)
    parser.add_argument("-k", default="")
    arguments = parser.parse_args()
    sys.exit(run_tests(os.path.abspath(arguments.build), names=[arguments.k]))
