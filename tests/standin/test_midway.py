# SPDX-License-Identifier: LGPL-2.1-or-later
"""What comes between a command and its end. Part of test_standin.py."""

from lab import ALL, FROZEN, STARTED, Lab, disarmed
from suite import require_equal, test


@test
def test_disarming_survives_the_master():
    """The next master takes over midway: it opens a watchdog, goes on where the last one was, and lets go of it."""
    for powered in (True, False):
        lab = Lab()
        lab.ha_manager("n3", "crm-command", "disarm-ha", "freeze")
        lab.until(lambda: lab.disarm() == "disarming", 11, "disarming")
        if powered:
            lab.unit("n1", "pve-ha-crm").stop()
        else:
            lab.hosts["n1"].power_off()
            lab.partition("n2 n3")
        lab.until(lambda: lab.master() in ("n2", "n3"), 150, "another master")
        lab.until(lambda: lab.disarm() == "disarmed", 40, "disarmed")
        lab.run(0.5)
        require_equal(len(lab.logged("pve-ha-crm: watchdog active")), 2, "watchdogs of masters")
        require_equal((lab.markers(), lab.services(), lab.crm(lab.master()).arming), ([], FROZEN, "disarmed"), "afterwards")


@test
def test_what_is_queued_waits_for_a_master():
    """As long as there is none that reads it, and then it counts, however old it is; without quorum nothing more is taken."""
    for quorum in (True, False):
        lab = Lab()
        for name in ALL if quorum else ():
            lab.unit(name, "pve-ha-crm").stop()
        lab.run(15 if quorum else 0)
        require_equal(lab.ha_manager("n2", "crm-command", "disarm-ha", "freeze")[0], 0, "disarm-ha")
        if not quorum:
            lab.partition("n1", "n2", "n3")
        lab.run(600 if quorum else 30)
        require_equal([lab.world.read(name, "ha/crm_commands") for name in ALL], ["disarm-ha freeze\n"] * 3, "crm_commands")
        if not quorum:
            require_equal(lab.ha_manager("n2", "crm-command", "arm-ha")[0], 13, "arm-ha without quorum")
            lab.partition("n1 n2 n3")
        for name in ALL if quorum else ():
            lab.unit(name, "pve-ha-crm").start()
        lab.until(lambda: lab.disarm() == "disarmed", 200, "disarmed")
        require_equal(lab.world.read("n1", "ha/crm_commands"), "", "crm_commands, read")


@test
def test_arm_and_disarm_read_at_once():
    """The last one counts; nobody has seen the first, and the mode is that of the last."""
    lab = disarmed()
    since = lab.now()
    for words in (["arm-ha"], ["disarm-ha", "ignore"]):
        require_equal(lab.ha_manager("n1", "crm-command", *words)[0], 0, words)
    states = set()
    for _ in range(120):
        lab.run(0.25)
        states.add((lab.disarm(), tuple(lab.markers()), lab.lrm("n2")))
    require_equal(states, {("disarmed", (), ("wait_for_agent_lock", "disarm"))}, "what was seen")
    require_equal((lab.status()["disarm"]["mode"], lab.services(), lab.actions(since)), ("ignore", FROZEN, []), "mode, services, actions")


@test
def test_disarm_waits_for_ever_for_a_migration_that_nobody_begins():
    """An LRM that lagged behind reads of the disarm before it has begun the migration: it lets go, and the manager waits for it."""
    lab = Lab()
    lab.step("n2", -40)  # it stands still for so long
    lab.run(1)
    lab.ha_manager("n1", "crm-command", "migrate", "vm:102", "n3")
    lab.until(lambda: lab.services()["vm:102"] == "migrate", 11, "migration")
    lab.ha_manager("n1", "crm-command", "disarm-ha", "freeze")
    lab.run(600)
    require_equal((lab.disarm(), lab.services()), ("disarming", {**STARTED, "vm:102": "migrate"}), "ten minutes later")
    require_equal((lab.lrm("n2"), lab.markers()), (("wait_for_agent_lock", "disarm"), ["n1"]), "its LRM, watchdogs")
    lab.ha_manager("n1", "crm-command", "arm-ha")
    lab.until(lambda: lab.services() == STARTED and lab.markers() == ALL, 60, "armed")
    require_equal(lab.world.guests["vm:102"].node, "n3", "where it went")
