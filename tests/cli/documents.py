# SPDX-License-Identifier: LGPL-2.1-or-later
"""Sample status documents, made from one description of a cluster: who is ahead by how much, and what the agent says of it.

documents.py --write DIR puts each of them into a file."""

import copy
import json
import sys

NOW = "2026-11-21T23:56:02.123Z"
SINCE = "2026-11-21T23:52:50.000Z"
SERVER = "10.0.0.254"
HALF_NS = 810_000
RAW_STEP_NS = 86_400_012_345_678  # how far apart the raw clocks of two neighbours are


def chrony_source(address=SERVER, **changes):
    return {"address": address, "name": address, "mode": "client", "state": "*", "reach": 255, "poll": 6, "stratum": 3,
            "since_sample_s": 23, **changes}


def chrony(**changes):
    return {"state": "ok", "age_ms": 300, "known": 1, "reachable": 1, "ref_id": "0A0000FE", "address": SERVER, "stratum": 4,
            "leap": "normal", "ref_time_ns": 1795305361000000000, "correction_s": -0.0000123, "last_offset_s": 0.0000041,
            "rms_offset_s": 0.0000099, "freq_ppm": -12.345, "resid_freq_ppm": 0.001, "skew_ppm": 0.021, "root_delay_s": 0.00042,
            "root_dispersion_s": 0.00011, "update_interval_s": 64.2, "sources": [chrony_source()], **changes}


CHRONY_GONE = {"state": "silent", "age_ms": 100, "known": 0, "reachable": 0, "ref_id": None, "address": None, "stratum": None,
               "leap": None, "ref_time_ns": None, "correction_s": None, "last_offset_s": None, "rms_offset_s": None,
               "freq_ppm": None, "resid_freq_ppm": None, "skew_ppm": None, "root_delay_s": None, "root_dispersion_s": None,
               "update_interval_s": None, "sources": None}


def c_of(number):
    """REALTIME - RAW of a node whose clock agrees with the first one's."""
    return 1_795_300_000_000_000_000 + (number - 1) * RAW_STEP_NS


def asked(address=SERVER, **changes):
    return {"address": address, "state": "ok", "stratum": 3, "leap": 0, "ref_id": "C0000201", "age_ms": 12_300, "low_ns": -412_000,
            "high_ns": 897_000, "steady_s": 300, **changes}


def unanswered(state="silent", address=SERVER):
    return asked(address, state=state, **{key: None for key in ("stratum", "leap", "ref_id", "age_ms", "low_ns", "high_ns", "steady_s")})


def node_gate(**changes):
    return {"state": "open", "ha_state": "open", "backend": "proxmox", "flags": ["ready", "whole", "armed"], "acts": False, **changes}


CHECKS = ("quorum", "corosync", "boot-grace", "hold", "configuration", "ha-stack")


def checks(**unmet):
    """Each condition by its name, with a "_" for the "-"; those given are not met, for that reason."""
    return [{"name": name, "met": name.replace("-", "_") not in unmet, "why": unmet.get(name.replace("-", "_"), "")} for name in CHECKS]


def gate(**changes):
    return {"mode": "observe", "state": "open", "scope": None, "target": None, "backend": "proxmox", "since": None, "why": "", "why_not": "",
            "blocked": "", "would_close": False, "would_run": "ha-manager crm-command disarm-ha freeze", "opens_in_s": None, "wants_word": False,
            "failed": None, "failures": 0, "offset_limit_ns": 5_000_000_000, "step_limit_ns": 5_000_000_000,
            "ha": {"state": "open", "flags": ["ready", "whole", "armed"], "age_ms": 12_000, "detail": "armed, 3 services"},
            "hold": None, "close": None, "records": [], "checks": checks(), **changes}


def record(**changes):
    return {"uuid": "01234567-89ab-cdef-0123-456789abcdef", "scope": "cluster", "target": None, "stage": "verified", "owner": "n1", "whole": True,
            "since": SINCE, **changes}


def hold(**changes):
    return {"by": "n2", "left_s": 1200, "taken": False, **changes}


def node(number, offset_ns=0, **changes):
    return {"id": number, "name": f"n{number}", "present": True, "agent": True, "votes": 1, "state": "ok", "state_since": SINCE,
            "reason": "proven within the budget of the reference", "root": SERVER, "source": SERVER, "stratum": 4, "reach": 255,
            "in_set": True, "in_boot_grace": False, "offset_ns": offset_ns, "bound_low_ns": offset_ns - HALF_NS,
            "bound_high_ns": offset_ns + HALF_NS, "as_of_age_ms": 420, "rate_ppb": 12, "forecast_s": None, "claim_ns": 347300,
            "report_age_ms": 430, "seq": 1234, "steps": 0, "last_step_ns": 0, "slew_ppb": -12345, "kernel": "synchronised", "c_ns": c_of(number) + offset_ns,
            "boot_ns": 93784000000000, "fingerprint": "00112233445566ff", "gate_version": 0, "time_zone": "Europe/Paris",
            "chrony": chrony(), "gate": node_gate(), "asked": [asked()], **changes}


