/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The table of alerts. One row an alert; the message ids were made for this project with `systemd-id128 new` and never
   change meaning. Remedies may use @NODE@ and @SOURCE@, which the teller fills in. What a raised alert says of its case (numbers,
   names) is its evidence, written where it is found; the long text (cause, effect, remedy) stands in the catalogs. */
#include <string.h>

#include <timeguard/alert.h>

#define S 1000 /* ms */
#define ROW(ID, NAME, SCOPE, LEVEL, RAISE, CLEAR, GRACE, MESSAGE_ID, REMEDY)                                                   \
        [TG_ALERT_##ID] = { .id = TG_ALERT_##ID,                                                                               \
                            .name = NAME,                                                                                      \
                            .scope = TG_SCOPE_##SCOPE,                                                                         \
                            .message_id = MESSAGE_ID,                                                                          \
                            .level = LEVEL,                                                                                    \
                            .raise_after_ms = RAISE,                                                                           \
                            .clear_after_ms = CLEAR,                                                                           \
                            .grace = GRACE,                                                                                    \
                            .remedy = REMEDY }

/* A pair is proven beyond one report before its culprit is: the cluster's own alerts wait for that. */
static const struct tg_alert_kind alert_kinds[TG_ALERT_COUNT] = {
        ROW(CLUSTER_BREACHED, "cluster-breached", CLUSTER, 3, 1500, 3 * S, false, "2ced5211f4104062a77e7f2b73c7f733",
            "Run 'timeguard status' and correct the clocks of the pairs it names; do not step a clock while an HA watchdog is "
            "armed."),
        ROW(CLUSTER_SPLIT, "cluster-split", CLUSTER, 2, 1500, 3 * S, false, "4a5040b9e8124bc08e7ce7e540f508bc",
            "Run 'timeguard status' and bring all nodes back to one source; do not step a clock while an HA watchdog is "
            "armed."),
        ROW(CLUSTER_UNPROVEN, "cluster-unproven", CLUSTER, 4, 30 * S, 5 * S, false, "3ff5531fb7144d66b3fce9a2807962d7",
            "Run 'timeguard status' and mend what it names as the reason: missing agents, lost quorum or an unreachable "
            "corosync."),
        ROW(BUDGET_UNPROVABLE, "budget-unprovable", CLUSTER, 4, 30 * S, 10 * S, false, "325d297b724c465796f36575eca24fee",
            "Raise 'budget' in /etc/timeguard/timeguard.conf above the smallest provable budget, or give corosync a quieter "
            "network."),
        ROW(TWO_AUTHORITIES, "two-authorities", CLUSTER, 3, 2 * S, 5 * S, false, "c17bef6808864f558d338e361d02da85",
            "Give every node the same 'server' line in /etc/chrony/chrony.conf; if the addresses are one server, declare them "
            "with 'alias' in section [source]."),
        ROW(SOURCE_CYCLE, "source-cycle", CLUSTER, 3, 2 * S, 5 * S, false, "0c6773d84c074743832a843c0dc6f9f0",
            "Remove from /etc/chrony/chrony.conf the 'server' and 'peer' lines by which the nodes follow each other, and name "
            "an internal source outside the cluster."),
        ROW(CONFIGURATION_DIFFERS, "configuration-differs", CLUSTER, 4, 5 * S, 5 * S, false, "630ef24ecf2647e4ae64e0a850445163",
            "Make /etc/timeguard the same on all nodes and run 'systemctl reload timeguard' on each."),
        ROW(NO_CLUSTER, "no-cluster", CLUSTER, 4, 5 * S, 2 * S, false, "0a640b8537934b8cb53316d4baa710a9",
            "Check 'systemctl status corosync' and 'corosync-quorumtool -s' on this node; timeguard reconnects by itself."),
        ROW(NOT_HEARD, "not-heard", CLUSTER, 4, 1 * S, 2 * S, false, "95cf6b66d44748f68a52ceb10bdb638d",
            "Check 'corosync-cfgtool -s' and the load of this node: corosync accepts messages and does not deliver them."),
        ROW(PENDING_STEP, "pending-step", CLUSTER, 2, 0, 30 * S, false, "1c569f5175f4414eb9f820ff7984e02b",
            "Run 'timeguard status' and check the time source before chronyd follows it; do not restart chronyd and do not run "
            "'chronyc makestep' while an HA watchdog is armed."),
        ROW(GATE_CLOSED, "gate-closed", CLUSTER, 2, 0, 1 * S, false, "8b6c80ed001446e5a49170e80d690aba",
            "Mend what 'timeguard status' names; the gate then opens by itself after gate.release, or at once with 'timeguard "
            "gate release'. Until then nothing fails over."),
        ROW(GATE_WOULD_CLOSE, "gate-would-close", CLUSTER, 3, 0, 30 * S, false, "8a931f851e8f4343a56c48fdca8bf07c",
            "Mend what 'timeguard status' names. To let timeguard block HA actions in such a case set 'mode = enforce' in "
            "section [gate] on all nodes."),
        ROW(GATE_BLOCKED, "gate-blocked", CLUSTER, 2, 2 * S, 30 * S, false, "330586e43a9c4d34aa5996ed9e085f6b",
            "Run 'timeguard gate' and remove what it names as the reason; mend the clocks that 'timeguard status' names."),
        ROW(GATE_FAILED, "gate-failed", CLUSTER, 2, 0, 60 * S, false, "a523c0f1e83349dcabcbd31594b83c79",
            "Run 'timeguard gate' and 'journalctl -u timeguard-gate*'; mend what failed, or run the command that it names by "
            "hand."),
        ROW(GATE_TAKEN, "gate-taken", CLUSTER, 4, 0, 1 * S, false, "b386c9f58ff541dfa986d7bbf8069211",
            "When the cluster shall be guarded again, run 'timeguard gate release'."),
        ROW(GATE_UNCLEAR, "gate-unclear", CLUSTER, 2, 0, 1 * S, false, "eecf083b2e5f4c2f8f9985b4e29d63ab",
            "If nobody wants HA to be blocked, open it by hand: 'ha-manager crm-command arm-ha' (Proxmox VE), 'crm_attribute "
            "-t crm_config -n maintenance-mode -D' (Pacemaker). If it shall stay so, do nothing."),
        ROW(GATE_MAX_HOLD, "gate-max-hold", CLUSTER, 2, 0, 1 * S, false, "e99dee742d03464a8d03c13e5e25c55e",
            "Run 'timeguard gate' to see what is not proven; decide whether the cluster can do without failover, else open "
            "with 'timeguard gate release' once the clocks agree."),
        ROW(NODE_BEYOND, "node-beyond", NODE, 2, 0, 3 * S, true, "29d18e4566a944739063fadf452439ae",
            "On @NODE@ run 'chronyc tracking' and 'chronyc sources'; correct its source, and do not step its clock while an HA "
            "watchdog is armed."),
        ROW(NODE_DRIFTING, "node-drifting", NODE, 4, 3 * S, 10 * S, true, "ca9a8af0697945239c24ed5cdda9108f",
            "On @NODE@ run 'chronyc tracking' and 'chronyc sources -v' and restore its source before the budget is crossed."),
        ROW(NODE_HOLDOVER, "node-holdover", NODE, 4, 2 * S, 5 * S, true, "263b404f4892485cbaaa9c95c82c452c",
            "On @NODE@ check that the time server answers: 'chronyc sources', 'chronyc activity'; chronyd itself goes on "
            "saying Normal."),
        ROW(NODE_UNSYNCHRONISED, "node-unsynchronised", NODE, 3, 2 * S, 5 * S, true, "21e685ae1c5a4d49890aa363406aab03",
            "On @NODE@ run 'systemctl status chrony' and 'chronyc sources'; without a source its clock is on its own."),
        ROW(NODE_LOCAL_CLOCK, "node-local-clock", NODE, 3, 2 * S, 5 * S, true, "968269b52156468caff00ac0f03997f5",
            "On @NODE@ remove 'local' from /etc/chrony/chrony.conf, or restore its source, and run 'systemctl restart chrony' "
            "when no HA watchdog is armed."),
        ROW(NODE_ORPHAN, "node-orphan", NODE, 3, 2 * S, 5 * S, true, "13d9b580609c43cfacc5c38978b579b7",
            "@NODE@ follows a node that runs on its own clock: restore the source of that node, or give @NODE@ the internal "
            "server."),
        ROW(NODE_FOREIGN_SOURCE, "node-foreign-source", NODE, 4, 2 * S, 5 * S, true, "2cfaad4032034516adc3c679ac1e07e3",
            "On @NODE@ replace @SOURCE@ in /etc/chrony/chrony.conf by the cluster's source; if it is the same server, declare "
            "it with 'alias' in section [source]."),
        ROW(NODE_PUBLIC_SOURCE, "node-public-source", NODE, 4, 2 * S, 5 * S, true, "3d91d348f806406d803f315b04fc16f0",
            "On @NODE@ replace @SOURCE@ in /etc/chrony/chrony.conf by the internal server, or allow it with 'allow' in section "
            "[source]."),
        ROW(NODE_DEFAULT_POOL, "node-default-pool", NODE, 4, 2 * S, 5 * S, true, "15722f847fea4db48ce04423e23a2c33",
            "On @NODE@ replace the line 'pool 2.debian.pool.ntp.org iburst' in /etc/chrony/chrony.conf by 'server ADDRESS "
            "iburst' with your internal server and run 'systemctl restart chrony' when no HA watchdog is armed."),
        ROW(NODE_CHRONY_SILENT, "node-chrony-silent", NODE, 4, 3 * S, 3 * S, true, "c618de44dd7a464487b678f1adbd40b6",
            "On @NODE@ run 'systemctl status chrony' and 'chronyc -h 127.0.0.1 tracking'; timeguard needs chronyd's command "
            "port ('cmdport 0' closes it)."),
        ROW(NODE_MUTE, "node-mute", NODE, 4, 10 * S, 2 * S, false, "86cc48df132644d598739ed1cfd0ff3f",
            "On @NODE@ install timeguard and run 'systemctl status timeguard'."),
        ROW(NODE_STEPPED, "node-stepped", NODE, 4, 0, 60 * S, true, "ae9f7515364144d2bdde42c049ef494d",
            "On @NODE@ look in the journal for who set the clock: chronyd (makestep), 'date -s', a hypervisor's guest tools."),
        ROW(NODE_OSCILLATOR, "node-oscillator", NODE, 4, 0, 60 * S, false, "8844830aeaf241e2ab33b1c3343aaf19",
            "On @NODE@ check /sys/devices/system/clocksource/clocksource0/current_clocksource and whether the machine is "
            "paused or migrated."),
        ROW(NODE_CLAIM_CONTRADICTED, "node-claim-contradicted", NODE, 3, 3 * S, 10 * S, true,
            "31ca12b6476a48bd99efa4e797c53cc6",
            "Both chronyds say that they are right and one is not: compare 'chronyc sources -v' on both nodes and who else "
            "sets the clock of @NODE@."),
        ROW(NODE_BAD_REPORT, "node-bad-report", NODE, 4, 0, 60 * S, false, "01f78561b406451a9e84b38f0c6a9123",
            "On @NODE@ see who besides timeguardd joins corosync's process group 'timeguard', and whether all nodes run one "
            "version of timeguard."),
        ROW(NODE_TWO_AGENTS, "node-two-agents", NODE, 4, 2 * S, 5 * S, false, "975bc086211a4129b49fac3f442cb712",
            "On @NODE@ stop the second agent: 'pgrep -a timeguardd'."),
        ROW(NODE_VERSION, "node-version", NODE, 5, 10 * S, 5 * S, false, "857ba96128b4409795b7451fcae2fee5",
            "Finish the upgrade: install one version of timeguard on all nodes."),
        ROW(NODE_STARTED_UNPROVEN, "node-started-unproven", NODE, 4, 0, 3 * S, false, "a5aca0c73f0c4a4aa562ee4c1140ef62",
            "On @NODE@ run 'timeguard status' and 'chronyc sources' and mend what they name; do not set its clock by hand "
            "while an "
            "HA watchdog is armed."),
};

const struct tg_alert_kind *tg_alert_kind(enum tg_alert_id id)
{
        return &alert_kinds[id];
}

const struct tg_alert_kind *tg_alert_kind_named(const char *name)
{
        for (size_t i = 0; i < TG_ALERT_COUNT; i++)
                if (!strcmp(alert_kinds[i].name, name))
                        return &alert_kinds[i];
        return NULL;
}
