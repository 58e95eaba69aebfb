/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The core of one node: each event goes to its handler by one table, then the verdict is brought up to date if the view changed, then
   a report is composed if one is due. All times are RAW of the event's look.
   Judging waits for the next look (a tenth of a second) unless a pair's verdict changed, so that 64 reports in one second cost ten
   evaluations and not 64. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "claim.h"
#include "node_private.h"

#define EVENT_TOKENS  2 /* two at once and three more in the second after make at most five */
#define EVENT_EARN_NS (334 * TG_NS_PER_MS)
#define UNHEARD_MAX   10 /* more reports on their way than that: corosync delivers nothing, send one in five */
#define HALF_TOLD_NS  (100 * TG_NS_PER_MS)
#define JUDGE_NS      (500 * TG_NS_PER_MS) /* what depends on time alone is looked at twice a second */

int tg_node_self(const struct tg_node *node)
{
        return tg_view_find(&node->view, node->identity.node_id);
}

int64_t tg_node_patience_ns(const struct tg_node *node)
{
        return node->options.mute_after_ns + (int64_t)(node->topology.token_ms + node->topology.consensus_ms) * TG_NS_PER_MS;
}

static void take_options(struct tg_node *node, const struct tg_options *options)
{
        node->options = *options;
        node->fingerprint = tg_options_fingerprint(options);
        node->view.budget_ns = options->budget_ns;
        node->view.patience_ns = tg_node_patience_ns(node);
        tg_view_judge(&node->view);
        node->dirty = true;
}

static bool same_selected(const struct tg_chrony_sample *a, const struct tg_chrony_sample *b)
{
        const struct tg_source *sa = tg_selected_source(a), *sb = tg_selected_source(b);

        if (!sa || !sb)
                return !sa == !sb;
        return tg_addr_equal(&sa->addr, &sb->addr) && !sa->reach == !sb->reach;
}

/* The selected source stands first, so that no report leaves it out for want of room. */
static void put_selected_first(struct tg_chrony_sample *sample)
{
        for (uint8_t i = 1; i < sample->n_sources; i++)
                if (sample->sources[i].state == '*') {
                        struct tg_source selected = sample->sources[i];

                        sample->sources[i] = sample->sources[0];
                        sample->sources[0] = selected;
                }
}

