#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""gate.health on three machines: what the agents tell real pacemaker of their clocks, and what its policy makes of that.
Usage: test_cluster_health.py --build DIRECTORY [NAME...]"""

import sys

import pacemaker
from onmachines import SECOND, main, using
from stacks import Pacemaker

from suite import require, require_equal, test  # by the search path of box.py

TOLD_S = 90
MOVED_S = 30


class Told(Pacemaker):
    options = (*Pacemaker.options, "health = yes")


def until(lab, p, wanted):
    """Until it is told so; meanwhile there is never a majority of red nodes."""
    def told():
        now = p.health()
        require(list(now.values()).count("red") <= 1, f"red: {now}")
        return now == wanted
    lab.wait_for(told, TOLD_S, f"{wanted}", 0.2)


@test
def only_a_minority_is_red_and_loses_its_resources(lab):
    with using(lab, Told, mode="observe") as p:
        p.option("node-health-strategy", "migrate-on-red")
        until(lab, p, {1: "green", 2: "green", 3: "green"})
        p.add_dummy("d1", 3)
        lab.step(3, 30 * SECOND)
        until(lab, p, {1: "green", 2: "green", 3: "red"})
        lab.wait_for(lambda: p.where("d1") in ([1], [2]), MOVED_S, "d1 away from n3")
        # another one's turn: n1 may be red only once n3 has told that it is so no more
        lab.mend(3)
        lab.step(1, 30 * SECOND)
        until(lab, p, {1: "red", 2: "green", 3: "green"})
        lab.wait_for(lambda: p.where("d1") == [3], MOVED_S, "d1 back on n3")
        lab.mend(1)
        until(lab, p, {1: "green", 2: "green", 3: "green"})
        require_equal(p.read_option("maintenance-mode"), "", "maintenance-mode: it only observes")


if __name__ == "__main__":
    sys.exit(main(pacemaker.missing))
