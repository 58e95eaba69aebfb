/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See world.h. Events stand in a heap by time, then by the order in which they were made. The delivery of one message comes to all
   nodes in the order of the sends, each node with a delay of its own: what totem promises, and nothing more. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node_private.h"
#include "world.h"

#define LOOK_NS (100 * TG_NS_PER_MS)
#define T0_REAL (INT64_C(1790000000) * TG_NS_PER_S)

enum kind { LOOK, TICK, CHRONY, DELIVERY, RING, QUORUM };

struct world_event {
        int64_t t_ns;
        uint64_t order;
        enum kind kind;
        uint32_t node, from;
        size_t len;
        struct tg_ring_id ring;
        uint8_t data[TG_REPORT_BYTES_MAX];
};

uint64_t world_random(struct world *w, uint64_t below)
{
        w->random ^= w->random << 13; /* xorshift64 (Marsaglia 2003) */
        w->random ^= w->random >> 7;
        w->random ^= w->random << 17;
        return w->random % below;
}

/* ---- the queue ---- */

static bool before(const struct world_event *a, const struct world_event *b)
{
        return a->t_ns != b->t_ns ? a->t_ns < b->t_ns : a->order < b->order;
}

static void swap_events(struct world *w, uint32_t i, uint32_t j)
{
        struct world_event t = w->queue[i];

        w->queue[i] = w->queue[j];
        w->queue[j] = t;
}

static void push(struct world *w, struct world_event event)
{
        uint32_t i = w->n_queue;

        if (w->n_queue == w->queue_size) {
                w->queue_size = w->queue_size ? 2 * w->queue_size : 256;
                w->queue = realloc(w->queue, w->queue_size * sizeof *w->queue);
        }
        event.order = w->order++;
        w->queue[w->n_queue++] = event;
        for (; i > 0 && before(&w->queue[i], &w->queue[(i - 1) / 2]); i = (i - 1) / 2)
                swap_events(w, i, (i - 1) / 2);
}

static struct world_event pop(struct world *w)
{
        struct world_event top = w->queue[0];
        uint32_t i = 0;

        w->queue[0] = w->queue[--w->n_queue];
        for (;;) {
                uint32_t least = i;

                for (uint32_t k = 2 * i + 1; k <= 2 * i + 2 && k < w->n_queue; k++)
                        if (before(&w->queue[k], &w->queue[least]))
                                least = k;
                if (least == i)
                        return top;
                swap_events(w, i, least);
                i = least;
        }
}

/* ---- clocks ---- */

static int64_t scale(int64_t ns, int64_t ppb)
{
        return (int64_t)((__int128)ns * ppb / 1000000000);
}

static int64_t raw_at(const struct world_node *n, int64_t t)
{
        return n->raw_base_ns + t - n->paused_ns + scale(t - n->paused_ns, n->raw_ppb);
}

static const struct world_segment *segment_at(const struct world_node *n, int64_t t)
{
        uint32_t i = n->n_segments - 1;

        while (i > 0 && n->segments[i].t_ns > t)
                i--;
        return &n->segments[i];
}

static int64_t c_at(const struct world_node *n, int64_t t)
{
        const struct world_segment *s = segment_at(n, t);

        return s->c_ns + scale(t - s->t_ns, s->slope_ppb);
}

int64_t world_when(const struct world *w, uint32_t i, int64_t raw_ns)
{
        const struct world_node *n = &w->nodes[i];

        return (int64_t)((__int128)(raw_ns - n->raw_base_ns) * 1000000000 / (1000000000 + n->raw_ppb)) + n->paused_ns;
}

int64_t world_offset(const struct world *w, uint32_t i, uint32_t j, int64_t t)
{
        const struct world_node *a = &w->nodes[i], *b = &w->nodes[j];

        return raw_at(a, t) + c_at(a, t) - raw_at(b, t) - c_at(b, t);
}

static struct tg_look look_at(struct world *w, uint32_t i)
{
        const struct world_node *n = &w->nodes[i];
        int64_t raw = raw_at(n, w->t_ns), real = raw + c_at(n, w->t_ns);
        int64_t mono = real - segment_at(n, w->t_ns)->stepped_ns - T0_REAL;

        return (struct tg_look){ .raw_ns = raw,
                                 .real_ns = real,
                                 .mono_ns = mono,
                                 .boot_ns = mono,
                                 .tai_ns = real + 37 * TG_NS_PER_S,
                                 .bracket_ns = 150 };
}