static void on_chrony(struct tg_node *node, const struct tg_event *event)
{
        struct tg_chrony_sample before = node->chrony;

        if (event->chrony->state == TG_CHRONY_OK) {
                node->chrony = *event->chrony;
                put_selected_first(&node->chrony);
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
                node->wants_report = node->must_report = node->ticked = true;
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
        node->quiet_raw_ns = node->event_raw_ns = now->raw_ns;
        node->event_tokens = EVENT_TOKENS;
        node->verdict.agreement.reference = -1;
        take_options(node, options);
        tg_gate_start(&node->gate, identity, now->raw_ns);
        tg_node_judge(node); /* so that the first status does not look like a verdict */
        *out = node;
        return 0;
}

bool tg_node_restore(struct tg_node *node, const uint8_t *data, size_t len)
{
        return tg_gate_restore(&node->gate, data, len);
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
        node->identity.node_id = node->gate.self_id = node_id;
        node->view = (struct tg_view){ 0 };
        node->seq = node->heard_seq = 0;
        for (int i = 0; i < TG_NODES_MAX; i++)
                tg_link_start(&node->links[i]);
        take_options(node, &node->options);
}

enum tg_node_state tg_node_own_state(const struct tg_node *node)
{
        int self = tg_node_self(node);

        return self < 0 ? TG_NODE_UNPROVEN : node->verdict.nodes[self].state;
}

bool tg_node_suspects(const struct tg_node *node)
{
        return node->gate.finding.suspect || node->gate.finding.danger != TG_DANGER_NONE;
}

static void earn_tokens(struct tg_node *node)
{
        int64_t earned = (node->clock.last.raw_ns - node->event_raw_ns) / EVENT_EARN_NS;

        if (earned < 0 || node->event_tokens + earned >= EVENT_TOKENS) {
                node->event_tokens = EVENT_TOKENS;
                node->event_raw_ns = node->clock.last.raw_ns;
        } else {
                node->event_tokens = (uint8_t)(node->event_tokens + earned);
                node->event_raw_ns += earned * EVENT_EARN_NS;
        }
}

static void report_if_due(struct tg_node *node)
{
        if (!node->wants_report || !node->connected || !node->identity.node_id)
                return;
        earn_tokens(node);
        if (!node->must_report) {
                if (!node->event_tokens || node->seq - node->heard_seq > UNHEARD_MAX)
                        return;
                node->event_tokens--;
        }
        tg_node_compose(node, !node->ticked);
        node->wants_report = node->owes_answers;
        node->must_report = node->ticked = false;
}

/* After a step the answers come within milliseconds. Until then some pairs are of before it and some of after, and a verdict on that
   mixture would cast doubt on the wrong nodes. */
static bool is_half_told(const struct tg_node *node)
{
        if (!node->step_raw_ns || node->clock.last.raw_ns - node->step_raw_ns > HALF_TOLD_NS)
                return false;
        for (uint32_t i = 0; i < node->view.n; i++) {
                const struct tg_member *m = &node->view.members[node->view.order[i]];

                if (m->fresh && m->heard_raw_ns < node->step_raw_ns)
                        return true;
        }
        return false;
}

void tg_node_handle(struct tg_node *node, const struct tg_event *event)
{
        static void (*const handlers[])(struct tg_node *, const struct tg_event *) = {
                [TG_EVENT_LOOK] = on_look,
                [TG_EVENT_TICK] = on_tick,
                [TG_EVENT_DELIVERY] = tg_node_on_delivery,
                [TG_EVENT_CHRONY] = on_chrony,
                [TG_EVENT_MEMBERS] = tg_node_on_members,
                [TG_EVENT_RING] = tg_node_on_ring,
                [TG_EVENT_QUORUM] = tg_node_on_quorum,
                [TG_EVENT_TOPOLOGY] = tg_node_on_topology,
                [TG_EVENT_DISCONNECTED] = tg_node_on_disconnected,
                [TG_EVENT_OPTIONS] = on_options,
                [TG_EVENT_ASKED] = tg_node_on_asked,
                [TG_EVENT_GATE_RESULT] = tg_node_on_gate_result,
                [TG_EVENT_STORED] = tg_node_on_stored,
                [TG_EVENT_ADMIN] = tg_node_on_admin,
                [TG_EVENT_LET_PASS] = tg_node_on_let_pass,
                [TG_EVENT_STOP] = on_stop,
        };
        unsigned change = tg_clock_take(&node->clock, &event->now);

        if (change)
                node->wants_report = true;
        if (change & TG_CLOCK_EPOCH) {
                for (int i = 0; i < TG_NODES_MAX; i++)
                        tg_link_drop(&node->links[i]);
                tg_node_rewind(node, event->now.raw_ns);
        }
        handlers[event->type](node, event);
        tg_node_hush(node);
        if (!is_half_told(node) && (node->urgent || (event->type != TG_EVENT_DELIVERY &&
                                                     (node->dirty || event->now.raw_ns - node->judged_raw_ns >= JUDGE_NS))))
                tg_node_judge(node);
        tg_node_act_if_due(node);
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
        if (tg_gate_next_order(&node->gate, &action->gate)) {
                action->type = TG_ACTION_GATE;
                return true;
        }
        action->store.len = tg_gate_next_save(&node->gate, action->store.data, &action->store.version, node->clock.last.raw_ns);
        if (action->store.len) {
                action->type = TG_ACTION_STORE;
                return true;
        }
        if (!tg_alerts_next(&node->alerts, &action->alert, &slot))
                return false;
        action->type = TG_ACTION_ALERT;
        if (slot < TG_NODES_MAX)
                memcpy(action->alert.node_name, node->view.members[slot].name, sizeof action->alert.node_name);
        return true;
}
