/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The core of one node: each event goes to its handler by one table, then the verdict is brought up to date if the view changed, then
   a report is composed if one is due. All times are RAW of the event's look.
   Judging waits for the next look (a tenth of a second) unless a pair's verdict changed, so that 64 reports in one second cost ten
   evaluations and not 64. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "claim.h"
#include "node_private.h"
#include "text.h"

#define EVENT_SPACING_NS (200 * TG_NS_PER_MS) /* at most five reports a second */
#define UNHEARD_MAX      10 /* more reports on their way than that: corosync delivers nothing, send one in five */
#define JUDGE_NS         (500 * TG_NS_PER_MS) /* what depends on time alone is looked at twice a second */
#define BAD_SAID_NS      (10 * TG_NS_PER_S)
#define ANSWER_PERCENT   10 /* a peer's step of that share of the budget is answered at once */

int tg_node_self(const struct tg_node *node)
{
        return tg_view_find(&node->view, node->identity.node_id);
}

static int64_t patience_ns(const struct tg_node *node)
{
        return node->options.mute_after_ns + (int64_t)(node->topology.token_ms + node->topology.consensus_ms) * TG_NS_PER_MS;
}

static void take_options(struct tg_node *node, const struct tg_options *options)
{
        node->options = *options;
        node->fingerprint = tg_options_fingerprint(options);
        node->view.budget_ns = options->budget_ns;
        node->view.patience_ns = patience_ns(node);
        tg_view_judge(&node->view);
        node->dirty = true;
}

/* ---- the ring ---- */

static void begin_quiet(struct tg_node *node)
{
        node->quiet_raw_ns = node->clock.last.raw_ns;
        node->wants_report = true;
}

static void on_ring(struct tg_node *node, const struct tg_event *event)
{
        node->connected = true;
        if (tg_ring_id_equal(node->view.ring, event->ring))
                return;
        tg_view_ring(&node->view, event->ring);
        for (int i = 0; i < TG_NODES_MAX; i++)
                node->links[i].heard_in_ring = false;
        begin_quiet(node);
}

/* The member of that id, made if need be; NULL when there is no room. */
static struct tg_member *member_for(struct tg_node *node, uint32_t id)
{
        int slot = tg_view_slot(&node->view, id);
        struct tg_member *m = slot < 0 ? NULL : &node->view.members[slot];

        if (m && !m->name[0])
                snprintf(m->name, sizeof m->name, "node%u", id);
        return m;
}

static void on_members(struct tg_node *node, const struct tg_event *event)
{
        node->connected = true;
        for (uint32_t i = 0; i < node->view.n; i++) {
                struct tg_member *m = &node->view.members[node->view.order[i]];

                m->agents = 0;
                m->pid = 0;
        }
        for (uint32_t i = 0; i < event->members.n && i < TG_GROUP_MEMBERS_MAX; i++) {
                struct tg_member *m = member_for(node, event->members.list[i].node_id);

                /* of two agents on a node the one with the lower pid counts, on every node alike */
                if (m && (!m->agents++ || event->members.list[i].pid < m->pid))
                        m->pid = event->members.list[i].pid;
        }
        node->dirty = true;
}

static void on_quorum(struct tg_node *node, const struct tg_event *event)
{
        const struct tg_quorum *q = event->quorum;
        bool was_present[TG_NODES_MAX] = { false };

        node->quorum = *q;
        node->connected = true;
        for (uint32_t i = 0; i < node->view.n; i++) {
                was_present[node->view.order[i]] = node->view.members[node->view.order[i]].present;
                node->view.members[node->view.order[i]].present = false;
        }
        for (uint32_t i = 0; i < q->n_nodes && i < TG_NODES_MAX; i++) {
                struct tg_member *m = member_for(node, q->nodes[i].node_id);

                if (!m)
                        continue;
                /* votequorum does not know the votes of a node that it has never seen */
                m->votes = q->nodes[i].votes || (q->provider && q->nodes[i].member) ? q->nodes[i].votes : 1;
                m->present = q->nodes[i].member;
        }
        for (uint32_t i = 0; i < node->view.n; i++) {
                int slot = node->view.order[i];

                if (was_present[slot] && !node->view.members[slot].present)
                        tg_view_silence(&node->view, slot);
        }
        node->dirty = true;
}

