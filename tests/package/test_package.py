#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What is shipped beside the programs: the unit file, the sample configuration, the tables of the README, and the README's commands.
Usage: test_package.py --build DIRECTORY [-k PATTERN]"""

import argparse
import glob
import os
import re
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tests"))

from suite import Skip, run_tests, test  # noqa: E402 # after the search path

README = open(os.path.join(ROOT, "README.md"), encoding="utf-8").read()


def run(*argv, **options):
    return subprocess.run(argv, capture_output=True, text=True, timeout=600, cwd=ROOT, **options)


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.S | re.M)


def commands():
    return [line for block in blocks("sh") for line in block.splitlines() if line.strip()]


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return file.read()


def table_of_options(build):
    text = run(os.path.join(build, "timeguardd"), "--help").stdout
    return dict(re.findall(r"^  ([a-z_.]+) .*\(default ([^;]+);", text, re.M))


@test
def the_unit_file_is_sound(build):
    with tempfile.TemporaryDirectory() as directory:
        unit = re.sub(r"^ExecStart=\S+", f'ExecStart="{build}/timeguardd"', read("packaging/systemd/timeguard.service"), flags=re.M)
        path = os.path.join(directory, "timeguard.service")
        with open(path, "w", encoding="utf-8") as file:
            file.write(unit)
        result = run("systemd-analyze", "verify", "--man=no", path)
        complaints = [line for line in result.stderr.splitlines() if "timeguard.service" in line]
        assert not complaints, complaints
    for word in ("Type=notify", "WatchdogSec=", "CapabilityBoundingSet=\n", "After=corosync.service chrony.service"):
        assert word in unit, word
    for word in ("Requires=", "BindsTo=", "Wants="):
        assert word not in unit, f"{word}: what others have stopped would be started"


# What systemd-analyze of Debian 12 says of each unit, from 0 (tight) to 10 (none): a change that opens a sandbox further is to be seen. Of the
# agent's, 0.5 are for the network namespace that corosync's sockets live in, 0.5 for time sources at any address, 0.4 for root, whom corosync wants.
SCORES = {"timeguard.service": 1.4, "timeguard-gate@.service": 1.3, "timeguard-step@.service": 1.2, "timeguard-wait.service": 0.5}


@test
def no_sandbox_is_opened_unnoticed(build):
    assert set(SCORES) == {os.path.basename(path) for path in glob.glob(os.path.join(ROOT, "packaging/systemd/*.service"))}, "a unit without a score"
    for name, wanted in SCORES.items():
        text = run("systemd-analyze", "security", "--offline=true", os.path.join(ROOT, "packaging/systemd", name)).stdout
        score = float(re.search(r"exposure level for \S+: ([0-9.]+)", text).group(1))
        assert score <= wanted, f"{name}: {score}, was {wanted}"
    return str(SCORES)


@test
def what_is_kept_of_the_gate_is_told_without_an_agent(build):
    """... closed: tests/package/test_life.py."""
    with tempfile.TemporaryDirectory() as directory:
        def ask():
            return run(os.path.join(build, "timeguardd"), "--check-gate", env={**os.environ, "STATE_DIRECTORY": directory})
        result = ask()
        assert (result.returncode, result.stdout) == (0, "timeguard has not closed the gate\n"), result
        with open(os.path.join(directory, "gate"), "wb") as file:
            file.write(bytes(range(80)))
        result = ask()
        assert result.returncode == 1 and not result.stdout and "cannot be read" in result.stderr, result


@test
def the_units_beside_it_are_sound(build):
    with tempfile.TemporaryDirectory() as directory:
        for name, program in (("timeguard-wait.service", "/usr/bin/timeguard"), ("timeguard-step@.service", None), ("timeguard-gate@.service", "/usr/libexec/timeguard-gate")):
            text = read(f"packaging/systemd/{name}")
            if program:
                assert f"ExecStart=-{program} " in text or f"ExecStart={program} " in text, name
                text = text.replace(program, os.path.join(build, os.path.basename(program)))
            path = os.path.join(directory, name.replace("@", "@1"))
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
            result = run("systemd-analyze", "verify", "--man=no", path)
            complaints = [line for line in result.stderr.splitlines() if "timeguard-" in line and "chronyc" not in line and "Wants=" not in line]
            assert not complaints, complaints
    wait = read("packaging/systemd/timeguard-wait.service")
    assert "Before=pve-ha-lrm.service pve-ha-crm.service pacemaker.service" in wait and "ExecStart=-" in wait
    step = read("packaging/systemd/timeguard-step@.service")
    assert "AssertPathExists=!/run/watchdog-mux.active" in step
    assert step.index("test ! -e /run/watchdog-mux.active") < step.index("chronyc -n makestep")


@test
def the_bus_policy_is_for_root(build):
    import xml.etree.ElementTree as tree
    policies = {tuple(p.attrib.items())[0]: [(rule.tag, dict(rule.attrib)) for rule in p] for p in tree.fromstring(read("packaging/dbus/org.timeguard1.conf"))}
    assert policies["user", "root"] == [("allow", {"own": "org.timeguard1"}), ("allow", {"send_destination": "org.timeguard1"})], policies
    everybody = policies["context", "default"]
    assert everybody[0] == ("deny", {"send_destination": "org.timeguard1"}), everybody
    assert {rule["send_interface"].rsplit(".", 1)[1] for tag, rule in everybody[1:] if tag == "allow"} == {"Introspectable", "Peer", "Properties"}, everybody


@test
def the_sample_configuration_names_every_option_and_its_default(build):
    text = read("packaging/timeguard.conf")
    section, seen = "", {}
    for line in text.splitlines():
        if match := re.match(r"\[(\w+)\]$", line):
            section = match.group(1) + "."
        elif match := re.match(r"#(\w+) = (.*)$", line):
            seen[section + match.group(1)] = match.group(2)
    options = table_of_options(build)
    assert len(options) >= 12, options
    assert set(seen) == set(options), set(seen) ^ set(options)
    for name, default in options.items():
        if default != "none":
            assert seen[name] == default, (name, seen[name], default)


@test
def the_sample_configuration_is_good_and_so_is_the_readmes(build):
    for text in (read("packaging/timeguard.conf"), re.sub(r"^#(?=\w+ = )|^#(?= {4,})", "", read("packaging/timeguard.conf"), flags=re.M), blocks("ini")[0]):
        with tempfile.NamedTemporaryFile("w", suffix=".conf") as file:
            file.write(text)
            file.flush()
            result = run(os.path.join(build, "timeguardd"), "--config", file.name, "--check-config")
            assert result.returncode == 0, result.stderr


@test
def the_readme_lists_every_option_with_its_default(build):
    section = README[README.index("## Configuring"):README.index("## What the alerts mean")]
    rows = dict(re.findall(r"^\| `([a-z_.]+)`(?: \*)? \| (.*?) \|", section, re.M))
    options = table_of_options(build)
    assert rows.keys() == options.keys() and len(rows) >= 12, rows.keys() ^ options.keys()
    for name, default in options.items():
        assert default == "none" or default in rows[name], (name, default, rows[name])


@test
def the_readme_lists_every_alert_and_no_other(build):
    names = set(re.findall(r'"([a-z-]+)", (?:CLUSTER|NODE),', read("lib/alert_table.c")))
    assert len(names) == 35, len(names)
    section = README[README.index("## What the alerts mean"):README.index("## Working on it")]
    assert set(re.findall(r"^\| `([a-z-]+)` \|", section, re.M)) == names


@test
def the_readme_lists_every_verdict_and_state(build):
    text = read("lib/words.c")
    verdicts, states = (re.findall(r'"([a-z-]+)"', re.search(rf"{table}\[\] = {{(.*?)}};", text, re.S).group(1))
                        for table in ("cluster_texts", "state_texts"))
    assert len(verdicts) == 5 and len(states) == 9, (verdicts, states)
    section = README[README.index("## What it says"):README.index("### How sure it is")]
    tables = [re.findall(r"^\| `([a-z-]+)` \|", table, re.M) for table in section.split("| state of a node |")]
    assert [sorted(names) for names in tables] == [sorted(verdicts), sorted(states)], tables


@test
def what_the_readme_says_of_security_is_shown_by_tests(build):
    """Each path that it names is there, and each test in the file that was named last."""
    section = README[README.index("## Security"):README.index("## Working on it")]
    names = re.findall(r"`(tests/[\w./-]+|(?:[a-z]+_){2,}[a-z]+)`", section)
    assert len(names) >= 40, names
    path = None
    for name in names:
        if "/" in name:
            path = name
            assert os.path.exists(os.path.join(ROOT, path)), path
        else:
            assert f"def {name}(" in read(path), f"{path} has no {name}"
    scores = dict(re.findall(r"^\| `([a-z@-]+\.service)` \| ([0-9.]+) \|", section, re.M))
    assert {name: float(score) for name, score in scores.items()} == SCORES, scores


# Commands of the README that this program does not run itself, and where they are run.
ELSEWHERE = {
    "packaging/try": "the_try_command_works",
    "tests/run": "this very run",
    "apt-get install -y gcc ": "tests/cluster/packages.sh installs the same packages",
    "apt-get install -y ./timeguard_*.deb": "tests/vm",
    "systemctl": "needs a booted systemd; the unit file is checked above",
    "journalctl -x": "needs a journal; the catalogs have a test of their own",
    "journalctl --update-catalog": "the_readmes_installation_works, in its own root",
    "timeguard status": "the_try_command_works",
    "timeguard explain n2": "the_try_command_works",
    "timeguard gate test": "tests/gate/test_control.py",
    "timeguard gate hold --for 2h": "tests/cluster/test_gate_cli.py",
    "timeguard gate release": "tests/cluster/test_gate_cli.py",
    "timeguard gate": "tests/cluster/test_gate_cli.py",
    "timeguard wait --timeout 120s": "tests/cluster/test_gate_cli.py, and tests/gate/test_control.py",
    "timeguard safe-step": "tests/gate/test_safe_step.py",
}


@test
def every_command_of_the_readme_is_run(build):
    mine = ("cmake ", "timeguardd --check-config")
    found = commands()
    assert len(found) >= 12, found
    for line in found:
        assert line.startswith(mine) or any(line.startswith(word) for word in ELSEWHERE), f"no test runs: {line}"


@test
def the_readmes_packages_are_those_that_are_installed(build):
    line = next(line for line in commands() if line.startswith("apt-get install -y gcc "))
    wanted = set(line.split()[3:])
    installed = set(re.search(r'TG_BUILD_PACKAGES="(.*?)"', read("tests/cluster/packages.sh"), re.S).group(1).split())
    assert wanted <= installed, wanted - installed
    # without those of the tests, and those that come with others
    assert installed - wanted == {"libcmocka-dev", "libc6-dev", "libcorosync-common-dev"}, installed - wanted


@test
def the_readmes_installation_works(build):
    with tempfile.TemporaryDirectory() as directory:
        tree = os.path.join(directory, "tree")
        os.makedirs(tree)
        subprocess.run(f"git ls-files -z | xargs -0 cp --parents -t {tree}", shell=True, check=True, cwd=ROOT, timeout=60)
        root = os.path.join(directory, "root")
        for line in (line for line in commands() if line.startswith("cmake ")):
            result = subprocess.run(line, shell=True, cwd=tree, capture_output=True, text=True, timeout=600, env={**os.environ, "DESTDIR": root})
            assert result.returncode == 0, f"{line}: {result.stdout[-2000:]}{result.stderr[-2000:]}"
        for path in ("usr/sbin/timeguardd", "usr/bin/timeguard", "usr/lib/systemd/system/timeguard.service", "etc/timeguard/timeguard.conf",
                     "usr/lib/systemd/system/timeguard-gate@.service", "usr/lib/systemd/system/timeguard-wait.service",
                     "usr/lib/systemd/system/timeguard-step@.service", "usr/share/dbus-1/system.d/org.timeguard1.conf", "usr/libexec/timeguard-gate",
                     "usr/lib/systemd/catalog/timeguard.catalog", "usr/lib/systemd/catalog/timeguard.fr.catalog", "usr/share/timeguard/status.schema.json"):
            assert os.path.exists(os.path.join(root, path)), path
        assert not os.path.exists(os.path.join(tree, ".build/release/tests")), "it builds tests, for which the README installs no packages"
        with open(os.path.join(root, "usr/lib/systemd/system/timeguard.service"), encoding="utf-8") as unit:
            assert re.search(r"^ExecStart=(\S+)$", unit.read(), re.M).group(1) == "/usr/sbin/timeguardd"
        result = run(os.path.join(root, "usr/sbin/timeguardd"), "--config", os.path.join(root, "etc/timeguard/timeguard.conf"), "--check-config")
        assert result.returncode == 0, result.stderr
        help_text = run(os.path.join(root, "usr/sbin/timeguardd"), "--help").stdout
        assert "(default /etc/timeguard/timeguard.conf)" in help_text, help_text
        assert run("journalctl", f"--root={root}", "--update-catalog").returncode == 0
        with open(os.path.join(root, "etc/timeguard/timeguard.conf"), "w", encoding="utf-8") as file:
            file.write("# an administrator's\n")
        line = [line for line in commands() if line.startswith("cmake --install")][0]
        subprocess.run(line, shell=True, cwd=tree, capture_output=True, check=True, timeout=60, env={**os.environ, "DESTDIR": root})
        with open(os.path.join(root, "etc/timeguard/timeguard.conf"), encoding="utf-8") as file:
            assert file.read() == "# an administrator's\n", "installing anew took the administrator's configuration away"


@test
def the_try_command_works(build):
    if os.geteuid() != 0:
        raise Skip("it needs root")
    with subprocess.Popen(["packaging/try", "--once"], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            out, err = process.communicate(timeout=600)
        except subprocess.TimeoutExpired:
            process.terminate()  # it takes down what it made
            raise
    assert process.returncode == 0, out[-2000:] + err[-2000:]
    for word in ("AGREED", "Quorum:", "Budget:", "n1", "n2", "n3"):
        assert word in out, (word, out)
    # what it makes bears its process id
    spaces = re.findall(rf"^tg{process.pid}-\S+", run("ip", "netns", "list").stdout, re.M)
    directories = glob.glob(os.path.join(tempfile.gettempdir(), f"timeguard-lab-{process.pid}-*"))
    assert not spaces and not directories, (spaces, directories)


@test
def the_catalogs_fit_the_table(build):
    result = run("/usr/bin/python3", "-B", "tests/unit/test_catalog.py")
    assert result.returncode == 0, result.stdout + result.stderr


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True)
    parser.add_argument("-k", default="")
    arguments = parser.parse_args()
    return run_tests(os.path.abspath(arguments.build), names=[arguments.k])


if __name__ == "__main__":
    sys.exit(main())
