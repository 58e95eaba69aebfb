/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See game.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent_words.h"
#include "check_report.h"
#include "check_snapshot.h"
#include "game.h"
#include "node_private.h"

#define DELAY_NS     (200 * TG_NS_PER_US)
#define FOLLOWED_MAX 12 /* members up to which the pairs of others are compared */
#define SETTLE_SENDS 16

void game_good_source(struct tg_chrony_sample *sample, int64_t raw_ns)
{
        *sample = (struct tg_chrony_sample){
                .state = TG_CHRONY_OK, .n_sources = 1, .n_known = 1, .n_reachable = 1, .raw_ns = raw_ns
        };
        sample->sources[0] = (struct tg_source){ .state = '*', .reach = 0xff, .poll = 6, .stratum = 3, .name = "ntp.example" };
        tg_addr_parse("10.0.0.254", &sample->sources[0].addr);
        sample->tracking = (struct tg_tracking){ .ref_id = 0x0a0000fe,
                                                 .addr = sample->sources[0].addr,
                                                 .stratum = 4,
                                                 .root_delay_s = tg_chrony_float_from(0.0004),
                                                 .root_dispersion_s = tg_chrony_float_from(0.0002),
                                                 .skew_ppm = tg_chrony_float_from(0.1) };
}

/* ---- what the node wants done ---- */

static void hear_send(struct game *g, const struct tg_action *action)
{
        const char *field;
        enum tg_report_fault fault = tg_report_decode(action->send.data, action->send.len, &g->own, &field);

        FUZZ_REQUIRE(fault == TG_REPORT_OK, "it sends a report that is %s (%s)", tg_report_fault_text(fault), field);
        fuzz_check_report(&g->own);
        FUZZ_REQUIRE(g->own.node_id == g->own_id && g->own.seq == g->sent_seq + 1,
                     "as node %u it sends number %u of node %u after %u", g->own_id, g->own.seq, g->own.node_id, g->sent_seq);
        FUZZ_REQUIRE(g->own.raw_ns == g->now.raw_ns && g->own.c_ns == g->now.real_ns - g->now.raw_ns, "it sends another time");
        g->sent_seq = g->own.seq;
        g->own_len = action->send.len;
        memcpy(g->own_data, action->send.data, g->own_len);
}

static void hear_alert(struct game *g, const struct tg_alert *alert)
{
        const struct tg_alert_kind *kind = tg_alert_kind(alert->id);
        uint32_t about = kind && kind->scope == TG_SCOPE_NODE ? alert->evidence.node_id : 0;

        FUZZ_REQUIRE(alert->id < TG_ALERT_COUNT && kind, "alert %d", alert->id);
        fuzz_check_evidence(&alert->evidence);
        FUZZ_REQUIRE(kind->scope != TG_SCOPE_NODE || about, "%s is about no node", kind->name);
        if (about < GAME_IDS) {
                FUZZ_REQUIRE(g->up[alert->id][about] != alert->raised, "%s of node %u is %s twice", kind->name, about,
                             alert->raised ? "raised" : "cleared");
                g->up[alert->id][about] = alert->raised;
        }
        fuzz_tell_alert(&g->topology, alert);
}

static bool drain(struct game *g)
{
        struct tg_action action;
        bool sent = false;
        int n = 0;

        while (tg_node_next_action(g->node, &action)) {
                FUZZ_REQUIRE(n++ <= 2 * TG_ALERT_COUNT * TG_NODES_MAX, "actions without end");
                if (action.type == TG_ACTION_ALERT) {
                        hear_alert(g, &action.alert);
                        continue;
                }
                if (action.type == TG_ACTION_GATE) {
                        FUZZ_REQUIRE(!g->ordered, "two orders at once");
                        g->ordered = true;
                        g->order = action.gate;
                        continue;
                }
                if (action.type == TG_ACTION_STORE) {
                        FUZZ_REQUIRE(!g->storing, "two versions to store at once");
                        g->storing = action.store.version;
                        continue;
                }
                FUZZ_REQUIRE(action.type == TG_ACTION_SEND && !sent, "two reports after one event");
                hear_send(g, &action);
                sent = true;
        }
        return sent;
}