static void on_topology(struct tg_node *node, const struct tg_event *event)
{
        const struct tg_topology *t = event->topology;

        node->topology = *t;
        node->view.patience_ns = patience_ns(node);
        for (uint32_t i = 0; i < node->view.n; i++)
                node->view.members[node->view.order[i]].configured = false;
        for (uint32_t i = 0; i < t->n_nodes && i < TG_NODES_MAX; i++) {
                struct tg_member *m = member_for(node, t->nodes[i].node_id);

                if (!m)
                        continue;
                m->configured = true;
                if (t->nodes[i].name[0])
                        memcpy(m->name, t->nodes[i].name, sizeof m->name);
                m->n_addresses = t->nodes[i].n_addresses;
                memcpy(m->addresses, t->nodes[i].addresses, sizeof m->addresses);
        }
        node->dirty = true;
}

static void on_disconnected(struct tg_node *node, const struct tg_event *event)
{
        (void)event;
        node->connected = false;
        node->view.ring = (struct tg_ring_id){ 0 };
        node->heard_seq = node->seq; /* what was on its way is lost */
        for (uint32_t i = 0; i < node->view.n; i++) {
                int slot = node->view.order[i];

                node->view.members[slot].present = slot == tg_node_self(node);
                node->view.members[slot].agents = 0;
                tg_view_silence(&node->view, slot);
                node->links[slot].heard_in_ring = false;
        }
        begin_quiet(node);
        node->dirty = true;
}

/* ---- deliveries ---- */

static void refuse(struct tg_node *node, uint32_t node_id, const char *reason, const char *field)
{
        int slot = tg_view_find(&node->view, node_id);
        struct tg_bad_report *bad = slot < 0 ? NULL : &node->bad[slot];

        node->reports_bad++;
        node->dirty = true;
        if (!bad)
                return;
        bad->n++;
        bad->raw_ns = node->clock.last.raw_ns;
        snprintf(bad->reason, sizeof bad->reason, "a message of node %u in the process group was dropped: %s%s%s (%llu in all)",
                 node_id, reason, field ? ", " : "", field ? field : "", (unsigned long long)bad->n);
}

/* A report that is sound in itself but cannot come from the agent that corosync names. */
static const char *forgery(const struct tg_member *m, const struct tg_report *report, uint32_t node_id, uint32_t pid)
{
        if (report->node_id != node_id)
                return "it names another node as its sender";
        if (!m->heard || pid != m->heard_pid)
                return NULL;
        if (report->seq <= m->report.seq)
                return "it is older than the last one of that node (replayed?)";
        if (tg_epoch_tag(&report->epoch) == m->epoch_tag && report->raw_ns < m->report.raw_ns)
                return "its CLOCK_MONOTONIC_RAW went back";
        return NULL;
}

static void measure(struct tg_node *node, int slot, const struct tg_report *report, int64_t rx_ns)
{
        struct tg_link *link = &node->links[slot];
        struct tg_epoch own = { .suspends = node->clock.epochs };
        uint32_t own_tag;

        memcpy(own.boot_id, node->identity.boot_id, sizeof own.boot_id);
        own_tag = tg_epoch_tag(&own);
        tg_link_receive(link, tg_epoch_tag(&report->epoch), report->raw_ns, rx_ns);
        for (uint8_t i = 0; i < report->n_echoes; i++)
                if (report->echoes[i].node_id == node->identity.node_id && report->echoes[i].epoch_tag == own_tag)
                        tg_link_answer(link, report->echoes[i].upper_ns, report->raw_ns - report->echoes[i].measured_raw_ns,
                                       rx_ns);
}

/* The own pairs that contradict themselves lose what was measured, on this side too. */
static void drop_contradicted(struct tg_node *node, int slot)
{
        int self = tg_node_self(node);

        for (uint32_t i = 0; self >= 0 && i < node->view.n; i++) {
                int other = node->view.order[i];

                if (other == self || (slot != self && other != slot) || !tg_view_pair(&node->view, self, other)->contradicted)
                        continue;
                tg_link_contradict(&node->links[other], node->clock.last.raw_ns);
                node->wants_report = true;
        }
}

static bool is_large_step(const struct tg_node *node, const struct tg_report *report)
{
        return llabs(report->last_step_ns) >= node->options.budget_ns / 100 * ANSWER_PERCENT;
}