def pair(a, b, offset_ns, budget_ns):
    """Offset of a from b, with parts that add up to it: RAW, and the spans of both nodes' REALTIME - RAW."""
    low, high, slack = offset_ns - HALF_NS, offset_ns + HALF_NS, 10_000
    raw = (b - a) * RAW_STEP_NS
    return {"a": a, "b": b, "verdict": "within" if max(-low, high) <= budget_ns else
            "beyond" if low > budget_ns or high < -budget_ns else "unproven", "stale": False, "contradicted": False, "low_ns": low,
            "high_ns": high, "estimate_ns": offset_ns, "as_of_age_ms": 420, "as_of_node": b,
            "as_of_raw_ns": 93_783_580_000_007 + b, "rate_ppb": 12, "raw_low_ns": raw - HALF_NS + 2 * slack,
            "raw_high_ns": raw + HALF_NS - 2 * slack, "a_c_low_ns": -slack, "a_c_high_ns": slack, "b_c_low_ns": -slack,
            "b_c_high_ns": slack, "a_age_ms": 1420, "b_age_ms": 420, "rho_ppm": 100}


def alert(name, number, reason, level=4, **changes):
    return {"id": name, "node": f"n{number}" if number else None, "node_id": number or None, "other": None, "level": level,
            "since": SINCE, "reason": reason, "remedy": "Run 'chronyc tracking'.", "source": None, "offset_ns": None,
            "bound_low_ns": None, "bound_high_ns": None, **changes}


def document(offsets_ns, budget_ns=1_000_000_000, **cluster):
    votes = len(offsets_ns)
    nodes = [node(i + 1, offset) for i, offset in enumerate(offsets_ns)]
    nodes[0].update(offset_ns=0, bound_low_ns=0, bound_high_ns=0)
    pairs = [pair(a + 1, b + 1, offsets_ns[a] - offsets_ns[b], budget_ns) for a in range(votes) for b in range(a + 1, votes)]
    quorum = votes // 2 + 1
    return {"format": 1,
            "agent": {"version": "0.1.0", "node_id": 2, "now": NOW, "reports_heard": 4711, "reports_bad": 0, "own_unheard": 0,
                      "alerts_lost": 0},
            "cluster": {"name": "lab", "verdict": "agreed", "reason": f"{votes} nodes within 1 s of {SERVER}", "remedy": "",
                        "since": SINCE, "connected": True, "provider": True, "quorate": True, "votes": votes,
                        "expected_votes": votes, "quorum": quorum, "margin": votes - quorum,
                        "margin_without_qdevice": votes - quorum, "quorum_flags": [], "absent": [], "budget_ns": budget_ns,
                        "smallest_provable_budget_ns": 812_345, "reference": 1, "source": SERVER,
                        "fingerprint": "00112233445566ff", **cluster},
            "gate": gate(), "nodes": nodes, "pairs": pairs, "alerts": [], "alerts_more": 0}


def agreed():
    return document([0, 12_300, -45_000])


def beyond():
    """n3 is 100 ms ahead, and the budget is 50 ms."""
    doc = document([0, 12_300, 100_000_000], 50_000_000, verdict="breached",
                   reason="n3 is proven 99.1 to 100.9 ms ahead of n1 and n2, beyond the budget of 50 ms",
                   remedy="On n3 run 'chronyc tracking' and 'chronyc sources'; correct its source, and do not step its clock while an "
                          "HA watchdog is armed.")
    doc["nodes"][2].update(state="beyond", in_set=False, reason="proven +99.2..+100.8 ms from every node of the agreeing set",
                           steps=1, last_step_ns=100_000_000)
    doc["nodes"][1].update(state="drifting", rate_ppb=-1500, forecast_s=33341)
    doc["alerts"] = [alert("node-beyond", 3, "n3 is proven 99.2 to 100.8 ms ahead", 2, offset_ns=100_000_000,
                           bound_low_ns=99_190_000, bound_high_ns=100_810_000),
                     alert("node-claim-contradicted", 2, "n2 and n3 both claim to be right", 3, other="n3")]
    return doc


def closed():
    """n3 is 30 s ahead: the gate is closed."""
    doc = document([0, 12_300, 31_400_000_000], verdict="breached", reason="n3 is proven +31.4 s from n1, beyond the budget of 1 s")
    doc["gate"] = gate(mode="enforce", state="closed", scope="cluster", since=SINCE, why="n3 is +31.399 to +31.401 s from n1, beyond the gate limit of 5 s",
                       records=[record()], ha={"state": "closed", "flags": ["ready", "whole"], "age_ms": 4_000, "detail": "disarmed"})
    for member in doc["nodes"]:
        member["gate"] = node_gate(state="closed", ha_state="closed", flags=["ready", "whole"])
    doc["nodes"][2].update(state="beyond", in_set=False)
    doc["nodes"][0]["gate"]["acts"] = True
    return doc