/* What was ordered and stored before has come to its end: the orders in turn to every end that there is. */
static void answer(struct game *g)
{
        struct tg_gate_result result = { .ticket = g->order.ticket,
                                         .verb = g->order.verb,
                                         .outcome = (enum tg_gate_outcome)(g->order.ticket / 6 % 3),
                                         .state = (enum tg_ha_state)(g->order.ticket % 6),
                                         .flags = g->order.ticket * 37 % 64 };
        struct tg_event done = { .type = TG_EVENT_GATE_RESULT, .now = g->now, .gate = &result };
        struct tg_event stored = { .type = TG_EVENT_STORED, .now = g->now, .stored = { g->storing, g->storing % 5 != 0 } };

        if (g->ordered) {
                g->ordered = false;
                tg_node_handle(g->node, &done);
                drain(g);
        }
        if (g->storing) {
                g->storing = 0;
                tg_node_handle(g->node, &stored);
                drain(g);
        }
}

/* The own reports come back at once, each after what it may have led to. */
static void settle(struct game *g)
{
        for (int n = 0; drain(g) && !g->deaf; n++) {
                uint8_t data[TG_REPORT_BYTES_MAX];
                struct tg_event own = { .type = TG_EVENT_DELIVERY, .now = g->now };

                FUZZ_REQUIRE(n < SETTLE_SENDS, "it answers its own reports without end");
                memcpy(data, g->own_data, g->own_len);
                own.delivery.node_id = g->own_id;
                own.delivery.pid = GAME_OWN_PID;
                own.delivery.data = data;
                own.delivery.len = g->own_len;
                tg_node_handle(g->node, &own);
        }
}

void game_give(struct game *g, struct tg_event *event)
{
        answer(g);
        event->now = g->now;
        tg_node_handle(g->node, event);
        settle(g);
}

/* ---- messages ---- */

static struct {
        uint32_t n;
        uint32_t ids[FOLLOWED_MAX];
        int64_t raw_ns[FOLLOWED_MAX], heard_raw_ns[FOLLOWED_MAX];
        struct tg_pair pairs[FOLLOWED_MAX][FOLLOWED_MAX];
} before;

static const struct tg_pair *pair_of(const struct tg_view *view, uint32_t i, uint32_t j)
{
        return &view->pairs[view->order[i]][view->order[j]];
}

static void remember(const struct tg_view *view)
{
        before.n = view->n <= FOLLOWED_MAX ? view->n : 0;
        for (uint32_t i = 0; i < before.n; i++) {
                before.ids[i] = view->members[view->order[i]].id;
                before.raw_ns[i] = view->members[view->order[i]].report.raw_ns;
                before.heard_raw_ns[i] = view->members[view->order[i]].heard_raw_ns;
                for (uint32_t j = i + 1; j < before.n; j++)
                        before.pairs[i][j] = *pair_of(view, i, j);
        }
}

/* Only what has `id` in it may have changed; 0: nothing. */
static void compare(const struct tg_view *view, uint32_t id)
{
        if (view->n != before.n)
                return; /* it was the first word of a member */
        for (uint32_t i = 0; i < before.n; i++) {
                const struct tg_member *m = &view->members[view->order[i]];

                if (before.ids[i] == id)
                        continue;
                FUZZ_REQUIRE(m->id == before.ids[i] && m->report.raw_ns == before.raw_ns[i] &&
                                     m->heard_raw_ns == before.heard_raw_ns[i],
                             "a message of node %u changed what is known of node %u", id, m->id);
                for (uint32_t j = i + 1; j < before.n; j++)
                        FUZZ_REQUIRE(before.ids[j] == id ||
                                             !memcmp(&before.pairs[i][j], pair_of(view, i, j), sizeof(struct tg_pair)),
                                     "a message of node %u changed the pair of %u and %u", id, before.ids[i], before.ids[j]);
        }
}