static void add_segment(struct world *w, uint32_t i, int64_t step_ns, int64_t slope_ppb)
{
        struct world_node *n = &w->nodes[i];
        const struct world_segment *last = segment_at(n, w->t_ns);
        struct world_segment s = { w->t_ns, c_at(n, w->t_ns) + step_ns, slope_ppb, last->stepped_ns + step_ns };

        if (n->n_segments == WORLD_SEGMENTS)
                abort();
        n->segments[n->n_segments++] = s;
}

/* ---- what nodes do ---- */

static void check_truth(struct world *w, uint32_t i)
{
        const struct tg_view *view = &w->nodes[i].core->view;

        for (uint32_t x = 0; x < view->n; x++)
                for (uint32_t y = x + 1; y < view->n; y++) {
                        const struct tg_pair *pair = &view->pairs[view->order[x]][view->order[y]];
                        uint32_t a = view->members[view->order[x]].id - 1, b = view->members[view->order[y]].id - 1;
                        int64_t t, truth;

                        if (!pair->bounded || a >= w->n || b >= w->n)
                                continue;
                        t = world_when(w, pair->as_of_on_b ? b : a, pair->as_of_raw_ns);
                        truth = world_offset(w, a, b, t);
                        w->bounds_checked++;
                        if (tg_interval_width_ns(pair->offset) > (uint64_t)w->widest_ns)
                                w->widest_ns = (int64_t)tg_interval_width_ns(pair->offset);
                        if (truth >= pair->offset.low_ns - 2 && truth <= pair->offset.high_ns + 2)
                                continue;
                        if (!w->bad_truth)
                                fprintf(stderr,
                                        "t %.6f s: node %u holds %u-%u in [%lld, %lld] ns at %.6f s, the truth is %lld ns\n",
                                        (double)w->t_ns / 1e9, i + 1, a + 1, b + 1, (long long)pair->offset.low_ns,
                                        (long long)pair->offset.high_ns, (double)t / 1e9, (long long)truth);
                        w->bad_truth = true;
                }
}

static int64_t delay(struct world *w)
{
        double u = ((double)world_random(w, 1000000) + 1) / 1000001;

        return w->delay_min_ns + (int64_t)(-log(u) * (double)w->delay_mean_ns);
}

static void multicast(struct world *w, struct world_event event)
{
        for (uint32_t j = 0; j < w->n; j++) {
                int64_t t = w->t_ns + delay(w);

                if (t <= w->nodes[j].last_delivery_ns)
                        t = w->nodes[j].last_delivery_ns + 1000;
                w->nodes[j].last_delivery_ns = t;
                event.t_ns = t;
                event.node = j;
                push(w, event);
        }
}

static void note_alert(struct world_node *n, const struct tg_alert *alert)
{
        uint32_t slot = tg_alert_kind(alert->id)->scope == TG_SCOPE_CLUSTER ? 0 : alert->evidence.node_id;
        uint8_t *up = &n->up[alert->id][slot <= WORLD_NODES ? slot : 0];

        if (*up == alert->raised)
                n->alternates = false;
        *up = alert->raised;
        n->raised += alert->raised;
        n->cleared += !alert->raised;
}

static void drain(struct world *w, uint32_t i)
{
        struct tg_action action;

        while (tg_node_next_action(w->nodes[i].core, &action)) {
                struct world_event event = { .kind = DELIVERY, .from = i };

                if (action.type == TG_ACTION_ALERT) {
                        note_alert(&w->nodes[i], &action.alert);
                        continue;
                }
                if (action.type != TG_ACTION_SEND)
                        continue; /* no executor and no disk here */
                event.len = action.send.len;
                memcpy(event.data, action.send.data, action.send.len);
                if (w->tamper)
                        w->tamper(w, i, event.data, &event.len);
                multicast(w, event);
        }
}

static void give(struct world *w, uint32_t i, struct tg_event *event)
{
        event->now = look_at(w, i);
        tg_node_handle(w->nodes[i].core, event);
        drain(w, i);
        check_truth(w, i);
}

static void do_chrony(struct world *w, uint32_t i)
{
        struct tg_chrony_sample sample = w->nodes[i].chrony;
        struct tg_event event = { .type = TG_EVENT_CHRONY, .chrony = &sample };
        struct tg_look look = look_at(w, i);

        sample.raw_ns = look.raw_ns;
        sample.tracking.ref_time_ns = look.real_ns - TG_NS_PER_S;
        if (sample.state == TG_CHRONY_OK && !sample.n_sources)
                sample.tracking.ref_time_ns = look.real_ns - 20 * TG_NS_PER_S;
        give(w, i, &event);
}

