# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the status of every node says of one node, and within which time after its chronyd shows it."""

import time

from testing import require, require_equal
from watch import validate

SHOWN_S = 5
CHRONYD_S = 30


def refid(address):
    return "".join(f"{int(part):02X}" for part in address.split("."))


def follows(node, address):
    return lambda: node.tracking()[0] == refid(address)


def selects(node, mark):
    """chronyd marks its one source so: '*' selected, '?' not usable."""
    return lambda: f",{mark}," in node.chronyc("-c", "sources", check=False)


def seen_as(document, number, state, alert, words):
    """What the status says of a node, against what it should; '' when that is it."""
    node = next((n for n in document["nodes"] if n["id"] == number), None)
    if not node or node["state"] != state:
        return f"n{number} is {node and node['state']} instead of {state}: {node and node['reason']}"
    missing = [w for w in words if w not in node["reason"]]
    if missing:
        return f"the reason does not say {missing}: {node['reason']}"
    if alert and not any(a["id"] == alert and a["node_id"] in (number, None) for a in document["alerts"]):
        return f"no alert {alert}: {[a['id'] for a in document['alerts']]}"
    return ""


def wait_seen(lab, number, state, alert, words, limit_s=SHOWN_S):
    """Until all nodes say so; the seconds that it took."""
    begin, last = time.monotonic(), {}

    def seen():
        for observer in lab.nodes:
            document = lab.status(observer)
            if document:
                validate(document)
            last[observer] = seen_as(document, number, state, alert, words) if document else "no status"
        return not any(last.values())
    while not seen():
        require(time.monotonic() - begin <= limit_s, f"{limit_s} s after chronyd shows it: {last}")
        time.sleep(0.05)
    return time.monotonic() - begin


def log_marks(lab):
    """Where each node's log ends now."""
    return {n: len(node.alerts()) for n, node in lab.nodes.items()}


def check_texts(lab, alert, number, remedy_words, marks):
    """The alert in the status has a remedy for that node, and it is in every log once since the marks."""
    for observer, node in lab.nodes.items():
        raised = next(a for a in lab.status(observer)["alerts"] if a["id"] == alert)
        if raised["node"]:
            require(f"n{number}" in raised["remedy"], f"remedy for another: {raised['remedy']}")
        for word in remedy_words:
            require(word in raised["remedy"], f"the remedy does not say '{word}': {raised['remedy']}")
        line = f"timeguard[{alert} raised]"
        lab.wait_for(lambda node=node, n=observer: line in node.alerts()[marks[n]:], 2, f"{alert} in the log of n{observer}")
        require_equal(node.alerts()[marks[observer]:].count(line), 1, f"how often {alert} was raised in the log of n{observer}")


def others_are(lab, number, state="ok"):
    for observer in lab.nodes:
        found = {n["name"]: n["state"] for n in lab.status(observer)["nodes"] if n["id"] != number}
        require_equal(set(found.values()), {state}, f"the others by n{observer}: {found}")