static void accept(struct tg_node *node, int slot, const struct tg_report *report, uint32_t pid)
{
        bool own = slot == tg_node_self(node);
        int64_t now = node->clock.last.raw_ns;
        unsigned change;

        node->reports_heard++;
        if (!own) {
                measure(node, slot, report, now);
        } else if (pid == node->identity.pid) {
                node->heard_seq = report->seq;
                node->unheard_raw_ns = now;
        }
        node->view.members[slot].heard_pid = pid;
        change = tg_view_deliver(&node->view, slot, report, now);
        if (change & TG_VIEW_CONTRADICTION)
                drop_contradicted(node, slot);
        if (change & (TG_VIEW_VERDICT | TG_VIEW_CONTRADICTION | TG_VIEW_STEPPED))
                node->urgent = true;
        /* a fresh report from everybody proves the new offsets within milliseconds instead of at the next second */
        if (!own && (change & TG_VIEW_STEPPED) && is_large_step(node, report))
                node->wants_report = true;
        node->dirty = true;
}

static void on_delivery(struct tg_node *node, const struct tg_event *event)
{
        struct tg_report report;
        const char *field = NULL, *why;
        enum tg_report_fault fault = tg_report_decode(event->delivery.data, event->delivery.len, &report, &field);
        struct tg_member *m = member_for(node, event->delivery.node_id);

        if (!m)
                return;
        if (fault != TG_REPORT_OK) {
                refuse(node, event->delivery.node_id, tg_report_fault_text(fault), field);
                return;
        }
        why = forgery(m, &report, event->delivery.node_id, event->delivery.pid);
        if (why) {
                refuse(node, event->delivery.node_id, why, NULL);
                return;
        }
        if (m->agents && event->delivery.pid != m->pid)
                return;
        accept(node, (int)(m - node->view.members), &report, event->delivery.pid);
}

/* ---- time and chrony ---- */

static bool same_selected(const struct tg_chrony_sample *a, const struct tg_chrony_sample *b)
{
        const struct tg_source *sa = tg_selected_source(a), *sb = tg_selected_source(b);

        if (!sa || !sb)
                return !sa == !sb;
        return tg_addr_equal(&sa->addr, &sb->addr) && !sa->reach == !sb->reach;
}

static void on_chrony(struct tg_node *node, const struct tg_event *event)
{
        struct tg_chrony_sample before = node->chrony;

        if (event->chrony->state == TG_CHRONY_OK) {
                node->chrony = *event->chrony;
        } else {
                node->chrony.state = event->chrony->state;
                node->chrony.n_sources = node->chrony.n_reachable = 0;
        }
        if (before.state != node->chrony.state || before.tracking.ref_id != node->chrony.tracking.ref_id ||
            !same_selected(&before, &node->chrony))
                node->wants_report = true;
}

static void on_tick(struct tg_node *node, const struct tg_event *event)
{
        (void)event;
        node->ticks++;
        if (node->seq - node->heard_seq <= UNHEARD_MAX || node->ticks % 5 == 0)
                node->wants_report = node->must_report = true;
}

static void on_look(struct tg_node *node, const struct tg_event *event)
{
        (void)node, (void)event; /* the look itself was taken already */
}

static void on_options(struct tg_node *node, const struct tg_event *event)
{
        take_options(node, event->options);
        node->wants_report = true;
}

static void on_stop(struct tg_node *node, const struct tg_event *event)
{
        (void)event;
        node->leaving = node->wants_report = node->must_report = true;
}

/* ---- judging ---- */

static void hush_silent(struct tg_node *node)
{
        int64_t now = node->clock.last.raw_ns, patience = patience_ns(node);

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
        if (node->connected && node->heard_seq != node->seq && now - node->unheard_raw_ns > patience_ns(node)) {
                snprintf(reason, sizeof reason,
                         "corosync has not delivered this node's own reports for %s: %u are on their way",
                         tg_ns_text(now - node->unheard_raw_ns, age), node->seq - node->heard_seq);
                raise_node(node, TG_ALERT_NOT_HEARD, TG_ALERT_CLUSTER_SLOT, reason);
        }
}