static void carry_out(struct world *w, struct world_event *e)
{
        struct tg_event event = { 0 };
        struct world_event next = { .kind = e->kind, .node = e->node };

        switch (e->kind) {
        case LOOK:
                next.t_ns = w->t_ns + LOOK_NS;
                push(w, next);
                event.type = TG_EVENT_LOOK;
                break;
        case TICK: {
                struct tg_look look = look_at(w, e->node);

                next.t_ns = w->t_ns + tg_look_until_second_ns(&look);
                push(w, next);
                next.kind = CHRONY;
                next.t_ns = w->t_ns + 2 * TG_NS_PER_MS;
                push(w, next);
                event.type = TG_EVENT_TICK;
                break;
        }
        case CHRONY:
                if (!w->nodes[e->node].stopped)
                        do_chrony(w, e->node);
                return;
        case DELIVERY:
                if (w->deaf[e->node])
                        return;
                event.type = TG_EVENT_DELIVERY;
                event.delivery.node_id = event.delivery.pid = e->from + 1;
                event.delivery.data = e->data;
                event.delivery.len = e->len;
                break;
        case RING:
                event.type = TG_EVENT_RING;
                event.ring = e->ring;
                break;
        case QUORUM:
                event.type = TG_EVENT_QUORUM;
                event.quorum = &w->quorum;
                break;
        }
        if (!w->nodes[e->node].stopped)
                give(w, e->node, &event);
}

void world_run(struct world *w, int64_t for_ns)
{
        int64_t end = w->t_ns + for_ns;

        while (w->n_queue && w->queue[0].t_ns <= end) {
                struct world_event e = pop(w);

                w->t_ns = e.t_ns;
                carry_out(w, &e);
        }
        w->t_ns = end;
}

/* ---- making and breaking ---- */

void world_source(struct world *w, uint32_t i, const char *address)
{
        struct tg_chrony_sample *s = &w->nodes[i].chrony;
        uint32_t id;

        if (!address) {
                s->n_sources = s->n_reachable = 0;
                return;
        }
        *s = (struct tg_chrony_sample){ .state = TG_CHRONY_OK, .n_sources = 1, .n_known = 1, .n_reachable = 1 };
        s->sources[0] = (struct tg_source){ .state = '*', .reach = 0xff, .stratum = 3 };
        tg_addr_parse(address, &s->sources[0].addr);
        snprintf(s->sources[0].name, sizeof s->sources[0].name, "%.60s", address);
        memcpy(&id, s->sources[0].addr.bytes, sizeof id);
        s->tracking = (struct tg_tracking){ .ref_id = id ? id : 1,
                                            .addr = s->sources[0].addr,
                                            .stratum = 4,
                                            .root_delay_s = tg_chrony_float_from(0.0004),
                                            .root_dispersion_s = tg_chrony_float_from(0.0002),
                                            .skew_ppm = tg_chrony_float_from(0.1) };
}

static void make_node(struct world *w, uint32_t i)
{
        struct world_node *n = &w->nodes[i];
        struct tg_identity identity = {
                .node_id = i + 1, .pid = i + 1, .boot_id = { (uint8_t)(i + 1), 7 }, .time_zone = "UTC"
        };
        struct tg_look look;

        n->id = i + 1;
        n->alternates = true;
        n->raw_base_ns = 1000 * TG_NS_PER_S + (int64_t)world_random(w, 1000000) * TG_NS_PER_MS;
        n->segments[0] = (struct world_segment){ .t_ns = 0, .c_ns = T0_REAL - n->raw_base_ns };
        n->n_segments = 1;
        world_source(w, i, "10.0.0.254");
        look = look_at(w, i);
        look.mono_ns = look.boot_ns = look.real_ns - T0_REAL;
        if (tg_node_new(&n->core, &identity, &w->options, &look) < 0)
                abort();
        push(w, (struct world_event){ .t_ns = (int64_t)world_random(w, 100 * TG_NS_PER_MS), .kind = LOOK, .node = i });
        push(w, (struct world_event){ .t_ns = TG_NS_PER_S, .kind = TICK, .node = i });
}