void game_deliver(struct game *g, uint32_t id, uint32_t pid, const uint8_t *data, size_t len)
{
        struct tg_event event = { .type = TG_EVENT_DELIVERY, .now = g->now };
        uint64_t heard = g->node->reports_heard, bad = g->node->reports_bad;
        uint8_t *copy = malloc(len ? len : 1); /* so that a byte read past its end is seen */

        memcpy(copy, data, len);
        event.delivery.node_id = id;
        event.delivery.pid = pid;
        event.delivery.data = copy;
        event.delivery.len = len;
        remember(&g->node->view);
        tg_node_handle(g->node, &event);
        free(copy);
        FUZZ_REQUIRE(g->node->reports_heard - heard + g->node->reports_bad - bad <= 1, "one message counts twice");
        compare(&g->node->view, g->node->reports_heard > heard ? id : 0);
        settle(g);
        event = (struct tg_event){ .type = TG_EVENT_LOOK };
        game_give(g, &event);
}

static void add_echo(struct tg_report *r, uint32_t id, const struct tg_epoch *epoch, int64_t distance_ns)
{
        struct tg_echo *e = &r->echoes[r->n_echoes++];

        *e = (struct tg_echo){ .node_id = id,
                               .epoch_tag = tg_epoch_tag(epoch),
                               .upper_ns = distance_ns + DELAY_NS,
                               .measured_raw_ns = r->raw_ns - TG_NS_PER_MS,
                               .estimate_gap_ns = (int32_t)DELAY_NS,
                               .rate_error_ppb = 100,
                               .rho_ppm = 100,
                               .has_heard = true,
                               .heard_raw_ns = r->raw_ns - TG_NS_PER_MS,
                               .heard_c_ns = r->c_ns };
}

void game_compose(struct game *g, struct game_peer *p, struct tg_report *r)
{
        memset(r, 0, sizeof *r);
        r->node_id = p->id;
        r->seq = ++p->seq;
        r->epoch = p->epoch;
        r->ring = g->ring;
        r->raw_ns = g->now.raw_ns + p->base_ns;
        r->c_ns = g->now.real_ns + p->skew_ns - r->raw_ns;
        r->boot_ns = r->raw_ns;
        r->bracket_ns = 2000;
        r->hull_low_ns = r->c_ns - 1000;
        r->hull_high_ns = r->c_ns + 1000;
        r->hull_since_raw_ns = r->steady_since_raw_ns = r->raw_ns - (r->raw_ns > TG_NS_PER_S ? TG_NS_PER_S : 0);
        r->fingerprint = tg_options_fingerprint(&g->options);
        snprintf(r->time_zone, sizeof r->time_zone, "UTC");
        r->chrony = p->chrony;
        r->chrony.raw_ns = r->raw_ns - 10 * TG_NS_PER_MS;
        r->chrony.tracking.ref_time_ns = r->raw_ns + r->c_ns - TG_NS_PER_S;
        if (g->own_len)
                add_echo(r, g->own_id, &g->own.epoch, p->base_ns);
        for (uint32_t i = 0; i < g->n_peers; i++)
                if (&g->peers[i] != p)
                        add_echo(r, g->peers[i].id, &g->peers[i].epoch, p->base_ns - g->peers[i].base_ns);
}

void game_send(struct game *g, struct game_peer *p, const struct tg_report *report)
{
        int n = tg_report_encode(report, p->data);

        p->len = n > 0 ? (size_t)n : 0;
        if (n > 0)
                game_deliver(g, p->id, p->pid, p->data, p->len);
}

/* ---- a sound cluster ---- */

void game_pass(struct game *g, int64_t ns)
{
        struct tg_event event = { .type = TG_EVENT_LOOK };

        g->now.raw_ns += ns;
        g->now.real_ns += ns;
        g->now.mono_ns += ns;
        g->now.boot_ns += ns;
        g->now.tai_ns += ns;
        game_give(g, &event);
}

