/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Bringing the verdict up to date: silence by local time, then the rules, then the alerts about messages rather than clocks. */
#include <stdio.h>
#include <string.h>

#include "node_private.h"
#include "text.h"

#define BAD_SAID_NS (10 * TG_NS_PER_S)

void tg_node_hush(struct tg_node *node)
{
        int64_t now = node->clock.last.raw_ns, patience = tg_node_patience_ns(node);

        for (uint32_t i = 0; i < node->view.n; i++) {
                struct tg_member *m = &node->view.members[node->view.order[i]];

                if (!m->fresh || now - m->heard_raw_ns <= patience)
                        continue;
                tg_view_silence(&node->view, node->view.order[i]);
                node->dirty = true;
        }
}

static void raise_node(struct tg_node *node, enum tg_alert_id id, int slot, const char *reason)
{
        struct tg_evidence evidence = { .node_id = slot < TG_NODES_MAX ? node->view.members[slot].id : 0 };

        snprintf(evidence.reason, sizeof evidence.reason, "%s", reason);
        tg_alerts_set(&node->alerts, id, slot, &evidence);
}

/* What is known of messages rather than of clocks. */
static void judge_messages(struct tg_node *node)
{
        int64_t now = node->clock.last.raw_ns;
        char reason[TG_REASON_MAX], age[TG_NUMBER_MAX];

        for (uint32_t i = 0; i < node->view.n; i++) {
                int slot = node->view.order[i];
                const struct tg_member *m = &node->view.members[slot];

                if (node->bad[slot].n && now - node->bad[slot].raw_ns <= BAD_SAID_NS)
                        raise_node(node, TG_ALERT_NODE_BAD_REPORT, slot, node->bad[slot].reason);
                if (m->agents < 2)
                        continue;
                snprintf(reason, sizeof reason,
                         "%u agents of node %u are in the process group; only the one with pid %u counts", m->agents, m->id,
                         m->pid);
                raise_node(node, TG_ALERT_NODE_TWO_AGENTS, slot, reason);
        }
        if (node->connected && node->heard_seq != node->seq && now - node->unheard_raw_ns > tg_node_patience_ns(node)) {
                snprintf(reason, sizeof reason,
                         "corosync has not delivered this node's own reports for %s: %u are on their way",
                         tg_ns_text(now - node->unheard_raw_ns, age), node->seq - node->heard_seq);
                raise_node(node, TG_ALERT_NOT_HEARD, TG_ALERT_CLUSTER_SLOT, reason);
        }
}

void tg_node_on_let_pass(struct tg_node *node, const struct tg_event *event)
{
        (void)event;
        node->let_pass = node->dirty = true;
}

/* As 'timeguard wait' judges it. */
static bool is_proven(const struct tg_verdict *verdict, int slot)
{
        return verdict->nodes[slot].state == TG_NODE_OK && verdict->agreement.in_set[slot] &&
               (verdict->cluster == TG_CLUSTER_AGREED || verdict->cluster == TG_CLUSTER_AT_RISK);
}

/* Nobody else knows of it. While the own id is not known it waits. */
static void judge_start(struct tg_node *node)
{
        int self = tg_node_self(node);
        char reason[TG_REASON_MAX];

        if (!node->let_pass || self < 0)
                return;
        if (is_proven(&node->verdict, self)) {
                node->let_pass = false;
                return;
        }
        snprintf(reason, sizeof reason,
                 "HA services were started although the time of this node was not proven; it is %s: %.300s",
                 tg_node_state_text(node->verdict.nodes[self].state), node->verdict.nodes[self].reason);
        raise_node(node, TG_ALERT_NODE_STARTED_UNPROVEN, self, reason);
}

struct tg_situation tg_node_situation(const struct tg_node *node)
{
        int64_t now = node->clock.last.raw_ns;

        return (struct tg_situation){
                .view = &node->view,
                .options = &node->options,
                .quorum = &node->quorum,
                .connected = node->connected,
                .settled = now - node->quiet_raw_ns > tg_node_patience_ns(node),
                .self = tg_node_self(node),
                .now_raw_ns = now,
                .now_real_ns = node->clock.last.real_ns,
        };
}

void tg_node_judge(struct tg_node *node)
{
        int64_t now = node->clock.last.raw_ns;
        bool in_grace[TG_ALERT_SLOTS] = { false };
        struct tg_situation s = tg_node_situation(node);

        tg_alerts_begin(&node->alerts);
        tg_verdict_evaluate(&node->verdict, &s, &node->alerts);
        tg_gate_judge(&node->gate, &s, &node->verdict.agreement, &node->alerts);
        judge_messages(node);
        judge_start(node);
        for (uint32_t i = 0; i < node->view.n; i++)
                in_grace[node->view.order[i]] = node->verdict.nodes[node->view.order[i]].in_grace;
        tg_alerts_settle(&node->alerts, in_grace, now, s.now_real_ns);
        for (uint32_t i = 0; i < node->view.n; i++)
                node->view.members[node->view.order[i]].kept = tg_alerts_any(&node->alerts, node->view.order[i]);
        node->dirty = node->urgent = false;
        node->judged_raw_ns = now;
}
