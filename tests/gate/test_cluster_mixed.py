#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The gate on three machines whose releases of Proxmox HA differ, as during an upgrade: one does not know disarm-ha.
Usage: test_cluster_mixed.py --build DIRECTORY [NAME...]"""

import sys

from onmachines import SECOND, main, using
from stacks import CLOSE_S, Proxmox

from suite import require_equal, test  # by the search path of box.py

MIXED = ("5.2.0", "4.0.6", "5.1.3")


@test
def each_node_closes_itself(lab):
    """A disarm-ha would wait for the old node for ever, and keep the daemons of the others from being stopped."""
    with using(lab, Proxmox, MIXED) as p:
        mark, master = lab.now_s(), p.master()
        lab.step(1, 10 * SECOND)
        lab.wait_closed(mark, CLOSE_S)
        took_s = lab.now_s() - mark
        units = {name: (p.units(name)["pve-ha-lrm"], p.units(name)["pve-ha-crm"]) for name in p.versions}
        require_equal((set(units.values()), p.armed()), ({("inactive", "inactive")}, []), f"units {units}, watchdogs")
        require_equal((p.calls(), p.master()), ([], master), "runs of ha-manager, master")
        p.check_last(master, mark)
        require_equal("disarm" in p.manager_status(), False, "a disarm, however far it came")
        lab.mend(1)
        lab.wait_opened(mark, 120)
        p.wait_armed()
        require_equal((lab.alerts("gate-failed", mark), p.calls(), p.resets()), ({}, [], []), "failures told, runs of ha-manager, resets")
        return f"closed after {took_s:.1f} s"


if __name__ == "__main__":
    sys.exit(main())