static void judge(struct tg_node *node)
{
        int64_t now = node->clock.last.raw_ns;
        bool in_grace[TG_ALERT_SLOTS] = { false };
        struct tg_situation s = {
                .view = &node->view,
                .options = &node->options,
                .quorum = &node->quorum,
                .connected = node->connected,
                .settled = now - node->quiet_raw_ns > patience_ns(node),
                .self = tg_node_self(node),
                .now_raw_ns = now,
                .now_real_ns = node->clock.last.real_ns,
        };

        tg_alerts_begin(&node->alerts);
        tg_verdict_evaluate(&node->verdict, &s, &node->alerts);
        judge_messages(node);
        for (uint32_t i = 0; i < node->view.n; i++)
                in_grace[node->view.order[i]] = node->verdict.nodes[node->view.order[i]].in_grace;
        tg_alerts_settle(&node->alerts, in_grace, now, s.now_real_ns);
        node->dirty = node->urgent = false;
        node->judged_raw_ns = now;
}

int tg_node_new(struct tg_node **out, const struct tg_identity *identity, const struct tg_options *options,
                const struct tg_look *now)
{
        struct tg_node *node = calloc(1, sizeof *node);

        if (!node)
                return -ENOMEM;
        node->identity = *identity;
        tg_clock_start(&node->clock, now);
        for (int i = 0; i < TG_NODES_MAX; i++)
                tg_link_start(&node->links[i]);
        node->quiet_raw_ns = node->sent_raw_ns = now->raw_ns;
        node->verdict.agreement.reference = -1;
        take_options(node, options);
        judge(node); /* so that the first status does not look like a verdict */
        *out = node;
        return 0;
}

struct tg_node *tg_node_free(struct tg_node *node)
{
        free(node);
        return NULL;
}

void tg_node_set_id(struct tg_node *node, uint32_t node_id)
{
        if (node->identity.node_id == node_id)
                return;
        node->identity.node_id = node_id;
        node->view = (struct tg_view){ 0 };
        node->seq = node->heard_seq = 0;
        for (int i = 0; i < TG_NODES_MAX; i++)
                tg_link_start(&node->links[i]);
        take_options(node, &node->options);
}

static void report_if_due(struct tg_node *node)
{
        if (!node->wants_report || !node->connected || !node->identity.node_id)
                return;
        if (!node->must_report &&
            (node->clock.last.raw_ns - node->sent_raw_ns < EVENT_SPACING_NS || node->seq - node->heard_seq > UNHEARD_MAX))
                return;
        tg_node_compose(node, !node->must_report || node->leaving);
        node->wants_report = node->must_report = false;
}

void tg_node_handle(struct tg_node *node, const struct tg_event *event)
{
        static void (*const handlers[])(struct tg_node *, const struct tg_event *) = {
                [TG_EVENT_LOOK] = on_look,       [TG_EVENT_TICK] = on_tick,         [TG_EVENT_DELIVERY] = on_delivery,
                [TG_EVENT_CHRONY] = on_chrony,   [TG_EVENT_MEMBERS] = on_members,   [TG_EVENT_RING] = on_ring,
                [TG_EVENT_QUORUM] = on_quorum,   [TG_EVENT_TOPOLOGY] = on_topology, [TG_EVENT_DISCONNECTED] = on_disconnected,
                [TG_EVENT_OPTIONS] = on_options, [TG_EVENT_STOP] = on_stop,
        };
        unsigned change = tg_clock_take(&node->clock, &event->now);

        if (change)
                node->wants_report = true;
        if (change & TG_CLOCK_EPOCH)
                for (int i = 0; i < TG_NODES_MAX; i++)
                        tg_link_drop(&node->links[i]);
        handlers[event->type](node, event);
        hush_silent(node);
        if (node->urgent ||
            (event->type != TG_EVENT_DELIVERY && (node->dirty || event->now.raw_ns - node->judged_raw_ns >= JUDGE_NS)))
                judge(node);
        report_if_due(node);
}

bool tg_node_next_action(struct tg_node *node, struct tg_action *action)
{
        int slot;

        if (node->has_send) {
                node->has_send = false;
                action->type = TG_ACTION_SEND;
                action->send.len = node->send_len;
                memcpy(action->send.data, node->send, node->send_len);
                return true;
        }
        if (!tg_alerts_next(&node->alerts, &action->alert, &slot))
                return false;
        action->type = TG_ACTION_ALERT;
        if (slot < TG_NODES_MAX)
                memcpy(action->alert.node_name, node->view.members[slot].name, sizeof action->alert.node_name);
        return true;
}
