# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a row of the table of faults may expect to be seen, in words: "VIEWERS: FACT", where a viewer is the number of a node and a fact is one of

    verdict WORD        the cluster's verdict
    nK WORD             the state of a node, or that it is absent from the ring
    alert NAME [nK]     an active alert
    gate WORD           what lets HA actions through: open, closed, ...
    no answer           there is no agent to ask
    provable MS         the smallest budget that could be proven is told, and is larger than so many milliseconds
    lives               it answers"""


def split(text):
    viewers, _, fact = text.partition(":")
    return [int(word) for word in viewers.split()], fact.split()


def holds(words, document):
    """Whether a document shows the fact."""
    if words == ["no", "answer"]:
        return document is None
    if document is None:
        return False
    if words == ["lives"]:
        return True
    if words[0] == "verdict":
        return document["cluster"]["verdict"] == words[1]
    if words[0] == "provable":
        return (document["cluster"]["smallest_provable_budget_ns"] or 0) > int(words[1]) * 1000000
    if words[0] == "gate":
        return document["gate"] == words[1]
    if words[0] == "alert":
        return any(a["id"] == words[1] and (len(words) < 3 or a["node"] == words[2]) for a in document["alerts"])
    name, state = words
    if state == "absent":
        return name in document["cluster"]["absent"]
    return any(n["name"] == name and n["state"] == state for n in document["nodes"])


def agreed(document, numbers):
    """All is well: every node is ok, on one source, and nothing is absent."""
    if document is None:
        return False
    cluster = document["cluster"]
    ok = sorted(n["id"] for n in document["nodes"] if n["state"] == "ok" and n["source"])
    return cluster["connected"] and cluster["verdict"] == "agreed" and bool(cluster["source"]) and not cluster["absent"] and ok == sorted(numbers)
