#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Whom the nodes follow: each way to follow the wrong source has a state, an alert and a text of its own, on every node's status at
most 5 s after chronyd shows it, and goes when it is mended."""

import signal
import sys

import network
from seen import CHRONYD_S, SHOWN_S, check_texts, follows, log_marks, others_are, refid, wait_seen
from testing import Group, main, require, require_equal
from watch import Watch

POOL_NAME = "2.debian.pool.ntp.org"


def one_node(lab, number, address, state, alert, words, remedy=(), restart=False):
    """A node that follows another address, seen and mended."""
    node, marks = lab.nodes[number], log_marks(lab)
    with Watch(lab) as watch:
        node.set_sources([address], restart=restart)
        lab.wait_for(lambda: node.tracking()[0] not in ("", "00000000", refid(network.NTP), "7F7F0101"), CHRONYD_S, f"n{number} on {address}")
        took_s = wait_seen(lab, number, state, alert, words)
        others_are(lab, number)
        check_texts(lab, alert, number, remedy, marks)
        require_equal(lab.status(1)["cluster"]["verdict"], "at-risk", "verdict")
        node.set_sources([network.NTP], restart=restart)
    watch.require_no_blame()
    return f"{took_s:.1f} s after chronyd showed it"


def test_other_source(lab):
    """Another internal server: foreign, with both named."""
    return one_node(lab, 3, network.OTHER, "foreign-source", "node-foreign-source", [network.OTHER, network.NTP], ["alias"])


def test_public_source(lab):
    return one_node(lab, 3, network.PUBLIC, "foreign-source", "node-public-source", [network.PUBLIC, "public"], [network.PUBLIC])


def test_undeclared_alias(lab):
    """Two addresses of one server, as long as nobody has said so."""
    return one_node(lab, 2, network.NTP_ALIAS, "foreign-source", "node-foreign-source", [network.NTP_ALIAS, network.NTP], ["alias"])


def test_default_pool(lab):
    """The line that Debian ships. The name is resolved by a hosts file in the node's own mount namespace: in an /etc of its own, as
    a machine need not have that file."""
    node = lab.nodes[3]
    hosts = node.file("hosts", f"127.0.0.1 localhost\n{network.PUBLIC} {POOL_NAME}\n")
    node.space.run("sh", "-ec", "mkdir -p /run/etc; find /etc -maxdepth 1 ! -type d -exec cp -P -t /run/etc {} +; "
                   f"cp --remove-destination {hosts} /run/etc/hosts; mount --bind /run/etc /etc")
    try:
        return one_node(lab, 3, POOL_NAME, "foreign-source", "node-default-pool", [POOL_NAME, "pool", "Debian"],
                        ["pool 2.debian.pool.ntp.org iburst", "server ADDRESS"], restart=True)
    finally:
        node.space.run("umount", "--lazy", "/etc")  # chronyd may read there just now


def reconfigure(lab, lines):
    """Other options for all nodes, by a reload."""
    for node in lab.nodes.values():
        node.configure(lines)
        node.agent.signal(signal.SIGHUP)


def test_declared_alias(lab):
    """Declared as one server, the same two addresses are no alert; and by any name it is the cluster's one root."""
    reconfigure(lab, ["[source]", f"alias = {network.NTP} {network.NTP_ALIAS}"])
    marks = log_marks(lab)
    with Watch(lab) as watch:
        lab.nodes[2].set_sources([network.NTP_ALIAS])
        lab.wait_for(follows(lab.nodes[2], network.NTP_ALIAS), CHRONYD_S, "n2 on the alias")
        seq = {n["id"]: n["seq"] for n in lab.status(1)["nodes"]}
        # As long as an undeclared one takes to be told, and some more.
        lab.wait_for(lambda: all(n["seq"] > seq[n["id"]] + SHOWN_S for n in lab.status(1)["nodes"]), 15, "some seconds of reports")
        for observer in lab.nodes:
            document = lab.status(observer)
            require_equal({n["state"] for n in document["nodes"]}, {"ok"}, "states")
            require_equal(len({n["root"] for n in document["nodes"]}), 1, "roots")
            own = next(n for n in document["nodes"] if n["id"] == 2)
            require_equal(own["source"], network.NTP_ALIAS, "the source as it is")
        lab.nodes[2].set_sources([network.NTP])
        lab.wait_for(follows(lab.nodes[2], network.NTP), CHRONYD_S, "n2 back")
    watch.require_no_blame()
    for n, node in lab.nodes.items():
        require("node-foreign-source" not in node.alerts()[marks[n]:], f"n{n} raised an alert about the alias")
    reconfigure(lab, [])


def test_denied_source(lab):
    """A private source that source.allow does not list."""
    reconfigure(lab, ["[source]", f"allow = {network.NTP}"])
    result = one_node(lab, 3, network.OTHER, "foreign-source", "node-foreign-source", [network.OTHER, "source.allow"])
    reconfigure(lab, [])
    return result


def test_two_authorities(lab):
    """Two of three on another server: the minority is foreign; with a third of its own nobody is right."""
    lab.nodes[2].set_sources([network.OTHER])
    lab.nodes[3].set_sources([network.OTHER])
    for number in (2, 3):
        lab.wait_for(follows(lab.nodes[number], network.OTHER), CHRONYD_S, f"n{number} on the other server")
    wait_seen(lab, 1, "foreign-source", "node-foreign-source", [network.NTP, network.OTHER])
    lab.nodes[2].set_sources([network.PUBLIC])
    lab.wait_for(follows(lab.nodes[2], network.PUBLIC), CHRONYD_S, "n2 on the public server")
    lab.wait_for(lambda: all(any(a["id"] == "two-authorities" for a in lab.status(n)["alerts"]) for n in lab.nodes), SHOWN_S, "two-authorities")
    require_equal(lab.status(1)["cluster"]["verdict"], "at-risk", "verdict")
    for number in (2, 3):
        lab.nodes[number].set_sources([network.NTP])


def test_combined_sources(lab):
    """chronyd names the selected source alone, but follows the combined ones too."""
    node = lab.nodes[3]
    node.set_sources([network.NTP, network.OTHER])

    def combined():
        text = node.chronyc("-c", "sources")
        return ",*," in text and ",+," in text
    lab.wait_for(combined, CHRONYD_S, "n3 with a combined source")
    wait_seen(lab, 3, "foreign-source", "node-foreign-source", ["several", network.OTHER])
    node.set_sources([network.NTP])


GROUPS = [Group(test_other_source, test_public_source, test_undeclared_alias, test_default_pool, test_declared_alias,
                test_denied_source, test_two_authorities, test_combined_sources)]

if __name__ == "__main__":
    sys.exit(main(GROUPS))
