#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The journal catalogs against the table of alerts: every alert has its entry in both languages, with facts that agree.
usage: test_catalog.py [NAME...]"""

import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from suite import Skip, run_tests, test  # noqa: E402 # after the search path

CATALOGS = {"en": ROOT / "packaging/catalog/timeguard.catalog", "fr": ROOT / "packaging/catalog/timeguard.fr.catalog"}
HEADERS = {"Subject", "Defined-By", "Support", "Documentation"}
# what timeguardd writes with every alert, and what it writes where it applies (agent/daemon/journal.c)
ALWAYS = {"TIMEGUARD_ALERT", "TIMEGUARD_TRANSITION", "TIMEGUARD_SINCE", "TIMEGUARD_REASON"}
OF_NODES = {"TIMEGUARD_NODE", "TIMEGUARD_NODE_ID"}
OF_SOME = {"node-claim-contradicted": {"TIMEGUARD_OTHER"}, "node-public-source": {"TIMEGUARD_SOURCE"},
           "node-foreign-source": {"TIMEGUARD_SOURCE"}, "node-default-pool": {"TIMEGUARD_SOURCE"}}


def alerts():
    """name -> (scope, level, message id), from the table that the agent is built with."""
    table = (ROOT / "lib/alert_table.c").read_text()
    rows = re.findall(r'ROW\(\w+,\s*"([a-z-]+)",\s*(CLUSTER|NODE),\s*(\d),[^"]*"([^"]*)",((?:\s*"[^"]*")+)\)', table)
    return {name: (scope, int(level), message_id, re.sub(r'"\s*"', "", remedy)) for name, scope, level, message_id, remedy in rows}


def entries(language):
    """[(id, {header: value}, body)] of a catalog."""
    text = CATALOGS[language].read_text(encoding="utf-8")
    found = []
    for block in re.split(r"^-- ", text, flags=re.M)[1:]:
        block = re.sub(r"^#.*\n?", "", block, flags=re.M)
        head, _, body = block.partition("\n\n")
        lines = head.split("\n")
        found.append((lines[0], dict(line.split(": ", 1) for line in lines[1:]), body.strip()))
    return found


def flat(text):
    return " ".join(text.split())


def installed_catalogs():
    return [p for p in Path("/usr/lib/systemd/catalog").glob("*.catalog") if not p.name.startswith("timeguard")]


@test
def the_table_was_read_whole():
    enum = (ROOT / "include/timeguard/alert.h").read_text().split("enum tg_alert_id {")[1].split("TG_ALERT_COUNT")[0]
    names = [name.lower().replace("_", "-") for name in re.findall(r"TG_ALERT_(\w+),", enum)]
    assert names and list(alerts()) == names, set(names) ^ set(alerts())


@test
def ids_are_unique_and_random():
    ids = [message_id for _, _, message_id, _ in alerts().values()]
    assert len(set(ids)) == len(ids)
    for message_id in ids:
        assert re.fullmatch(r"[0-9a-f]{12}4[0-9a-f]{3}[89ab][0-9a-f]{15}", message_id), f"{message_id} is not from systemd-id128 new"


@test
def each_alert_has_one_entry_in_both():
    wanted = [message_id for _, _, message_id, _ in alerts().values()]
    for language in CATALOGS:
        assert [message_id for message_id, _, _ in entries(language)] == wanted, f"{language}: not the alerts in the order of the table"


@test
def entries_are_complete():
    parts = {"en": ("Effect: ", "Remedy: ", "Evidence: "), "fr": ("Effet : ", "Remède : ", "Preuve ")}
    for language in CATALOGS:
        for message_id, headers, body in entries(language):
            assert set(headers) == HEADERS and all(headers.values()), (language, message_id, headers)
            assert headers["Defined-By"] == "timeguard" and headers["Documentation"] == "man:timeguard(1)"
            assert len(headers["Subject"]) <= 110, headers["Subject"]
            places = [body.find("\n\n" + part) for part in parts[language]]
            assert -1 not in places and places == sorted(places) and places[0] > 40, f"{language} {message_id}: cause, effect, remedy"
            for line in body.split("\n"):
                assert len(line) <= 80 and line == line.rstrip() and not line.startswith(("#", ";", "--")), (language, message_id, line)


@test
def fields_are_those_that_the_agent_sends():
    sent = (ROOT / "agent/daemon/journal.c").read_text()
    names = {message_id: (name, scope) for name, (scope, _, message_id, _) in alerts().items()}
    for language in CATALOGS:
        for message_id, headers, body in entries(language):
            name, scope = names[message_id]
            used = set(re.findall(r"@([^@\s]*)@", headers["Subject"] + body))
            allowed = ALWAYS | (OF_NODES if scope == "NODE" else set()) | OF_SOME.get(name, set())
            assert used <= allowed, f"{language} {name}: {used - allowed} is not in every record of it"
            assert {"TIMEGUARD_TRANSITION", "TIMEGUARD_REASON"} <= used, (language, name)
            assert scope == "CLUSTER" or "TIMEGUARD_NODE" in re.findall(r"@(\w+)@", headers["Subject"]), f"{language} {name}: which node?"
            for field in used:
                assert f'"{field}=' in sent, f"{field} is not written by journal.c"
            assert (headers["Subject"] + body).count("@") % 2 == 0


@test
def french_says_the_same_as_english():
    for (message_id, english, en_body), (_, french, fr_body) in zip(entries("en"), entries("fr")):
        assert english["Subject"] != french["Subject"] and en_body != fr_body
        assert sorted(re.findall(r"@\w+@", en_body)) == sorted(re.findall(r"@\w+@", fr_body)), message_id
        en_words = re.findall(r"(?<![\w'])'([^']+)'", flat(en_body))
        fr_words = re.findall(r"« (.*?) »", flat(fr_body))
        translated = [w.replace("NODE", "NŒUD") if w == "timeguard explain NODE" else w.replace("ADDRESS", "ADRESSE") for w in en_words]
        missing = [w for w in translated if w not in fr_words and w not in ("Source", "Budget", "Normal")]
        assert not missing, f"{french['Subject']}: not in French: {missing}"
        for path in re.findall(r"/(?:etc|run|sys)/[\w./-]*\w", flat(en_body)):
            assert path in flat(fr_body), f"{french['Subject']}: {path}"
        assert re.search(r"[éèàê]", fr_body) and not re.search(r"\b(the|and|node|clock)\b", re.sub(r"« .*? »|@\w+@|\S*[-/]\S*", "", flat(fr_body))), \
            f"untranslated words in {french['Subject']}"
        assert not re.search(r"\w[:;?!](\s|$)", re.sub(r"« .*? »", "", flat(fr_body))), f"{french['Subject']}: a blank belongs before : ; ? !"


@test
def nobody_is_told_to_step_an_armed_node():
    """Whoever reads of a restart, a makestep or a step reads of the watchdog in the same entry."""
    n = 0
    for language, word in (("en", "HA watchdog"), ("fr", "watchdog HA")):
        for message_id, _, body in entries(language):
            if re.search(r"makestep|restart chrony|date -s|started anew", body) or "chronyd qui démarre" in flat(body):
                n += 1
                assert word in flat(body) and "/run/watchdog-mux.active" in body, f"{language} {message_id}"
    assert n >= 20, n
    for name, (_, _, _, remedy) in alerts().items():
        if "restart chrony" in remedy or "step" in remedy.replace("makestep", ""):
            assert "watchdog" in remedy, f"{name}: {remedy}"


@test
def no_id_is_somebody_elses():
    others = installed_catalogs()
    if not others or not shutil.which("journalctl"):
        raise Skip("no catalogs of others here")
    taken = {i for p in others for i in re.findall(r"^-- ([0-9a-f]{32})", p.read_text(encoding="utf-8", errors="replace"), re.M)}
    listed = subprocess.run(["journalctl", "--list-catalog"], capture_output=True, text=True, timeout=60).stdout
    taken |= {line.split()[0] for line in listed.splitlines() if " timeguard: " not in line}
    assert len(taken) > 20, "journalctl and the catalogs of systemd name hardly any id"
    ours = {message_id for _, _, message_id, _ in alerts().values()}
    assert not ours & taken, ours & taken


@test
def systemd_compiles_them():
    if not shutil.which("journalctl"):
        raise Skip("no journalctl")
    with tempfile.TemporaryDirectory() as root:
        folder = Path(root, "usr/lib/systemd/catalog")
        folder.mkdir(parents=True)
        for path in CATALOGS.values():
            shutil.copy(path, folder)
        made = subprocess.run(["journalctl", "--update-catalog", f"--root={root}"], capture_output=True, text=True, timeout=60,
                              env={"PATH": "/usr/bin:/bin", "SYSTEMD_LOG_LEVEL": "debug"})
        assert made.returncode == 0, made.stderr
        assert f"Found {2 * len(alerts())} items" in made.stderr, f"not {2 * len(alerts())} items: {made.stderr}"
        for noise in ("uplicate", "Invalid", "ignoring", "not found"):
            assert noise not in made.stderr, made.stderr
        listed = subprocess.run(["journalctl", "--list-catalog", f"--root={root}"], capture_output=True, text=True, timeout=60).stdout
        subjects = {message_id: headers["Subject"] for message_id, headers, _ in entries("en")}
        assert dict(re.findall(r"^([0-9a-f]{32}) timeguard: (.*)$", listed, re.M)) == subjects, listed
        shown = subprocess.run(["journalctl", "--dump-catalog", f"--root={root}", next(iter(subjects))], capture_output=True, text=True,
                               timeout=60).stdout
        assert flat(entries("en")[0][2]) in flat(shown) and "#" not in shown, shown


@test
def the_schema_knows_the_same_alerts():
    schema = json.loads((ROOT / "packaging/status.schema.json").read_text())
    assert schema["$defs"]["alert"]["properties"]["id"]["enum"] == list(alerts())


if __name__ == "__main__":
    sys.exit(run_tests(names=sys.argv[1:]))
