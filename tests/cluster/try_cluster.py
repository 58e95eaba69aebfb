#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The second half of packaging/try: makes the cluster, waits for its verdict, shows it, and tells the story if asked to."""

import argparse
import signal
import subprocess
import sys
import time

import network
import story
from lab import MAX_NODES, Lab, LabError

AGREED_S = 60


def arguments():
    parser = argparse.ArgumentParser(prog="packaging/try", description="A timeguard cluster on this machine.")
    parser.add_argument("--build", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--nodes", type=int, default=3, help=f"2 to {MAX_NODES}, default 3")
    ends = parser.add_mutually_exclusive_group()
    ends.add_argument("--once", action="store_true", help="take the cluster down again at once")
    ends.add_argument("--story", action="store_true", help="break and mend it before your eyes")
    a = parser.parse_args()
    if not 2 <= a.nodes <= MAX_NODES:
        parser.error(f"--nodes takes 2 to {MAX_NODES}, not {a.nodes}")
    return a


def say(text):
    print(text, flush=True)


def show_status(lab):
    """What an administrator sees on n1, with colours where the output is a terminal."""
    say("\nn1# timeguard status")
    node = lab.nodes[1]
    subprocess.run(node.space.argv(lab.timeguard, "status", "--socket", "/run/timeguard/status.sock"), check=False, timeout=10)
    say("")


def stay(lab):
    say("The cluster stays until Ctrl-C. To look around on a node, as root in another terminal:")
    for node in lab.nodes.values():
        say(f"  {node.name}: nsenter -t {node.space.holder.pid} -n -m   then: {lab.timeguard} status, chronyc -n tracking")
    while True:
        signal.pause()


def run(a):
    say(f"Making {a.nodes} nodes: corosync and chronyd on each, one internal NTP server")
    budget = story.BUDGET if a.story else "1s"
    conf = ["boot_grace = 0s"]
    if a.nodes == 2:  # no majority can choose the source
        conf += ["[source]", f"allow = {network.NTP}"]
    with Lab(a.nodes, a.build, budget=budget, conf_lines=conf) as lab:
        begin = time.monotonic()
        try:
            lab.wait_agreed(AGREED_S)
        except LabError:
            show_status(lab)
            raise
        say(f"All nodes agree, {time.monotonic() - begin:.1f} s after the last agent's start")
        show_status(lab)
        if a.story:
            story.tell(lab, say)
        elif not a.once:
            stay(lab)


def main():
    a = arguments()
    try:
        run(a)
    except (LabError, OSError, subprocess.SubprocessError) as error:
        print(f"try: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        say("\nAll taken down.")
        return 0 if not (a.once or a.story) else 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
