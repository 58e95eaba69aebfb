# SPDX-License-Identifier: LGPL-2.1-or-later
"""The old release, and nodes of both. Part of test_standin.py."""

from lab import ALL, FROZEN, NEW, OLD, STARTED, Lab
from suite import require, require_equal, test


@test
def test_old_release_knows_no_disarm():
    lab = Lab((OLD,) * 3)
    require_equal((lab.services(), lab.master(), lab.markers()), (STARTED, "n1", ALL), "at rest")
    for words in (["disarm-ha", "freeze"], ["arm-ha"]):
        status, text, took = lab.ha_manager("n1", "crm-command", *words)
        require_equal(status, 255, "exit status")
        require(f"ERROR: unknown command 'ha-manager crm-command {words[0]}'" in text and took < 1, text)
    lab.run(40)
    require_equal(lab.services(), STARTED, "nothing happened")


@test
def test_old_master_cannot_parse_a_disarm():
    lab = Lab((OLD, NEW, NEW))
    require_equal((lab.master(), lab.ha_manager("n2", "crm-command", "disarm-ha", "freeze")[0]), ("n1", 0), "queued on a new node")
    lab.run(60)
    require_equal((lab.disarm(), lab.services(), lab.world.read("n1", "ha/crm_commands")), (None, STARTED, ""), "lost")
    require(lab.logged("unable to parse crm command: disarm-ha freeze"), "the master's log")


@test
def test_old_lrm_never_reports_disarm():
    lab = Lab((NEW, NEW, OLD))
    lab.ha_manager("n1", "crm-command", "disarm-ha", "freeze")
    lab.run(300)
    require_equal((lab.disarm(), lab.services(), lab.lrm("n3")), ("disarming", FROZEN, ("active", "active")), "for ever")
    require_equal(lab.markers(), ["n1", "n3"], "the old LRM and the master stay armed")


@test
def test_old_master_forgets_a_disarm():
    lab = Lab((NEW, OLD, NEW), guests={"vm:101": "n1", "vm:103": "n3"})
    lab.ha_manager("n1", "crm-command", "disarm-ha", "freeze")
    lab.run(40)
    lab.unit("n1", "pve-ha-crm").stop()
    lab.until(lambda: lab.master() in ("n2", "n3"), 20, "a master")
    if lab.master() == "n3":
        lab.unit("n3", "pve-ha-crm").stop()
        lab.until(lambda: lab.master() == "n2", 20, "the old one")
    lab.until(lambda: lab.disarm() is None, 15, "manager_status without a disarm")
    lab.until(lambda: set(lab.services().values()) == {"started"}, 40, "HA acts again, asked by nobody")