static void tell_members(struct world *w)
{
        for (uint32_t i = 0; i < w->n; i++) {
                struct tg_event event = { .type = TG_EVENT_MEMBERS };

                event.members.n = w->n;
                for (uint32_t j = 0; j < w->n; j++)
                        event.members.list[j] = (struct tg_group_member){ j + 1, j + 1 };
                give(w, i, &event);
        }
}

void world_quorum(struct world *w)
{
        for (uint32_t i = 0; i < w->n; i++) {
                struct tg_event event = { .type = TG_EVENT_QUORUM, .quorum = &w->quorum };

                give(w, i, &event);
        }
}

void world_new_ring(struct world *w)
{
        struct world_event event = { .kind = RING };

        w->ring.node_id = 1;
        w->ring.seq += 4;
        event.ring = w->ring;
        multicast(w, event);
}

void world_new(struct world *w, uint32_t n, uint64_t seed)
{
        memset(w, 0, sizeof *w);
        w->random = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
        w->n = n;
        w->delay_min_ns = 200 * TG_NS_PER_US;
        w->delay_mean_ns = 500 * TG_NS_PER_US;
        tg_options_default(&w->options);
        w->options.boot_grace_ns = 0;
        w->quorum = (struct tg_quorum){
                .provider = true, .quorate = true, .expected_votes = n, .total_votes = n, .quorum = n / 2 + 1, .n_nodes = n
        };
        strcpy(w->topology.cluster_name, "world");
        w->topology.token_ms = 1000;
        w->topology.consensus_ms = 1200;
        w->topology.n_nodes = n;
        for (uint32_t i = 0; i < n; i++) {
                w->quorum.nodes[i] = (struct tg_quorum_node){ i + 1, 1, true };
                w->topology.nodes[i] = (struct tg_topology_node){ .node_id = i + 1, .n_addresses = 1 };
                w->topology.nodes[i].addresses[0] = (struct tg_addr){ TG_ADDR_IPV4, { 10, 0, 0, (uint8_t)(i + 1) } };
                snprintf(w->topology.nodes[i].name, TG_NAME_MAX, "n%u", i + 1);
                make_node(w, i);
        }
        for (uint32_t i = 0; i < n; i++) {
                struct tg_event event = { .type = TG_EVENT_TOPOLOGY, .topology = &w->topology };

                give(w, i, &event);
        }
        tell_members(w);
        world_quorum(w);
        world_new_ring(w);
}

void world_free(struct world *w)
{
        for (uint32_t i = 0; i < w->n; i++)
                tg_node_free(w->nodes[i].core);
        free(w->queue);
        w->queue = NULL;
}

void world_step(struct world *w, uint32_t i, int64_t by_ns)
{
        struct tg_event event = { .type = TG_EVENT_LOOK };

        add_segment(w, i, by_ns, segment_at(&w->nodes[i], w->t_ns)->slope_ppb);
        /* the agent sees a step within a millisecond */
        w->t_ns += (int64_t)world_random(w, TG_NS_PER_MS);
        if (!w->nodes[i].stopped)
                give(w, i, &event);
}

void world_slew(struct world *w, uint32_t i, int64_t slope_ppb)
{
        add_segment(w, i, 0, slope_ppb);
}

void world_pause(struct world *w, uint32_t i, int64_t for_ns)
{
        w->nodes[i].paused_ns += for_ns;
}

void world_let_pass(struct world *w, uint32_t i)
{
        struct tg_event event = { .type = TG_EVENT_LET_PASS };

        give(w, i, &event);
}

void world_configure(struct world *w, uint32_t i, const struct tg_options *options)
{
        struct tg_event event = { .type = TG_EVENT_OPTIONS, .options = options };

        give(w, i, &event);
}

struct tg_snapshot *world_snapshot(struct world *w, uint32_t i)
{
        static struct tg_snapshot snapshot;
        struct tg_look look = look_at(w, i);

        tg_node_snapshot(w->nodes[i].core, &look, &snapshot);
        return &snapshot;
}

const struct tg_node_status *world_status(struct world *w, uint32_t seen_by, uint32_t i)
{
        const struct tg_snapshot *s = world_snapshot(w, seen_by);

        for (uint32_t k = 0; k < s->n_nodes; k++)
                if (s->nodes[k].id == i + 1)
                        return &s->nodes[k];
        return NULL;
}

bool world_raised(const struct world *w, uint32_t seen_by, enum tg_alert_id id, uint32_t i)
{
        return w->nodes[seen_by].up[id][i == WORLD_NODES ? 0 : i + 1];
}
