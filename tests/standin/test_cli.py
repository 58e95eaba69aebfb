# SPDX-License-Identifier: LGPL-2.1-or-later
"""ha-manager. Part of test_standin.py."""

import lab as labs
from lab import NEW, OLD, Lab, disarmed
from suite import require, require_equal, test


@test
def test_cli_without_quorum():
    for version in (NEW, OLD):
        lab = Lab((version,) * 3)
        lab.partition("n1 n2", "n3")
        status, text, took = lab.ha_manager("n3", "crm-command", "node-maintenance", "enable", "n1")
        require_equal(status, 13, "exit status")
        require(text.endswith("cfs-lock 'domain-ha' error: no quorum!\n"), text)
        require(9 <= took <= 11, f"it took {took} s")
        require("quorum No quorum on node 'n3'!" in lab.ha_manager("n3", "status")[1], "status")


@test
def test_cli_with_a_busy_lock():
    lab = Lab()
    lab.world.lock_call("mkdir", "n3", "domain-ha", lab.world.wall("n3"))
    status, text, took = lab.ha_manager("n2", "crm-command", "disarm-ha", "freeze")
    require_equal((status, lab.world.read("n1", "ha/crm_commands") or ""), (17, ""), "exit status")
    require("error: got lock request timeout" in text and 9 <= took <= 11, f"{took} s: {text}")
    lab.world.lock_call("rmdir", "n3", "domain-ha")
    require_equal(lab.ha_manager("n2", "crm-command", "disarm-ha", "freeze")[0], 0, "free again")
    require("domain-ha" not in lab.world.locks, "it is given back")


@test
def test_cli_commands():
    lab = Lab()
    wrong = [["crm-command", "disarm-ha"], ["crm-command", "disarm-ha", "soft"], ["crm-command", "arm-ha", "now"],
             ["crm-command", "node-maintenance", "enable", "n9"], ["crm-command", "node-maintenance", "disable"],
             ["crm-command", "migrate", "vm:101"], ["relocate", "vm:999", "n1"], ["crm-command", "stop", "vm:101", "soon"]]
    for words in wrong:
        status, text, _ = lab.ha_manager("n1", *words)
        require_equal((status, text.split("\n", maxsplit=1)[0]), (255, "400 Parameter verification failed."), " ".join(words))
    for words in ([], ["crm-command"], ["crm-command", "node-maintenance"], ["arm-ha"], ["crm-command", "resume"]):
        status, text, _ = lab.ha_manager("n1", *words)
        require(status == 255 and text.startswith("ERROR: "), f"{words}: {status} {text}")
    require_equal(lab.world.read("n1", "ha/crm_commands") or "", "", "nothing was queued")


@test
def test_cli_status():
    lab = Lab()
    text = lab.ha_manager("n2", "status")[1]
    for line in ("quorum OK", "master n1 (active, ", "fencing armed (CRM watchdog active)", "lrm n2 (active, watchdog active, ",
                 "service vm:103 (n3, started)"):
        require(line in text, f"{line!r} in {text}")
    lab = disarmed()
    text = lab.ha_manager("n2", "status")[1]
    for line in ("fencing disarmed, resource mode: freeze (CRM watchdog released)", "lrm n2 (disarm mode, watchdog released, "):
        require(line in text, f"{line!r} in {text}")
    lab = Lab((OLD,) * 3)
    lab.step("n2", -20)
    require("master n1 (detected time drift!, " in lab.ha_manager("n2", "status")[1], "drift")
    lab.step("n2", 65)
    text = lab.ha_manager("n2", "status")[1]
    require("lrm n1 (old timestamp - dead?, " in text and "fencing" not in text and "watchdog" not in text, text)


@test
def test_cli_status_of_ages():
    lab = Lab()
    status = labs.cli.Status(lab.world, "n1", lab.world.nodes["n1"].table)
    now_s = lab.world.wall("n1")
    for age_s, text in ((30, "active"), (31, "old timestamp - dead?"), (-2, "active"), (-3, "detected time drift!")):
        require_equal(status.age(now_s - age_s), text, f"{age_s} s")