void game_second(struct game *g)
{
        struct tg_chrony_sample sample = g->peers[0].chrony;
        struct tg_event tick = { .type = TG_EVENT_TICK }, chrony = { .type = TG_EVENT_CHRONY, .chrony = &sample };
        struct tg_report report;

        game_pass(g, TG_NS_PER_S / 2);
        sample.raw_ns = g->now.raw_ns;
        sample.tracking.ref_time_ns = g->now.real_ns - TG_NS_PER_S;
        game_give(g, &chrony);
        game_pass(g, TG_NS_PER_S / 2);
        game_give(g, &tick);
        for (uint32_t i = 0; i < g->n_peers; i++) {
                game_compose(g, &g->peers[i], &report);
                game_send(g, &g->peers[i], &report);
        }
}

void game_members(struct game *g)
{
        struct tg_event event = { .type = TG_EVENT_TOPOLOGY, .topology = &g->topology };

        game_give(g, &event);
        event = (struct tg_event){ .type = TG_EVENT_MEMBERS };
        event.members.list[event.members.n++] = (struct tg_group_member){ g->own_id, GAME_OWN_PID };
        for (uint32_t i = 0; i < g->n_peers; i++)
                event.members.list[event.members.n++] = (struct tg_group_member){ g->peers[i].id, g->peers[i].pid };
        game_give(g, &event);
        event = (struct tg_event){ .type = TG_EVENT_QUORUM, .quorum = &g->quorum };
        game_give(g, &event);
        event = (struct tg_event){ .type = TG_EVENT_RING, .ring = g->ring };
        game_give(g, &event);
}

static void add_node(struct game *g, uint32_t id)
{
        struct tg_topology_node *node = &g->topology.nodes[g->topology.n_nodes++];

        *node = (struct tg_topology_node){ .node_id = id, .n_addresses = 1 };
        node->addresses[0] = (struct tg_addr){ TG_ADDR_IPV4, { 10, 0, 0, (uint8_t)id } };
        snprintf(node->name, sizeof node->name, "n%u", id);
        g->quorum.nodes[g->quorum.n_nodes++] = (struct tg_quorum_node){ id, 1, true };
}

static void add_peer(struct game *g)
{
        struct game_peer *p = &g->peers[g->n_peers++];
        uint32_t id = g->n_peers < GAME_OWN_ID ? g->n_peers : g->n_peers + 1;

        *p = (struct game_peer){ .id = id, .pid = 1000 + id, .base_ns = (id * 3 - 4) * 1000 * TG_NS_PER_S };
        p->epoch.boot_id[0] = (uint8_t)id;
        game_good_source(&p->chrony, 0);
        add_node(g, id);
}

void game_begin(struct game *g)
{
        struct tg_identity identity = { .node_id = GAME_OWN_ID, .pid = GAME_OWN_PID, .boot_id = { 0x55 }, .time_zone = "UTC" };
        uint32_t n = 1 + fuzz_pick(&g->in, GAME_PEERS);

        g->own_id = GAME_OWN_ID;
        g->now = (struct tg_look){ .raw_ns = 100000 * TG_NS_PER_S,
                                   .real_ns = INT64_C(1790000000) * TG_NS_PER_S,
                                   .mono_ns = 100000 * TG_NS_PER_S,
                                   .boot_ns = 100000 * TG_NS_PER_S,
                                   .tai_ns = INT64_C(1790000037) * TG_NS_PER_S,
                                   .bracket_ns = 150 };
        tg_options_default(&g->options);
        snprintf(g->topology.cluster_name, sizeof g->topology.cluster_name, "fuzz");
        g->topology.token_ms = 1000;
        g->topology.consensus_ms = 1200;
        g->quorum = (struct tg_quorum){
                .provider = true, .quorate = true, .expected_votes = n + 1, .total_votes = n + 1, .quorum = (n + 1) / 2 + 1
        };
        g->ring = (struct tg_ring_id){ 1, 4 };
        add_node(g, GAME_OWN_ID);
        while (g->n_peers < n)
                add_peer(g);
        if (tg_node_new(&g->node, &identity, &g->options, &g->now) < 0)
                abort();
}

void game_end(struct game *g)
{
        g->node = tg_node_free(g->node);
}