def held():
    doc = document([0, 12_300, -45_000])
    doc["gate"] = gate(mode="enforce", state="held", hold=hold(), checks=checks(hold="an administrator holds it; 'timeguard gate release' ends the hold"))
    return doc


def no_cluster():
    doc = document([0], verdict="unproven", reason="not connected to corosync", remedy="Check 'systemctl status corosync'.",
                   connected=False, provider=False, quorate=False, votes=0, expected_votes=0, quorum=0, margin=0,
                   margin_without_qdevice=0, source=None, reference=None, smallest_provable_budget_ns=None, name="")
    doc["nodes"][0].update({key: None for key in (
        "offset_ns", "bound_low_ns", "bound_high_ns", "as_of_age_ms", "rate_ppb", "claim_ns", "root", "source", "stratum", "reach")},
        state="unproven", chrony=copy.deepcopy(CHRONY_GONE), in_set=False, gate=None, asked=[])
    doc["gate"].update(ha=None, would_run=None, backend="auto", checks=checks(quorum="this part of the cluster has no quorum"))
    doc["agent"]["node_id"] = 1
    doc["alerts"] = [alert("no-cluster", 0, "corosync does not answer", 4)]
    return doc


def sixteen():
    doc = document([i * 1_000 for i in range(16)], verdict="at-risk", reason="n16 follows another source",
                   quorum_flags=["two_node", "wait_for_all", "qdevice"], margin=8, margin_without_qdevice=7, source=None,
                   absent=["n17", "n18"])
    doc["nodes"][15].update(state="foreign-source", source="ntp.example.org", root="192.0.2.1", in_set=False)
    doc["nodes"][14].update(state="mute", agent=False, chrony=None, gate=None, asked=[], **{key: None for key in (
        "report_age_ms", "seq", "steps", "last_step_ns", "slew_ppb", "kernel", "c_ns", "boot_ns", "fingerprint", "gate_version", "time_zone",
        "offset_ns", "bound_low_ns", "bound_high_ns", "as_of_age_ms", "rate_ppb", "claim_ns", "root", "source", "stratum", "reach")})
    doc["alerts_more"] = 3
    doc["alerts"] = [alert("node-mute", 15, "n15 is a member and has not been heard for 60 s")]
    return doc


# a clear-screen sequence, a C1 control, a right-to-left override, a bell, a newline, an emoji-wide name, and a word without end
HOSTILE = "\x1b[2J\x1b]0;owned\x07 \u009b31m \u202egnirts \x7f\r\nn9 \u65e5\u672c\u8a9e " + "x" * 300


def hostile():
    doc = beyond()
    doc["cluster"].update(name=HOSTILE, reason=HOSTILE, remedy=HOSTILE, source=HOSTILE, absent=[HOSTILE], quorum_flags=[HOSTILE])
    doc["agent"]["version"] = HOSTILE
    for member in doc["nodes"]:
        member.update(name=HOSTILE[:60], reason=HOSTILE, root=HOSTILE, source=HOSTILE, time_zone=HOSTILE, fingerprint=HOSTILE)
        member["chrony"].update(ref_id=HOSTILE, address=HOSTILE, correction_s=1e300,
                                sources=[chrony_source(HOSTILE, mode=HOSTILE, state=HOSTILE, poll=-128)])
        member["gate"].update(backend=HOSTILE, flags=[HOSTILE])
        member["asked"] = [asked(HOSTILE, ref_id=HOSTILE), unanswered("silent", HOSTILE)]
    doc["gate"].update({key: HOSTILE for key in ("mode", "scope", "target", "backend", "why", "why_not", "blocked", "would_run", "failed")},
                       state="closed", ha={"state": "closed", "flags": [HOSTILE], "age_ms": 1, "detail": HOSTILE}, hold=hold(by=HOSTILE), close=hold(by=HOSTILE),
                       records=[record(uuid=HOSTILE, scope=HOSTILE, target=HOSTILE, stage=HOSTILE, owner=HOSTILE)],
                       checks=[{"name": HOSTILE, "met": False, "why": HOSTILE}])
    for entry in doc["alerts"]:
        entry.update(id=HOSTILE, node=HOSTILE, other=HOSTILE, reason=HOSTILE, remedy=HOSTILE)
    return doc


def split():
    doc = document([0, 3_000_000_000, -3_000_000_000], verdict="split", reason="no two of 3 nodes agree", reference=None)
    for member in doc["nodes"]:
        member.update(state="unproven", in_set=False, offset_ns=None, bound_low_ns=None, bound_high_ns=None)
    return doc


SAMPLES = {"agreed": agreed, "beyond": beyond, "no-cluster": no_cluster, "sixteen": sixteen, "hostile": hostile, "split": split, "closed": closed, "held": held}


def encode(doc):
    return json.dumps(doc, ensure_ascii=False).encode() + b"\n"


if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[1] != "--write":
        sys.exit("usage: documents.py --write DIR")
    for name, make in SAMPLES.items():
        with open(f"{sys.argv[2]}/{name}.json", "wb") as out:
            out.write(encode(make()))
