#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Tests of the timeguard command against sample documents on a Unix socket of its own. usage: test_cli.py PATH_OF_TIMEGUARD [NAME...]

Each test is one function; a name given runs only the tests that hold it. Nothing here needs an agent, a cluster or root."""

import contextlib
import copy
import fcntl
import json
import os
import pty
import re
import select
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import time
import unicodedata
from pathlib import Path

import documents

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from suite import Skip, run_tests, test  # noqa: E402 # after the search path

CLI = ""
EXIT = {"agreed": 0, "beyond": 2, "no-cluster": 3, "sixteen": 1, "hostile": 2, "split": 2, "closed": 2, "held": 0}
WIDTHS = range(40, 201)


# -- the other end of the socket ---------------------------------------------------------------------------------------------

@contextlib.contextmanager
def served(answer):
    """Yields the path of a socket where answer(connection) is called for each connection; bytes are sent, then it closes."""
    if isinstance(answer, dict):
        answer = documents.encode(answer)
    if isinstance(answer, bytes):
        data, answer = answer, lambda connection: connection.sendall(data)
    with tempfile.TemporaryDirectory() as directory, socket.socket(socket.AF_UNIX) as listener:
        path = f"{directory}/status.sock"
        listener.bind(path)
        listener.listen(8)
        over = threading.Event()

        def accept():
            while not over.is_set():
                try:
                    connection = listener.accept()[0]
                except OSError:
                    return
                with connection, contextlib.suppress(OSError):
                    answer(connection)

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        try:
            yield path
        finally:
            over.set()
            listener.shutdown(socket.SHUT_RDWR)
            thread.join(10)


def environment(**changes):
    env = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "TZ": "UTC", "TERM": "xterm"}
    env.update({k: str(v) for k, v in changes.items()})
    for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS"):
        if name in os.environ:
            env[name] = os.environ[name]
    return env


def run(*arguments, timeout=20, **env):
    return subprocess.run([CLI, *arguments], env=environment(**env), capture_output=True, timeout=timeout, stdin=subprocess.DEVNULL)


def ask(document, command="status", *arguments, **env):
    with served(document) as path:
        return run(*command.split(), *arguments, "--socket", path, **env)


def set_size(fd, rows, columns):
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


@contextlib.contextmanager
def terminal(arguments, rows=60, columns=100, **env):
    """Yields (process, master, slave) of the command on a terminal of its own."""
    master, slave = pty.openpty()
    set_size(slave, rows, columns)
    process = subprocess.Popen([CLI, *arguments], env=environment(**env), stdin=slave, stdout=slave, stderr=slave, start_new_session=True)
    try:
        yield process, master, slave
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        os.close(master)
        os.close(slave)


def read_until(fd, done, timeout=10):
    """Bytes of a terminal or pipe until done(bytes) is true."""
    data, deadline = b"", time.monotonic() + timeout
    while not done(data):
        left = deadline - time.monotonic()
        assert left > 0, f"in {timeout} s it showed only {data!r}"
        if select.select([fd], [], [], min(left, 0.05))[0]:
            part = os.read(fd, 65536)
            assert part, f"it ended after {data!r}"
            data += part
    return data


def drain(master):
    data = b""
    while select.select([master], [], [], 0)[0]:
        data += os.read(master, 65536)
    return data


def on_terminal(document, *arguments, **env):
    with served(document) as path, terminal([*arguments, "--socket", path], **env) as (process, master, _):
        data = read_until(master, lambda _: process.poll() is not None)
        return process.returncode, data + drain(master)


# -- what a screen may hold --------------------------------------------------------------------------------------------------

def width(line):
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line)


def unsafe(text):
    return [c for c in text if c != "\n" and unicodedata.category(c) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")]


def check_screen(text, columns, what):
    assert not unsafe(text), f"{what}: control characters {unsafe(text)[:5]!r}"
    for line in text.split("\n"):
        assert width(line) <= columns, f"{what}: {width(line)} columns at width {columns}: {line!r}"
        assert line == line.rstrip(), f"{what}: blanks at the end of {line!r}"


def label(text, name):
    """What stands after 'Name:' in an unwrapped screen."""
    found = re.search(rf"^{name}: +(.*)$", text, re.M)
    assert found, f"no line '{name}:' in\n{text}"
    return found[1]


def row(text, node):
    found = re.search(rf"^[ *]{node} .*$", text, re.M)
    assert found, f"no row of {node} in\n{text}"
    return re.split(r"  +", found[0].lstrip(" *"))


# -- the documents themselves ------------------------------------------------------------------------------------------------

@test
def samples_satisfy_the_schema():
    import jsonschema
    schema = json.loads((ROOT / "packaging/status.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    for name, make in documents.SAMPLES.items():
        errors = list(validator.iter_errors(make()))
        assert bool(errors) == (name == "hostile"), f"{name}: {[e.message[:200] for e in errors[:3]]}"


@test
def schema_is_strict():
    import jsonschema
    validator = jsonschema.Draft202012Validator(json.loads((ROOT / "packaging/status.schema.json").read_text()))
    for path, parent, key in list(leaves(documents.beyond())):
        doc = documents.beyond()
        del reach(doc, parent)[key]
        assert not validator.is_valid(doc), f"a document without {path} is valid"
        doc = documents.beyond()
        reach(doc, parent)[key] = {"wrong": True}
        assert not validator.is_valid(doc), f"a document with an object for {path} is valid"
    for change in ({"verdict": "fine"}, {"since": "2026-11-21 23:56:02"}, {"votes": -1}, {"margin": 1.5}, {"fingerprint": "xyz"}):
        doc = documents.agreed()
        doc["cluster"].update(change)
        assert not validator.is_valid(doc), change
    doc = documents.agreed()
    doc["cluster"]["gate"] = "open"
    doc["later"] = {}
    assert validator.is_valid(doc), "the document cannot grow"
    doc["nodes"][0]["typo"] = 1
    assert not validator.is_valid(doc), "a node with an unknown key is valid"


# -- status ------------------------------------------------------------------------------------------------------------------

@test
def exit_code_follows_the_verdict():
    for name, make in documents.SAMPLES.items():
        result = ask(make())
        assert result.returncode == EXIT[name], f"{name}: {result.returncode}, {result.stderr!r}"
        assert result.stderr == b"", result.stderr
    for verdict, code in (("agreed", 0), ("at-risk", 1), ("breached", 2), ("split", 2), ("unproven", 3)):
        doc = documents.agreed()
        doc["cluster"]["verdict"] = verdict
        for command in ("status", "status --json", "explain n1"):
            assert ask(doc, command).returncode == code, (verdict, command)


@test
def leads_with_verdict_reason_since_and_remedy():
    lines = ask(documents.beyond()).stdout.decode().split("\n")
    assert lines[0] == "BREACHED: clocks of this cluster differ by more than the budget", lines[0]
    assert lines[1].startswith("Why:     n3 is proven 99.1"), lines[1]
    assert lines[2] == "Since:   2026-11-21 23:52:50 UTC, for 3 min", lines[2]
    assert lines[3].startswith("Remedy:  On n3 run 'chronyc tracking'"), lines[3]
    assert b"Remedy:" not in ask(documents.agreed()).stdout


@test
def instants_are_local_time():
    text = ask(documents.agreed(), TZ="<+0130>-1:30").stdout.decode()
    assert label(text, "Since") == "2026-11-22 01:22:50 +0130, for 3 min", label(text, "Since")


@test
def quorum_and_margin():
    doc = documents.agreed()
    assert label(ask(doc).stdout.decode(), "Quorum") == "quorate: 3 of 3 votes, 2 needed, margin 1"
    doc["cluster"].update(margin=3, margin_without_qdevice=1, quorum_flags=["two_node", "made_up"])
    text = label(ask(doc).stdout.decode(), "Quorum")
    assert "margin 3 (without qdevice 1)" in text and "two_node (one node of two is enough)" in text and text.endswith("made_up"), text
    doc["cluster"].update(margin=0, margin_without_qdevice=0)
    assert "one more lost vote ends quorum" in label(ask(doc).stdout.decode(), "Quorum")
    doc["cluster"].update(quorate=False, votes=1, margin=-1, margin_without_qdevice=-1)
    assert label(ask(doc).stdout.decode(), "Quorum").startswith("NOT QUORATE: 1 of 3 votes, 2 needed, 1 missing")
    doc["cluster"].update(provider=False)
    assert "without a quorum provider" in label(ask(doc).stdout.decode(), "Quorum")
    doc["cluster"].update(connected=False)
    assert label(ask(doc).stdout.decode(), "Quorum") == "unknown: not connected to corosync"


@test
def what_is_not_known_is_not_claimed():
    doc = documents.agreed()
    doc["cluster"].update(absent=["n4"])
    assert ask(doc).stdout.startswith(b"AGREED: all nodes of this partition tell the same time\n")
    doc["agent"].update(own_unheard=7)
    assert label(ask(doc).stdout.decode(), "Quorum").startswith("before corosync fell silent: quorate: 3 of 3 votes")
    doc = documents.no_cluster()
    doc["nodes"][0].update(agent=False, chrony=documents.chrony())
    assert label(ask(doc).stdout.decode(), "Source") == "none is known at present"
    doc["agent"].update(node_id=0)
    assert "seen from this node" in label(ask(doc).stdout.decode(), "Cluster")
    text = ask(doc, "explain n1").stdout.decode()
    assert label(text, "Member").startswith("unknown, as corosync is not reachable, 1 vote"), text
    assert "none: this is what it said before its reports ended" in text, text


@test
def source_budget_and_worst_pair():
    text = ask(documents.beyond()).stdout.decode()
    assert label(text, "Source") == "10.0.0.254, stratum 3"
    assert label(text, "Budget") == "50 ms; smallest provable at present: 813 us"
    assert label(text, "Worst") == "n3 from n1: +100 ms, certainly +99.19..+100.81 ms", label(text, "Worst")
    text = ask(documents.sixteen()).stdout.decode()
    assert label(text, "Source").startswith("no common source: 10.0.0.254 (n1, n2, ") and "192.0.2.1 (n16)" in label(text, "Source")
    assert label(text, "Absent") == "n17, n18 (configured, but not in this partition)"


@test
def alerts_one_line_each_with_since():
    text = ask(documents.beyond()).stdout.decode()
    assert label(text, "Alerts") == "2"
    assert "critical   node-beyond n3, since 2026-11-21 23:52:50 UTC, for 3 min: n3 is proven 99.2 to 100.8 ms ahead\n" in text, text
    assert "error      node-claim-contradicted n2, since " in text
    assert "and 3 more, in the journal" in ask(documents.sixteen()).stdout.decode()
    assert label(ask(documents.agreed()).stdout.decode(), "Alerts") == "none"


@test
def one_row_a_node():
    text = ask(documents.beyond()).stdout.decode()
    header = next(line for line in text.split("\n") if line.startswith(" NODE"))
    assert header.split() == "NODE STATE SOURCE STRATUM OFFSET BOUND RATE REACH AGE FORECAST".split(), header
    assert row(text, "n1") == ["n1", "ok", "10.0.0.254", "4", "reference", "-", "+0.012 ppm", "377", "0.4 s", "-"], row(text, "n1")
    assert row(text, "n2") == ["n2", "drifting", "10.0.0.254", "4", "+12.3 us", "-798..+823 us", "-1.500 ppm", "377", "0.4 s", "9 h 15 min"]
    assert row(text, "n3")[4:6] == ["+100 ms", "+99.19..+100.81 ms"], row(text, "n3")
    assert re.search(r"^\*n2 ", text, re.M) and not re.search(r"^\*n[13] ", text, re.M), "only the node asked is marked"
    assert row(ask(documents.sixteen()).stdout.decode(), "n15") == ["n15", "mute"] + ["-"] * 8
    assert "Evidence: timeguard explain n3" in text


@test
def quantities_are_rounded_to_the_safe_side():
    doc = documents.agreed()
    member = doc["nodes"][1]
    for low, high, shown in ((-1, 1, "-1..+1 ns"), (0, 0, "0..0 ns"), (1_234_567, 1_234_568, "+1.234567..+1.234568 ms"),
                             (-99_999, 100_001, "-100..+101 us"), (4_999_500_000, 5_000_500_000, "+4.99950..+5.00050 s"),
                             (-2_000_000_001, -1_999_000_000, "-2.00001..-1.99900 s"), (999_999, 2_345_678, "+0.99..+2.35 ms")):
        member.update(bound_low_ns=low, bound_high_ns=high)
        got = row(ask(doc).stdout.decode(), "n2")[5]
        assert got == shown, f"{low}..{high}: {got}, not {shown}"
        numbers = re.match(r"([-+]?[\d.]+)\.\.([-+]?[\d.]+) (\w+)", got)
        unit = {"ns": 1, "us": 1e3, "ms": 1e6, "s": 1e9}[numbers[3]]
        assert float(numbers[1]) * unit <= low + 0.5 and float(numbers[2]) * unit >= high - 0.5, got
    for offset, shown in ((0, "0 ns"), (-999, "-999 ns"), (1_000, "+1.00 us"), (-45_049, "-45.0 us"), (-45_051, "-45.1 us"), (99_987_654, "+100 ms"), (9_996_000, "+10.0 ms"), (999_700, "+1000 us"),
                          (2_000_000_000, "+2.00 s"), (86_400_000_000_000, "+86400 s")):
        member.update(offset_ns=offset)
        assert row(ask(doc).stdout.decode(), "n2")[4] == shown, (offset, row(ask(doc).stdout.decode(), "n2")[4])
    for budget, shown in ((1_000_000_000, "1 s"), (50_000_000, "50 ms"), (5_500_000, "5.5 ms"), (100, "100 ns")):
        doc["cluster"]["budget_ns"] = budget
        assert label(ask(doc).stdout.decode(), "Budget").startswith(shown + ";"), budget


@test
def durations():
    doc = documents.agreed()
    for age_ms, shown in ((0, "0.0 s"), (9_990, "9.9 s"), (10_000, "10 s"), (119_999, "119 s"), (120_000, "2 min"),
                          (7_200_000, "2 h 0 min"), (172_800_000, "2 d 0 h"), (63_072_000_000, "2 years"), (-5, "0.0 s")):
        doc["nodes"][1]["report_age_ms"] = age_ms
        assert row(ask(doc).stdout.decode(), "n2")[8] == shown, (age_ms, row(ask(doc).stdout.decode(), "n2")[8])


# -- widths, colours, characters ---------------------------------------------------------------------------------------------

@test
def no_line_is_longer_than_the_width():
    for name, make in documents.SAMPLES.items():
        with served(make()) as path:
            for columns in WIDTHS if name != "hostile" else range(40, 201, 7):
                for command in ("status",) if columns % 8 else ("status", "explain 1"):
                    text = run(*command.split(), "--socket", path, COLUMNS=columns).stdout.decode()
                    assert text, (name, columns, command)
                    check_screen(text, columns, f"{name} {command}")


@test
def narrow_screens_drop_columns_not_nodes():
    with served(documents.beyond()) as path:
        def header(columns):
            text = run("status", "--socket", path, COLUMNS=columns).stdout.decode()
            assert all(row(text, n) for n in ("n1", "n2", "n3"))
            return next(line.split() for line in text.split("\n") if line.startswith(" NODE"))
        assert header(40) == ["NODE", "STATE", "OFFSET"], header(40)
        before = header(40)
        for columns in WIDTHS:
            now = header(columns)
            assert set(before) <= set(now), f"at {columns} {set(before) - set(now)} went although there is more room"
            before = now
        assert len(before) == 10, before


@test
def without_a_terminal_nothing_wraps():
    doc = documents.beyond()
    doc["cluster"]["reason"] = "word " * 100 + "end"
    text = ask(doc).stdout.decode()
    assert label(text, "Why").endswith("word end"), "a pipe must get one fact a line"
    assert len(row(text, "n1")) == 10


@test
def width_comes_from_the_terminal():
    for columns in (40, 77, 132):
        _, data = on_terminal(documents.beyond(), "status", columns=columns, NO_COLOR=1)
        text = data.decode().replace("\r\n", "\n")
        check_screen(text, columns, f"terminal of {columns}")
        assert max(map(width, text.split("\n"))) > columns * 0.7, f"a terminal of {columns} is not used"
    _, data = on_terminal(documents.beyond(), "status", columns=132, NO_COLOR=1, COLUMNS=50)
    check_screen(data.decode().replace("\r\n", "\n"), 50, "COLUMNS=50 on a terminal of 132")


@test
def colours_on_a_terminal_only():
    doc = documents.beyond()
    code, data = on_terminal(doc, "status")
    assert code == 2 and b"\x1b[1;31mBREACHED:\x1b[0m" in data, data[:80]
    assert re.search(rb"\x1b\[1;31mbeyond", data), "the state of a node beyond is red"
    text = re.sub(rb"\x1b\[[0-9;]*m", b"", data).decode().replace("\r\n", "\n")
    check_screen(text, 100, "terminal")
    assert data.count(b"\x1b[0m") + data.count(b"\x1b[m") >= len(re.findall(rb"\x1b\[1", data)), "a colour is left on"
    for change in ({"NO_COLOR": "1"}, {"TERM": "dumb"}, {"TERM": ""}):
        assert b"\x1b" not in on_terminal(doc, "status", **change)[1], change
    assert b"\x1b" in on_terminal(doc, "status", NO_COLOR="")[1], "an empty NO_COLOR is none"
    for command in ("status", "explain n3", "status --json"):
        assert b"\x1b" not in ask(doc, command).stdout, command


@test
def no_control_character_reaches_the_output():
    for command in ("status", "explain 2", "explain 3"):
        for locale in ("C.UTF-8", "C"):
            result = ask(documents.hostile(), command, LC_ALL=locale)
            text = (result.stdout + result.stderr).decode()
            assert not unsafe(text), (command, unsafe(text))
            assert "owned" in text and ("日本語" in text) == (locale == "C.UTF-8"), (command, locale)
    result = ask(documents.hostile(), "explain nobody")
    assert not unsafe(result.stderr.decode()) and result.returncode == 64, result
    result = ask(documents.agreed(), "explain", "a\x1b[2Jb\u009bc")
    assert not unsafe(result.stderr.decode()), result.stderr
    data = on_terminal(documents.hostile(), "status")[1]
    text = re.sub(r"\x1b\[(0|1;3[123]|1)?m", "", data.decode()).replace("\r\n", "\n")
    assert not unsafe(text), unsafe(text)


@test
def signs_follow_the_locale():
    doc = documents.agreed()
    assert "= ±348 us" in ask(doc, "explain n1").stdout.decode()
    text = ask(doc, "explain n1", LC_ALL="C").stdout
    assert b"= +-348 us" in text and all(b < 128 for b in text)


# -- --json ------------------------------------------------------------------------------------------------------------------

@test
def json_is_passed_on_as_received():
    for name, make in documents.SAMPLES.items():
        sent = json.dumps(make(), indent=3, ensure_ascii=False).encode() + b"\n"
        result = ask(sent, "status --json")
        assert result.stdout == sent and result.returncode == EXIT[name], name


@test
def json_on_a_terminal_is_the_same_document_without_controls():
    doc = documents.hostile()
    doc["cluster"]["name"] = "\u009b31m\u202e\U000e0041"
    code, data = on_terminal(doc, "status", "--json")
    text = data.decode().replace("\r\n", "\n")
    assert code == 2 and not unsafe(text), unsafe(text)
    assert json.loads(text) == doc


@test
def json_that_is_none_is_not_passed_on():
    for sent in (b"", b"hello\n", b"{", b'{"a":1} x', b"\xff\xfe", b'{"a":"\x1b[2J"}', b"\0", b"[1,2", b'{"a":"\n"}', b'{"a":NaN}', b'{"a":Infinity}', b"{'a':1}"):
        result = ask(sent, "status --json")
        assert result.returncode == 3 and result.stdout == b"" and len(result.stderr.splitlines()) == 1, (sent, result)


@test
def json_of_another_format_is_passed_on_with_a_word():
    doc = documents.agreed()
    doc["format"] = 2
    result = ask(doc, "status --json")
    assert result.returncode == 3 and json.loads(result.stdout) == doc and b"format must be an integer from 1 to 1" in result.stderr, result


# -- explain -----------------------------------------------------------------------------------------------------------------

@test
def explain_by_name_and_by_id():
    doc = documents.beyond()
    by_name, by_id = ask(doc, "explain n3"), ask(doc, "explain 3")
    assert by_name.stdout == by_id.stdout and by_name.returncode == 2
    text = by_name.stdout.decode()
    assert label(text, "Node") == "n3 (id 3)" and label(text, "State").startswith("beyond, since 2026-11-21 23:52:50 UTC")
    assert label(text, "Steps") == "1 since its agent started, the last of +100 ms"
    assert "node-beyond n3" in text and "node-claim-contradicted" in text and "remedy:" in text
    assert "the reference" in label(ask(doc, "explain n1").stdout.decode(), "Node")
    doc["alerts"][0]["other"] = doc["alerts"][1]["other"] = "n1"  # the reference of the one, at odds with the other
    text = ask(doc, "explain n1").stdout.decode()
    assert "node-claim-contradicted n2" in text and "node-beyond" not in text, text


@test
def explain_knows_its_nodes():
    result = ask(documents.agreed(), "explain n9")
    assert result.returncode == 64 and result.stderr == b"timeguard: no node is called 'n9'; known: n1, n2, n3\n", result
    for name in ("", "4", "1x", "99999999999999999999", "-1"):
        assert ask(documents.agreed(), "explain", "--", name).returncode == 64, name


@test
def explain_spells_the_claim():
    text = ask(documents.agreed(), "explain n1").stdout.decode()
    claim = re.search(r"claim: +\|correction\| \+ root delay / 2 \+ dispersion \+ 50 ppm x age = ([\d.]+) us \+ ([\d.]+) us \+ ([\d.]+) us \+ "
                      r"50 ppm x 0.3 s \(([\d.]+) us\) = ±([\d.]+) us", text)
    assert claim, text
    assert abs(sum(float(claim[i]) for i in range(1, 5)) - float(claim[5])) < 1, claim[0]
    text = ask(documents.no_cluster(), "explain n1").stdout.decode()
    assert "chronyd does not answer on UDP 323" in text, text


@test
def explain_adds_up():
    text = ask(documents.beyond(), "explain n3").stdout.decode()
    spans = re.findall(r"^ +(RAW - RAW|\+ c of the first|- c of the second|= offset): +([-+\d.]+) \.\. ([-+\d.]+) s$", text, re.M)
    assert [s[0] for s in spans] == ["RAW - RAW", "+ c of the first", "- c of the second", "= offset"] * 2, spans
    for raw, a, b, total in zip(*[iter(spans)] * 4):
        ns = [[int(x[i].replace(".", "")) for i in (1, 2)] for x in (raw, a, b, total)]
        assert ns[3] == [ns[0][0] + ns[1][0] - ns[2][1], ns[0][1] + ns[1][1] - ns[2][0]], (raw, a, b, total)
    assert "agent's own sum" not in text and "narrowed" not in text
    assert re.findall(r"^ +as of: +(.*)$", text, re.M) == ["+93783.580000010 s on RAW of n3"] * 2, text
    assert "rho 100 ppm x 1.4 s = 142 us (upper end, by n1), x 0.4 s = 42 us (lower end, by n3)" in text
    doc = documents.beyond()
    doc["pairs"][1]["low_ns"] += 2
    assert re.search(r"narrowed to: +-0\.100809998 \.\. -0\.099190000 s ", ask(doc, "explain n3").stdout.decode(), re.M)
    doc["pairs"][1]["low_ns"] -= 3
    assert re.search(r"agent's own sum: +-0\.100810001 \.\. -0\.099190000 s$", ask(doc, "explain n3").stdout.decode(), re.M)


@test
def explain_shows_every_source_and_the_forecast():
    doc = documents.beyond()
    doc["nodes"][1]["chrony"]["sources"].append(documents.chrony_source("10.0.0.253", state="+", reach=0, since_sample_s=None, poll=-1))
    text = ask(doc, "explain n2").stdout.decode()
    assert re.search(r"^  10\.0\.0\.253  10\.0\.0\.253  client  \+ +3  1/2 s +0   never$", text, re.M), text
    assert label(text, "Forecast") == "offset +12.3 us, moving at -1.500 ppm, crosses -50 ms in 9 h 15 min", label(text, "Forecast")


# -- the gate ----------------------------------------------------------------------------------------------------------------

def screen(doc, command="status"):
    return ask(doc, command).stdout.decode()


@test
def a_closed_gate_comes_first():
    doc = documents.closed()
    assert screen(doc).split("\n")[:2] == ["GATE CLOSED: no failover, as HA actions are blocked for the cluster",
                                           "BREACHED: clocks of this cluster differ by more than the budget"]
    doc["nodes"][1]["gate"]["flags"].append("fencing")
    doc["gate"]["target"] = "n3"
    assert screen(doc).startswith("GATE CLOSED: no failover, as HA actions are blocked for n3 (fencing still active)\n")
    for state, first in (("closing", "GATE CLOSING: HA actions are being blocked for n3"), ("opening", "GATE OPENING: "), ("held", "HA BLOCKED: "), ("open", "HA BLOCKED: ")):
        doc["gate"]["state"] = state
        assert screen(doc).startswith(first), (state, screen(doc)[:80])
    doc["gate"]["ha"]["state"] = "open"
    assert screen(doc).startswith("BREACHED:")
    doc["gate"]["ha"] = None
    assert screen(doc).startswith("BREACHED:")


@test
def an_open_gate_is_short():
    doc = documents.agreed()
    assert label(screen(doc), "Gate") == "open, observe, proxmox; 3 of 3 watchdogs armed"
    doc["nodes"][0]["gate"]["flags"].remove("armed")
    doc["nodes"][1]["agent"] = False
    assert label(screen(doc), "Gate") == "open, observe, proxmox; 1 of 2 watchdogs armed"
    for state, words in (("unused", "no HA is in use"), ("unknown", "the HA stack CANNOT BE READ")):
        doc["gate"]["ha"]["state"] = state
        assert label(screen(doc), "Gate").endswith(words), label(screen(doc), "Gate")
    assert label(screen(documents.no_cluster()), "Gate") == "open, observe, auto; the HA stack has not been read yet"


@test
def what_the_gate_waits_for():
    assert label(screen(documents.held()), "Gate").endswith("; held by an administrator on n2, for another 20 min")
    doc = documents.held()
    doc["gate"]["hold"] = documents.hold(left_s=None, taken=True)
    assert label(screen(doc), "Gate").endswith("; held as it was opened by hand, told by n2, until 'timeguard gate release'")
    doc = documents.closed()
    for change, words in (({"opens_in_s": 540}, "; opens in 9 min if all stays well"), ({"wants_word": True}, "; opens at 'timeguard gate release', once all is proven well"),
                          ({"wants_word": False, "opens_in_s": None}, "; does not open yet: n3 is +31.399 to +31.401 s from n1, beyond the gate limit of 5 s"),
                          ({"why": "", "why_not": "no proof of n2"}, "; does not open yet: no proof of n2"),
                          ({"failed": "no lock", "failures": 3}, "; FAILED 3 times: no lock"), ({"failed": "no disk", "failures": 0}, "; FAILED: no disk")):
        doc["gate"].update(change)
        assert label(screen(doc), "Gate").endswith(words), label(screen(doc), "Gate")
    doc = documents.agreed()
    doc["gate"].update(would_close=True)
    assert label(screen(doc), "Gate").endswith("; with 'mode = enforce' it would now run: ha-manager crm-command disarm-ha freeze")
    doc["gate"].update(scope="node", target="n3", would_run=None)
    assert label(screen(doc), "Gate").endswith("; with 'mode = enforce' n3 would now act on itself")
    doc["gate"].update(would_close=False, blocked="this node has just booted")
    assert label(screen(doc), "Gate").endswith("; does not close in spite of a danger: this node has just booted")


@test
def offsets_beyond_a_threshold_say_what_they_mean():
    """Only what is proven counts: 49.9 s and a wide bound beyond 50 s are no 50 s."""
    def means(low, high):
        doc = documents.agreed()
        doc["pairs"][1].update(low_ns=low, high_ns=high)
        found = re.search(r"^Means: +(.*)$", screen(doc), re.M)
        return found[1].count("; ") + 1 - found[1].count("reset; ") if found else 0
    s = 1_000_000_000
    assert means(-49_000_000, 49_000_000) == 0 and means(49_000_000, 900 * s) == 0 and means(-900 * s, 900 * s) == 0
    for offset, n in ((50_000_000, 1), (2 * s, 2), (5 * s, 3), (20 * s, 4), (50 * s, 5), (120 * s, 6), (300 * s, 7), (10 ** 6 * s, 7)):
        assert means(offset, offset + 7 * s) == n, (offset, means(offset, offset + 7 * s))
        assert means(-offset - 7 * s, -offset) == n, (-offset, means(-offset - 7 * s, -offset))
        assert means(offset - 1, offset + 900 * s) == n - 1 or offset > 300 * s, offset
    doc = documents.agreed()
    doc["pairs"][1].update(low_ns=60 * s, high_ns=61 * s)
    assert "from 50 s on set forward by that, a node whose HA watchdog is armed may be reset" in label(screen(doc), "Means")


@test
def explain_tells_a_dead_server_from_a_blocked_way():
    def said(*nodes):
        doc = documents.agreed()
        for member, change in zip(doc["nodes"], nodes):
            member.update(change)
        return re.search(r"^  source (.*)$", screen(doc, "explain n1"), re.M)[1]
    silent, lost = {"asked": [documents.unanswered()]}, {"chrony": documents.chrony(sources=[])}
    assert said() == ("10.0.0.254: its clock is certainly -412..+897 us from this node's, by its answer 12 s before the report; stratum 3, leap normal, "
                      "reference id C0000201, one steady clock for 5 min"), said()
    assert "gave no answer, but this node's chronyd reaches it: the server lives" in said(silent, silent)
    assert "nor does this node's chronyd reach it, but n2 does: the server lives, and UDP 123 is blocked between this node and it" in said({**silent, **lost})
    assert "and nobody reaches it: the server is dead, or UDP 123 is blocked for all" in said({**silent, **lost}, silent, silent)
    unreached = {"chrony": documents.chrony(sources=[documents.chrony_source(reach=0)])}
    assert "and nobody reaches it: the server is dead" in said({**silent, **unreached}, silent, {**silent, "agent": False})
    assert "and nobody reaches it: the server is dead" in said({**silent, **lost}, {"agent": False}, silent), "what a silent node said once proves nothing of now"
    refused = {"asked": [documents.unanswered("refused")]}
    assert "was refused by ICMP, and nobody reaches it: no NTP server runs there" in said({**refused, **lost}, silent, silent)
    assert "kiss-o'-death" in said({"asked": [documents.unanswered("kod")]}) and "; before that: its clock" in said({"asked": [documents.asked(state="kod")]})
    assert "not been asked" in said({"asked": [documents.unanswered("never")]}) and "no valid answer" in said({"asked": [documents.unanswered("bad")]})


@test
def explain_names_what_is_wrong_with_an_answer():
    def said(**change):
        doc = documents.agreed()
        doc["nodes"][0]["asked"] = [documents.asked(**change)]
        return re.search(r"^  source (.*)$", screen(doc, "explain n1"), re.M)[1]
    for low, high, beyond in ((4_999_999_999, 6 * 10**9, False), (5_000_000_001, 6 * 10**9, True), (-6 * 10**9, -5_000_000_001, True), (-6 * 10**9, 6 * 10**9, False)):
        assert ("beyond gate.step_limit" in said(low_ns=low, high_ns=high)) == beyond, (low, high)
    for change in ({"stratum": 0}, {"leap": 3}):
        assert "NOT synchronised" in said(**change), change
    for ref_id in ("7F7F0101", "4C4F434C"):
        assert "it serves its own clock" in said(ref_id=ref_id)
    doc = documents.agreed()
    doc["nodes"][0]["asked"] = []
    assert "Asked directly nothing yet, or nobody" in screen(doc, "explain n1")


@test
def gate_says_all_that_is_known():
    doc = documents.closed()
    doc["gate"].update(failed="no lock", failures=2, opens_in_s=None)
    doc["gate"]["records"].append(documents.record(scope="node", target="n3", stage="undone", owner="n3", whole=False))
    result = ask(doc, "gate")
    text = result.stdout.decode()
    assert result.returncode == 1 and result.stderr == b"" and text.startswith("GATE CLOSED: no failover, as HA actions are blocked for the cluster\n"), result
    for name, words in (("Danger", "n3 is +31.399 to +31.401 s from n1, beyond the gate limit of 5 s"), ("Since", "2026-11-21 23:52:50 UTC, for 3 min"),
                        ("Mode", "enforce: it closes and opens by itself"), ("Backend", "proxmox"), ("Would run", "ha-manager crm-command disarm-ha freeze"),
                        ("Failed", "2 times: no lock"), ("HA stack", "closed, 4.0 s ago: disarmed"), ("Watchdogs", "0 of 3 watchdogs armed"), ("Hold", "none"),
                        ("Opening", "does not open yet: n3 is +31.399 to +31.401 s from n1, beyond the gate limit of 5 s"),
                        ("Record", "verified, cluster; last written by n1, begun 2026-11-21 23:52:50 UTC, for 3 min; 01234567-89ab-cdef-0123-456789abcdef")):
        assert label(text, name) == words, (name, label(text, name))
    assert "undone, n3, each node by itself; last written by n3" in text
    assert row(text, "n1") == ["n1", "closed", "closed", "proxmox", "ready, whole, acts"] and row(text, "n2")[-1] == "ready, whole", text
    assert re.search(r"^\*n2 ", text, re.M), "the node asked is marked"


@test
def gate_exit_codes():
    for make, code in ((documents.agreed, 0), (documents.beyond, 0), (documents.held, 0), (documents.closed, 1), (documents.no_cluster, 0)):
        assert ask(make(), "gate").returncode == code, make
    for state, ha, code in (("closing", "open", 1), ("opening", "closed", 1), ("open", "closed", 1), ("held", "closing", 1), ("open", "opening", 0), ("open", "unknown", 0)):
        doc = documents.agreed()
        doc["gate"]["state"], doc["gate"]["ha"]["state"] = state, ha
        assert ask(doc, "gate").returncode == code, (state, ha)
    complaint(run("gate", "--socket", "/nonexistent/socket"), "cannot reach timeguardd")


@test
def gate_of_an_open_gate():
    text = screen(documents.agreed(), "gate")
    assert text.startswith("GATE OPEN: timeguard blocks no HA action\nDanger:     none is proven\n") and label(text, "Mode") == "observe: it only tells what it would do", text
    text = screen(documents.held(), "gate")
    assert text.startswith("GATE HELD: ") and label(text, "Hold") == "held by an administrator on n2, for another 20 min", text
    doc = documents.agreed()
    doc["gate"].update(why="n3 is far", would_close=True)
    text = screen(doc, "gate")
    assert label(text, "Danger") == "n3 is far" and label(text, "Would run").endswith("freeze (NOW, were its mode enforce)"), text
    doc["gate"].update(scope="node", target="n3", would_run=None)
    assert label(screen(doc, "gate"), "Would run") == "nothing here: n3 acts on itself", screen(doc, "gate")
    doc["gate"].update(scope=None, target=None)
    doc["gate"].update(would_close=False, blocked="this node has just booted", why="", why_not="n2 is not proven", would_run=None, ha=None)
    text = screen(doc, "gate")
    assert label(text, "Blocked") == "this node has just booted" and label(text, "Unproven") == "n2 is not proven", text
    assert label(text, "Watchdogs") == "the HA stack has not been read yet" and "HA stack:" not in text
    assert row(screen(documents.sixteen(), "gate"), "n15")[1:] == ["-", "-", "-", "no agent is heard"]
    doc["nodes"][2]["agent"] = False
    assert row(screen(doc, "gate"), "n3")[1:] == ["-", "-", "-", "no agent is heard"], "what it said last is shown as if it were of now"


@test
def what_is_unclear_is_nobodys():
    """Blocked, and perhaps by timeguard: no screen says that it was not."""
    doc = documents.agreed()
    doc["gate"]["ha"]["state"] = "closed"
    assert screen(doc).startswith("HA BLOCKED: no failover, and that is not timeguard's doing: "), screen(doc)
    doc["gate"]["records"] = [documents.record(stage="unclear")]
    for command in ("status", "gate"):
        assert screen(doc, command).startswith("HA BLOCKED: no failover, and that is not known to be timeguard's doing, which leaves it to you: "), screen(doc, command)
    assert "GATE OPEN: timeguard closes and opens nothing before it is clear" in " ".join(screen(doc, "gate").split()), screen(doc, "gate")


@test
def a_hold_in_words():
    """By whom, why and until when, in the same words on both screens."""
    for changes, words in (({}, "held by an administrator on n2, for another 20 min"),
                           ({"by": "n3", "left_s": 7199}, "held by an administrator on n3, for another 119 min"),
                           ({"left_s": 9}, "held by an administrator on n2, for another 9.0 s"),
                           ({"left_s": None}, "held by an administrator on n2, until 'timeguard gate release'"),
                           ({"by": None}, "held by an administrator on an unknown node, for another 20 min"),
                           ({"left_s": None, "taken": True}, "held as it was opened by hand, told by n2, until 'timeguard gate release'")):
        doc = documents.held()
        doc["gate"]["hold"] = documents.hold(**changes)
        for found, wanted in ((label(screen(doc, "gate"), "Hold"), words), (label(screen(doc), "Gate"), f"held, enforce, proxmox; 3 of 3 watchdogs armed; {words}")):
            assert found == wanted, f"{found!r} instead of {wanted!r}"
    assert label(screen(documents.agreed(), "gate"), "Hold") == "none" and "held" not in label(screen(documents.agreed()), "Gate")


@test
def gate_fits_every_width():
    for name, make in documents.SAMPLES.items():
        with served(make()) as path:
            for columns in range(40, 201, 13):
                check_screen(run("gate", "--socket", path, COLUMNS=columns).stdout.decode(), columns, f"{name} gate")
    text = ask(documents.hostile(), "gate").stdout.decode()
    assert not unsafe(text) and "owned" in text


NO_BUS = {"DBUS_SYSTEM_BUS_ADDRESS": "unix:path=/nonexistent/socket"}


@test
def without_a_bus_control_says_so():
    for words in (["hold"], ["hold", "--for", "2h"], ["release"], ["test"]):
        result = run("gate", *words, **NO_BUS)
        assert result.returncode == 69 and result.stdout == b"", (words, result)
        assert result.stderr == b"timeguard: no connection to the system bus: No such file or directory; see: systemctl status dbus\n", result.stderr


@test
def a_silent_bus_does_not_hold_us():
    with tempfile.TemporaryDirectory() as directory, socket.socket(socket.AF_UNIX) as listener:
        listener.bind(f"{directory}/bus")
        listener.listen(8)
        start = time.monotonic()
        result = run("gate", "release", DBUS_SYSTEM_BUS_ADDRESS=f"unix:path={directory}/bus")
        assert result.returncode == 69 and b"the system bus does not answer within 5 s" in result.stderr, result
        assert 4.5 < time.monotonic() - start < 7, time.monotonic() - start


@test
def wait_ends_when_the_own_node_is_proven():
    assert ask(documents.agreed(), "wait").stdout == b"proven after 0.0 s; agreed: 3 nodes within 1 s of 10.0.0.254\n"
    doc = documents.agreed()
    doc["cluster"]["verdict"] = "at-risk"
    assert ask(doc, "wait", "--timeout", "1s").returncode == 0
    for where, change in ((doc["cluster"], {"verdict": "unproven"}), (doc["nodes"][1], {"state": "drifting"}), (doc["nodes"][1], {"in_set": False}), (doc["agent"], {"node_id": 0}),
                          (doc["agent"], {"node_id": 9})):
        kept = dict(where)
        where.update(change)
        result = ask(doc, "wait", "--timeout", "1s")
        assert result.returncode == 1 and result.stdout == b"" and result.stderr.startswith(b"timeguard: the time of this node was not proven within 1.0 s; "), (change, result)
        where.update(kept)
    doc["nodes"][1].update(state="unsynchronised", reason="it has no source")
    assert ask(doc, "wait", "--timeout", "1s").stderr.endswith(b"; this node is unsynchronised: it has no source\n")
    assert ask(doc, "wait", "--timeout", "1s", JOURNAL_STREAM="8:1").stderr.startswith(b"<4>timeguard: ")
    result = run("wait", "--timeout", "1s", "--socket", "/nonexistent/socket")
    assert result.returncode == 1 and b"cannot reach timeguardd" in result.stderr, result


@test
def wait_goes_on_until_it_is():
    documents_to_come = [documents.no_cluster(), documents.split(), documents.agreed()]
    start = time.monotonic()
    result = ask(lambda connection: connection.sendall(documents.encode(documents_to_come.pop(0))), "wait", "--timeout", "10s")
    assert result.returncode == 0 and documents_to_come == [] and 0.9 < time.monotonic() - start < 3, result


@test
def safe_step_tells_source_present_and_target():
    doc = documents.agreed()
    result = ask(doc, "safe-step")
    assert result.returncode == 0 and result.stdout.endswith(b"No step is needed: the source is within the budget of this node's clock.\n"), result
    hour = 3600 * 10**9
    doc["nodes"][1]["asked"] = [documents.unanswered(), documents.asked(low_ns=hour - 10**6, high_ns=hour + 10**6)]
    for member in (doc["nodes"][0], doc["nodes"][2]):
        member["asked"] = [documents.asked(low_ns=-hour, high_ns=-hour + 10**6)]
    text = screen(doc, "safe-step")
    assert label(text, "Source") == "10.0.0.254, stratum 3, asked directly 12 s ago" and label(text, "Present") == "2026-11-21 23:56:02 UTC", text
    assert label(text, "Target") == "2026-11-22 00:56:02 UTC, certainly +3599.9990..+3600.0010 s from the present", text
    assert label(text, "Others").startswith("n1, n3 are as far from their sources") and text.endswith("Nothing was done; --yes does it.\n"), text
    for words, code, said in (("--yes", 69, b"no connection to the system bus"), ("--resume", 1, b"nothing to resume"), ("--abort", 69, b"no connection to the system bus")):
        result = ask(doc, "safe-step", words, **NO_BUS)
        assert result.returncode == code and said in result.stderr, (words, result)
    doc["nodes"][1]["asked"] = [documents.unanswered()]
    result = ask(doc, "safe-step", "--yes", **NO_BUS)
    assert result.returncode == 1 and b"no time source answers this node directly" in result.stderr and result.stdout == b"", result


@test
def safe_step_ends_no_hold_of_another():
    """It says who holds, and does nothing; where there is no HA, nothing is closed and there is nothing to end."""
    doc = documents.agreed()
    doc["nodes"][1]["asked"] = [documents.asked(low_ns=7 * 10**9, high_ns=8 * 10**9)]
    doc["gate"].update(state="held", hold=documents.hold(by="n3", left_s=None))
    for words in (("--yes",), ()):
        result = ask(doc, "safe-step", *words, **NO_BUS)
        assert result.returncode == 1 and b"held by an administrator on n3, until 'timeguard gate release'" in result.stderr, result
    doc["gate"]["ha"]["state"] = "unused"
    assert "--yes does it" in screen(doc, "safe-step")


@test
def safe_step_wants_a_gate_that_can_close():
    doc = documents.agreed()
    doc["nodes"][1]["asked"] = [documents.asked(low_ns=7 * 10**9, high_ns=8 * 10**9)]
    doc["gate"].update(backend="none", ha=None)
    for words in (("--yes",), ()):
        result = ask(doc, "safe-step", *words, **NO_BUS)
        assert result.returncode == 1 and b"gate.backend is none: nothing can be closed before a step" in result.stderr, result


@test
def safe_step_prefers_the_selected_source():
    doc = documents.agreed()
    doc["nodes"][1]["asked"] = [documents.asked("10.0.0.9", low_ns=5 * 10**9, high_ns=6 * 10**9), documents.asked(low_ns=7 * 10**9, high_ns=8 * 10**9)]
    assert label(screen(doc, "safe-step"), "Source").startswith("10.0.0.254, ")
    doc["nodes"][1]["chrony"]["address"] = None
    assert label(screen(doc, "safe-step"), "Source").startswith("10.0.0.9, ")
    budget = doc["cluster"]["budget_ns"]
    for low, high, needed in ((-budget, budget, False), (-budget - 1, 0, True), (0, budget + 1, True)):
        doc["nodes"][1]["asked"] = [documents.asked(low_ns=low, high_ns=high)]
        assert ("--yes does it" in screen(doc, "safe-step")) == needed, (low, high)


# -- what may be at the other end --------------------------------------------------------------------------------------------

def complaint(result, *words):
    assert result.returncode == 3 and result.stdout == b"", result
    text = result.stderr.decode()
    assert text.startswith("timeguard: ") and text.count("\n") == 1 and all(word in text for word in words), text


@test
def no_agent():
    with tempfile.TemporaryDirectory() as directory:
        path = f"{directory}/status.sock"
        complaint(run("status", "--socket", path), f"cannot reach timeguardd at {path}: No such file or directory; is the service running? "
                                                   "systemctl status timeguard\n")
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(path)
        complaint(run("explain", "n1", "--socket", path), "Connection refused")
        Path(f"{directory}/file").write_text("")
        complaint(run("status", "--socket", f"{directory}/file"), "cannot reach timeguardd")
        complaint(run("status", "--socket", directory + "/" + "x" * 200), "too long")


@test
def default_socket():
    if os.path.exists("/run/timeguard/status.sock"):
        raise Skip("an agent runs here")
    complaint(run("status"), "cannot reach timeguardd at /run/timeguard/status.sock: No such file or directory; is the service running? "
                             "systemctl status timeguard")


@test
def garbage_and_halves():
    whole = documents.encode(documents.agreed())
    complaint(ask(b""), "closed the connection without an answer")
    complaint(ask(b"hello, world\n"), "not JSON")
    complaint(ask(b"null\n"), "no status document", "the document must be an object")
    complaint(ask(b"[]"), "the document must be an object, and is array")
    complaint(ask(b"{}"), "format is missing")
    complaint(ask(b"[" * 100000), "not JSON")
    complaint(ask(whole + b"{}"), "not JSON")
    for cut in range(1, len(whole) - 2, 997):
        complaint(ask(whole[:cut]), f"ends in the middle, after {cut} bytes")


def leaves(value, path="", parent=()):
    """(path as the reader names it, place of the object, key) of every key of a document; of lists the first entry."""
    if isinstance(value, list):
        if value:
            yield from leaves(value[0], f"{path}[0]", parent + (0,))
    elif isinstance(value, dict):
        for key, inner in value.items():
            here = f"{path}.{key}" if path else key
            yield here, parent, key
            yield from leaves(inner, here, parent + (key,))


def reach(doc, place):
    for step in place:
        doc = doc[step]
    return doc


@test
def every_key_is_wanted_and_typed():
    n = 0
    whole = documents.beyond()
    for path, parent, key in leaves(whole):
        doc = copy.deepcopy(whole)
        value = reach(doc, parent).pop(key)
        complaint(ask(doc), f"{path} is missing")
        for wrong in ("wrong" if not isinstance(value, str) else 7, {}, [0] if not isinstance(value, list) else {}, True if value is not True and
                      value is not False else 1, 1e400 if not isinstance(value, str) else None):
            if value is None and wrong == "wrong" or path.endswith("].state") and wrong is None or wrong is None and key in (
                    "root", "source", "ref_id", "address", "leap", "fingerprint", "time_zone", "kernel", "node", "other", "backend", "scope", "target",
                    "would_run", "failed"):
                continue  # null is allowed, or the key may hold any string
            reach(doc, parent)[key] = wrong
            result = ask(json.dumps(doc).replace("Infinity", "1e400").encode())
            complaint(result, path)
            n += 1
    assert n > 300, n


@test
def numbers_out_of_range():
    for place, key, wrong in ((("cluster",), "budget_ns", 0), (("cluster",), "budget_ns", 10**30), (("nodes", 0), "offset_ns", -(2**63)), (("pairs", 0), "low_ns", -(2**63)),
                              (("nodes", 0), "offset_ns", 2**63), (("nodes", 0), "reach", 256), (("nodes", 0), "stratum", -1),
                              (("alerts", 0), "level", 8), (("pairs", 0), "rho_ppm", -1), (("nodes", 0), "votes", 2**32), ((), "alerts_more", 2**63 - 1),
                              (("cluster",), "since", "2026-02-30T00:00:00.000Z"), (("cluster",), "since", "2026-11-21T23:56:02Z"),
                              (("cluster",), "since", "2026-11-21T24:00:00.000Z"), (("cluster",), "since", ""),
                              (("nodes", 0), "state", "fine"), (("cluster",), "verdict", "agreed\0"), (("pairs", 0), "verdict", "")):
        doc = documents.beyond()
        reach(doc, place)[key] = wrong
        complaint(ask(doc), f"{key} must be")


@test
def extreme_numbers_that_are_allowed():
    limit = 2**63 - 2
    for value in (limit, -limit, 0):
        doc = documents.beyond()
        for member in doc["nodes"]:
            for key, old in member.items():
                if key.endswith(("_ns", "_ppb")) and old is not None:
                    member[key] = value
            for key in member["chrony"]:
                if key.endswith(("_s", "_ppm")):
                    member["chrony"][key] = 1.7e308 if value > 0 else -1.7e308 if value else 0
        for entry in doc["pairs"]:
            for key in entry:
                if key.endswith("_ns"):
                    entry[key] = value
                if key.endswith("_age_ms"):
                    entry[key] = abs(value) // 1_000_000 * (-1 if value < 0 else 1)
            entry["rho_ppm"] = 2**32 - 1
        for command in ("status", "explain n1", "explain n3"):
            result = ask(doc, command, COLUMNS=80)
            assert result.returncode == 2 and result.stderr == b"", (command, value, result)
            check_screen(result.stdout.decode(), 80, f"{command} at {value}")


@test
def too_many_entries():
    doc = documents.agreed()
    doc["nodes"] = [documents.node(i) for i in range(65)]
    complaint(ask(doc), "nodes must be a list with fewer entries")
    doc = documents.agreed()
    doc["nodes"][0]["chrony"]["sources"] = [documents.chrony_source()] * 17
    complaint(ask(doc), "nodes[0].chrony.sources must be a list with fewer entries")


@test
def largest_cluster_is_shown():
    doc = documents.document([i * 1000 for i in range(64)])
    result = ask(doc)
    assert result.returncode == 0 and len(doc["pairs"]) == 2016 and row(result.stdout.decode(), "n64")[1] == "ok", result.stderr
    assert ask(doc, "explain n64").stdout.count(b"= offset:") == 63


@test
def a_silent_agent_does_not_hold_us():
    def silent(connection):
        connection.recv(1)  # until the other end gives up

    start = time.monotonic()
    complaint(ask(silent), "does not answer within 2 s")
    assert 1.9 < time.monotonic() - start < 3.5, time.monotonic() - start


@test
def a_dripping_agent_does_not_hold_us():
    def drip(connection):
        for byte in documents.encode(documents.agreed()):
            connection.send(bytes([byte]))
            time.sleep(0.1)

    start = time.monotonic()
    complaint(ask(drip), "does not answer within 2 s")
    assert time.monotonic() - start < 3.5


@test
def an_agent_that_accepts_nobody_does_not_hold_us():
    with tempfile.TemporaryDirectory() as directory, socket.socket(socket.AF_UNIX) as listener:
        path = f"{directory}/status.sock"
        listener.bind(path)
        listener.listen(0)
        fillers = []
        try:
            while True:  # until the backlog is full
                fillers.append(socket.socket(socket.AF_UNIX))
                fillers[-1].setblocking(False)
                fillers[-1].connect(path)
        except BlockingIOError:
            pass
        start = time.monotonic()
        complaint(run("status", "--socket", path), "does not answer within 2 s")
        assert 1.9 < time.monotonic() - start < 3.5
        for filler in fillers:
            filler.close()


@test
def an_endless_answer_is_cut():
    def flood(connection):
        while True:
            connection.sendall(b" " * 1_000_000)

    complaint(ask(flood), "sends more than 8 MiB")
    whole = documents.encode(documents.agreed())
    assert ask(whole + b" " * 7_000_000).returncode == 0
    complaint(ask(whole + b" " * 9_000_000), "sends more than 8 MiB")


@test
def output_that_cannot_be_written():
    with served(documents.agreed()) as path, open("/dev/full", "wb") as full:
        for command in (["status"], ["status", "--json"], ["explain", "n1"], ["status", "--watch"]):
            result = subprocess.run([CLI, *command, "--socket", path], env=environment(), stdout=full, stderr=subprocess.PIPE, timeout=20)
            assert result.returncode == 74, (command, result)


# -- usage -------------------------------------------------------------------------------------------------------------------

@test
def usage_errors():
    for arguments in ([], ["bogus"], ["status", "--bogus"], ["status", "extra"], ["explain"], ["explain", "a", "b"], ["explain", "--json", "a"],
                      ["status", "--watch=0"], ["status", "--watch=x"], ["status", "--watch=1x"], ["status", "--watch="], ["status", "--socket"],
                      ["status", "--watch=99999999999999"], ["--bogus"],
                      ["gate", "bogus"], ["gate", "--json"], ["gate", "hold", "extra"], ["gate", "hold", "--for"], ["gate", "hold", "--for", "0s"],
                      ["gate", "hold", "--for", "20"], ["gate", "hold", "--for", "999999d"], ["gate", "hold", "--for", "-1s"], ["gate", "release", "--for", "1s"],
                      ["gate", "test", "--for", "1s"], ["gatehold"], ["hold"], ["wait", "--timeout", "x"], ["wait", "now"],
                      ["safe-step", "--yes", "--abort"], ["safe-step", "--resume", "--yes"], ["safe-step", "n1"], ["safe-step", "--for", "1s"]):
        result = run(*arguments)
        assert result.returncode == 64 and result.stdout == b"" and b"timeguard --help" in result.stderr, (arguments, result)


@test
def help_and_version():
    result = run("--help")
    assert result.returncode == 0 and result.stderr == b""
    text = result.stdout.decode()
    for word in ("timeguard status", "timeguard explain NODE", "--json", "--watch[=SECONDS]", "--socket PATH", "Exit codes:", "breached or split",
                 "NO_COLOR", "timeguard gate hold [--for DURATION]", "timeguard gate release", "timeguard gate test", "timeguard wait", "timeguard safe-step [--yes"):
        assert word in text, word
    assert run("status", "--help").stdout == result.stdout and run("help").returncode == 0
    assert re.fullmatch(rb"timeguard \d+\.\d+\.\d+\n", run("--version").stdout)


# -- --watch -----------------------------------------------------------------------------------------------------------------

def stop(process, sign=signal.SIGINT):
    assert process.poll() is None, f"it ended by itself, with {process.returncode}"
    process.send_signal(sign)
    return process.wait(5)


@contextlib.contextmanager
def piped(*arguments):
    """The command with its output in pipes; gone at the end, whatever happens."""
    with subprocess.Popen([CLI, *arguments], env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        try:
            yield process
        finally:
            process.kill()


@test
def watch_appends_to_a_pipe():
    for sign in (signal.SIGINT, signal.SIGTERM):
        with served(documents.beyond()) as path, piped("status", "--watch", "--socket", path) as process:
            start = time.monotonic()
            data = read_until(process.stdout.fileno(), lambda data: data.count(b"Evidence:") >= 3)
            assert 1.8 < time.monotonic() - start, "three screens want two seconds"
            assert stop(process, sign) == 2 and b"\x1b" not in data and b"\r" not in data


@test
def watch_redraws_a_terminal_and_leaves_it_as_it_was():
    with served(documents.sixteen()) as path, terminal(["status", "--watch", "--socket", path], rows=12, columns=80) as (process, master, slave):
        before = termios.tcgetattr(slave)
        data = read_until(master, lambda data: data.count(b"\x1b[J") >= 3)
        assert data.startswith(b"\x1b[2J\x1b[H"), data[:20]
        frame = data.split(b"\x1b[H")[2]
        assert frame.count(b"\n") <= 11, "a frame must not scroll the terminal"
        assert b"AT RISK:" in frame
        for sequence in (b"\x1b[?", b"\x1b7", b"\x1b(", b"\x1b]"):
            assert sequence not in data, "nothing that would have to be restored"
        assert stop(process) == 1 and termios.tcgetattr(slave) == before


@test
def watch_redraws_at_once_when_the_terminal_changes():
    """Not at the next time, which is ten minutes away, and in the new width."""
    with served(documents.sixteen()) as path, terminal(["status", "--watch=600", "--socket", path], rows=40, columns=120) as (process, master, slave):
        first = read_until(master, lambda data: b"\x1b[J" in data)
        set_size(slave, 40, 60)
        os.killpg(process.pid, signal.SIGWINCH)
        second = read_until(master, lambda data: b"\x1b[J" in data)
        widths = [max(width(re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", line)) for line in data.decode().split("\r\n")) for data in (first, second)]
        assert widths[0] > 60 >= widths[1], widths
        assert stop(process) == 1


@test
def watch_on_a_dumb_terminal_appends():
    with served(documents.agreed()) as path, terminal(["status", "--watch", "--socket", path], TERM="dumb") as (process, master, _):
        data = read_until(master, lambda data: data.count(b"AGREED:") >= 2)
        assert b"\x1b" not in data and stop(process) == 0


@test
def watch_goes_on_when_the_agent_goes():
    with tempfile.TemporaryDirectory() as directory:
        link = f"{directory}/link"
        with contextlib.ExitStack() as stack:
            with served(documents.agreed()) as path:
                os.symlink(path, link)
                process = stack.enter_context(piped("status", "--watch=1", "--socket", link))
                read_until(process.stdout.fileno(), lambda data: b"AGREED:" in data)
            read_until(process.stdout.fileno(), lambda data: b"cannot reach timeguardd" in data)
            with served(documents.beyond()) as path:
                os.symlink(path, link + ".new")
                os.rename(link + ".new", link)
                read_until(process.stdout.fileno(), lambda data: b"BREACHED:" in data)
                assert stop(process) == 2
            assert process.stderr.read() == b""


@test
def watch_json_is_one_document_a_time():
    with served(documents.agreed()) as path, piped("status", "--json", "--watch", "--socket", path) as process:
        data = read_until(process.stdout.fileno(), lambda data: data.count(b"\n") >= 2)
        assert stop(process) == 0
        assert [json.loads(line) for line in data.splitlines()[:2]] == [documents.agreed()] * 2


# -- speed -------------------------------------------------------------------------------------------------------------------

@test
def nothing_needless_at_start():
    """One status of 3 nodes opens no more files than its libraries, the locale's and the time zone's, and takes little CPU."""
    with served(documents.agreed()) as path:
        before = os.times()
        for _ in range(20):
            run("status", "--socket", path)
        after = os.times()
    cost_ms = (after.children_user + after.children_system - before.children_user - before.children_system) * 1000 / 20
    if "ASAN_OPTIONS" in os.environ:
        raise Skip("sanitized")
    assert cost_ms < 20, f"{cost_ms:.1f} ms of CPU"


def main():
    global CLI
    if len(sys.argv) < 2:
        sys.exit("usage: test_cli.py PATH_OF_TIMEGUARD [NAME...]")
    CLI = os.path.abspath(sys.argv[1])
    return run_tests(names=sys.argv[2:])


if __name__ == "__main__":
    sys.exit(main())
