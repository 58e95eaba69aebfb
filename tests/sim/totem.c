/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Totem and votequorum as an agent sees them. A message gets its place in the order of its ring and is then delivered to all members in
   that order, each after a delay of its own. While a ring is being formed, or a member's corosync is frozen, nothing gets a place:
   what was accepted waits and comes in a burst. Each partition is a world of its own. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim.h"

#define BACKLOG_MAX   64 /* then corosync says "try again", and the report is dropped */
#define TOKEN_WAIT_NS (400 * TG_NS_PER_US)

static int64_t delay(struct sim *sim)
{
        double u = ((double)sim_random(sim, 1000000) + 1) / 1000001;

        return sim->delay_min_ns + (int64_t)(-log(u) * (double)sim->delay_mean_ns);
}

static bool reaches(const struct sim *sim, uint32_t i, uint32_t j)
{
        const struct sim_node *a = &sim->nodes[i], *b = &sim->nodes[j];

        return a->corosync && b->corosync && !a->corosync_frozen && !b->corosync_frozen && a->zone == b->zone;
}

uint64_t sim_ring_of(const struct sim *sim, uint32_t i)
{
        uint64_t ring = 0;

        for (uint32_t j = 0; j < sim->n; j++)
                ring |= (uint64_t)reaches(sim, i, j) << j;
        return ring;
}

/* ---- messages ---- */

static void wait_for_ring(struct sim_node *node, const struct sim_message *message)
{
        if (node->n_backlog == BACKLOG_MAX)
                return;
        if (node->n_backlog == node->backlog_size) {
                node->backlog_size = node->backlog_size ? 2 * node->backlog_size : 8;
                node->backlog = realloc(node->backlog, node->backlog_size * sizeof *node->backlog);
                if (!node->backlog)
                        abort();
        }
        node->backlog[node->n_backlog++] = *message;
}

/* A place in the order is not far, and those of one sender keep their order. */
static void push_order(struct sim *sim, const struct sim_message *message, int64_t after_ns)
{
        struct sim_node *node = &sim->nodes[message->from];
        struct sim_event event = { .t_ns = sim->t_ns + after_ns,
                                   .kind = SIM_ORDER,
                                   .node = message->from,
                                   .from = message->from,
                                   .life = node->corosync_life,
                                   .pid = message->pid,
                                   .sent_t_ns = message->sent_t_ns,
                                   .len = message->len };

        if (event.t_ns <= node->last_order_t_ns)
                event.t_ns = node->last_order_t_ns + 1;
        node->last_order_t_ns = event.t_ns;
        memcpy(event.data, message->data, message->len);
        sim_push(sim, &event);
}

void sim_totem_send(struct sim *sim, uint32_t from, const uint8_t *data, size_t len)
{
        struct sim_node *node = &sim->nodes[from];
        struct sim_message message = { .from = (uint8_t)from, .pid = node->pid, .sent_t_ns = sim->t_ns, .len = (uint16_t)len };

        if (!node->corosync)
                return;
        memcpy(message.data, data, len);
        if (node->halted || node->corosync_frozen)
                wait_for_ring(node, &message);
        else
                push_order(sim, &message, (int64_t)sim_random(sim, TOKEN_WAIT_NS));
}

/* The next thing in the stream of the node's process group, no earlier than what is in it already. */
static void push_stream(struct sim *sim, uint32_t to, struct sim_event *event, int64_t t_ns)
{
        struct sim_node *node = &sim->nodes[to];

        if (t_ns <= node->last_delivery_t_ns)
                t_ns = node->last_delivery_t_ns + TG_NS_PER_US;
        node->last_delivery_t_ns = event->t_ns = t_ns;
        event->node = (uint8_t)to;
        event->life = sim_connection(node);
        sim_push(sim, event);
}

static void order(struct sim *sim, const struct sim_event *event)
{
        struct sim_node *node = &sim->nodes[event->from];
        struct sim_event delivery = *event;

        if (event->life != node->corosync_life)
                return;
        if (node->halted || node->corosync_frozen) {
                struct sim_message message = {
                        .from = event->from, .pid = event->pid, .sent_t_ns = event->sent_t_ns, .len = event->len
                };

                memcpy(message.data, event->data, event->len);
                wait_for_ring(node, &message);
                return;
        }
        delivery.kind = SIM_DELIVER;
        for (uint32_t j = 0; j < sim->n; j++)
                if (node->ring >> j & 1)
                        push_stream(sim, j, &delivery, sim->t_ns + delay(sim));
}

static void flush(struct sim *sim, uint64_t ring)
{
        int64_t after_ns = TG_NS_PER_MS;

        for (uint32_t k = 0; k < BACKLOG_MAX; k++)
                for (uint32_t i = 0; i < sim->n; i++)
                        if (ring >> i & 1 && k < sim->nodes[i].n_backlog)
                                push_order(sim, &sim->nodes[i].backlog[k], after_ns += 100 * TG_NS_PER_US);
        for (uint32_t i = 0; i < sim->n; i++)
                if (ring >> i & 1)
                        sim->nodes[i].n_backlog = 0;
}

/* ---- rings ---- */

/* The process group as it is now: an agent that is slow to handle the change must not see the pids of a later one. */
static void fill_members(const struct sim *sim, uint64_t ring, struct sim_event *event)
{
        struct tg_group_member list[SIM_NODES] = { 0 };
        uint32_t n = 0;

        for (uint32_t j = 0; j < sim->n; j++) {
                if (!(ring >> j & 1) || (!sim->nodes[j].core && !(sim->ghosts >> j & 1)))
                        continue;
                if (sim->doubles >> j & 1 && n < SIM_NODES)
                        list[n++] = (struct tg_group_member){ sim->nodes[j].id, sim->nodes[j].pid + 1 };
                if (n < SIM_NODES)
                        list[n++] = (struct tg_group_member){ sim->nodes[j].id, sim->nodes[j].pid };
        }
        event->len = (uint16_t)(n * sizeof list[0]);
        memcpy(event->data, list, event->len);
}

/* CPG and quorum speak over different sockets, in either order; so do the two callbacks of CPG. */
static void tell_ring(struct sim *sim, uint32_t i)
{
        struct sim_node *node = &sim->nodes[i];
        struct sim_event event = { .kind = SIM_RING, .ring = node->ring_id };
        bool members_first = sim_random(sim, 2);

        fill_members(sim, node->ring, &event);
        sim_totem_quorum(sim, i);
        event.kind = members_first ? SIM_MEMBERS : SIM_RING;
        push_stream(sim, i, &event, sim->t_ns + (int64_t)sim_random(sim, 2 * TG_NS_PER_MS));
        event.kind = members_first ? SIM_RING : SIM_MEMBERS;
        push_stream(sim, i, &event, sim->t_ns);
}

static void form_ring(struct sim *sim, uint64_t ring)
{
        uint32_t lowest = (uint32_t)__builtin_ctzll(ring);

        uint64_t seq = 0;

        /* as corosync does it: 4 more than the highest that a member remembers; two parts may come to the same number */
        for (uint32_t i = 0; i < sim->n; i++)
                if (ring >> i & 1 && sim->nodes[i].ring_id.seq > seq)
                        seq = sim->nodes[i].ring_id.seq;
        seq += 4;
        for (uint32_t i = 0; i < sim->n; i++) {
                struct sim_node *node = &sim->nodes[i];

                if (!(ring >> i & 1))
                        continue;
                node->ring = ring;
                node->ring_id = (struct tg_ring_id){ lowest + 1, seq };
                node->halted = false;
                tell_ring(sim, i);
        }
        flush(sim, ring);
}

static void form(struct sim *sim, const struct sim_event *event)
{
        uint64_t done = 0;

        if (event->t_ns != sim->form_t_ns)
                return;
        sim->form_t_ns = 0;
        sim->formed_t_ns = sim->t_ns;
        for (uint32_t i = 0; i < sim->n; i++) {
                uint64_t ring = sim_ring_of(sim, i);

                if (done >> i & 1 || !ring || (!sim->nodes[i].halted && sim->nodes[i].ring == ring))
                        continue;
                form_ring(sim, ring);
                done |= ring;
        }
        /* the qdevice may vote for another part now */
        for (uint32_t i = 0; sim->qdevice_votes && i < sim->n; i++)
                if (sim->nodes[i].corosync && !(done >> i & 1))
                        sim_totem_quorum(sim, i);
}

static void halt(struct sim *sim, uint64_t ring)
{
        for (uint32_t i = 0; i < sim->n; i++)
                if (ring >> i & 1)
                        sim->nodes[i].halted = true;
}

void sim_totem_change(struct sim *sim, bool loss)
{
        int64_t wait = (int64_t)(50 + sim_random(sim, 350)) * TG_NS_PER_MS;
        struct sim_event event = { .kind = SIM_FORM };

        for (uint32_t i = 0; i < sim->n; i++)
                if (sim->nodes[i].corosync && !sim->nodes[i].corosync_frozen && sim->nodes[i].ring != sim_ring_of(sim, i))
                        halt(sim, sim->nodes[i].ring | sim_ring_of(sim, i));
        if (loss)
                wait = (int64_t)sim->topology.token_ms * TG_NS_PER_MS +
                       (int64_t)(sim->topology.consensus_ms / 2 + sim_random(sim, sim->topology.consensus_ms / 2)) *
                               TG_NS_PER_MS;
        sim->formed_t_ns = sim->t_ns;
        if (sim->form_t_ns < sim->t_ns + wait)
                sim->form_t_ns = sim->t_ns + wait;
        event.t_ns = sim->form_t_ns;
        sim_push(sim, &event);
}

void sim_totem_quorum(struct sim *sim, uint32_t i)
{
        struct sim_node *node = &sim->nodes[i];
        struct sim_event event = { .t_ns = sim->t_ns + (int64_t)sim_random(sim, 20 * TG_NS_PER_MS),
                                   .kind = SIM_QUORUM,
                                   .node = (uint8_t)i,
                                   .life = sim_connection(node) };

        sim_push(sim, &event);
}

void sim_totem_group(struct sim *sim, uint32_t i)
{
        struct sim_node *node = &sim->nodes[i];
        uint64_t ring = node->ring;

        for (uint32_t j = 0; j < sim->n; j++) {
                struct sim_event event = { .kind = SIM_MEMBERS, .ring = node->ring_id };

                if (!(ring >> j & 1) || !sim->nodes[j].core)
                        continue;
                fill_members(sim, ring, &event);
                push_stream(sim, j, &event, sim->t_ns + delay(sim));
                if (j != i)
                        continue;
                event.kind = SIM_RING;
                push_stream(sim, j, &event, sim->t_ns);
        }
}

/* ---- corosync's life ---- */

void sim_corosync_stop(struct sim *sim, uint32_t i, bool orderly)
{
        struct sim_node *node = &sim->nodes[i];
        struct sim_event event = { .t_ns = sim->t_ns + (int64_t)sim_random(sim, 50 * TG_NS_PER_MS),
                                   .kind = SIM_DISCONNECT,
                                   .node = (uint8_t)i };

        if (!node->corosync)
                return;
        halt(sim, node->ring);
        node->corosync = node->corosync_frozen = node->halted = false;
        node->corosync_life++;
        node->ring = 0;
        node->n_backlog = 0;
        node->n_late = 0;
        event.life = sim_connection(node);
        sim_push(sim, &event);
        sim_totem_change(sim, !orderly);
}

void sim_corosync_start(struct sim *sim, uint32_t i)
{
        struct sim_node *node = &sim->nodes[i];

        if (node->corosync)
                return;
        node->corosync = node->halted = true;
        node->ring = 0;
        node->corosync_life++;
        sim_totem_change(sim, false);
}

void sim_corosync_freeze(struct sim *sim, uint32_t i)
{
        struct sim_node *node = &sim->nodes[i];

        if (!node->corosync || node->corosync_frozen)
                return;
        node->corosync_frozen = true;
        node->frozen_t_ns = sim->t_ns;
        halt(sim, node->ring);
        sim_totem_change(sim, true);
}

/* Back before the token was given up, with nothing else changed: the same ring goes on. */
static bool goes_on(const struct sim *sim, const struct sim_node *node)
{
        if (sim->t_ns - node->frozen_t_ns >= (int64_t)sim->topology.token_ms * TG_NS_PER_MS)
                return false;
        for (uint32_t j = 0; j < sim->n; j++)
                if (node->ring >> j & 1 && (sim->nodes[j].ring != node->ring || sim_ring_of(sim, j) != node->ring))
                        return false;
        return true;
}

/* Agents that came or went while the token stood still: to join and to leave take their turn in the order too. */
static void tell_changes(struct sim *sim, uint32_t i)
{
        for (uint32_t j = 0; j < sim->n; j++)
                if (sim->nodes[i].ring >> j & 1 && sim->nodes[j].core && sim->nodes[j].told != sim_connection(&sim->nodes[j])) {
                        sim_totem_quorum(sim, j);
                        sim_totem_group(sim, j);
                }
        sim_totem_group(sim, i);
}

void sim_corosync_thaw(struct sim *sim, uint32_t i)
{
        struct sim_node *node = &sim->nodes[i];

        if (!node->corosync_frozen)
                return;
        node->corosync_frozen = false;
        sim_agent_catch_up(sim, i);
        if (!goes_on(sim, node)) {
                halt(sim, node->ring);
                sim_totem_change(sim, false);
                return;
        }
        for (uint32_t j = 0; j < sim->n; j++)
                if (node->ring >> j & 1)
                        sim->nodes[j].halted = false;
        sim->formed_t_ns = sim->t_ns;
        tell_changes(sim, i);
        flush(sim, node->ring);
}

void sim_totem_start(struct sim *sim)
{
        for (uint32_t i = 0; i < sim->n; i++)
                sim->nodes[i].corosync = sim->nodes[i].halted = true;
        sim_totem_change(sim, false);
}

void sim_totem_handle(struct sim *sim, const struct sim_event *event)
{
        if (event->kind == SIM_FORM)
                form(sim, event);
        else
                order(sim, event);
}

/* ---- votes ---- */

static uint32_t votes_of(const struct sim *sim, uint64_t ring)
{
        uint32_t votes = 0;

        for (uint32_t i = 0; i < sim->n; i++)
                votes += ring >> i & 1 ? sim->votes[i] : 0;
        return votes;
}

/* The qdevice votes for the ring with the most votes, of equals for the one with the lowest node. */
static bool has_qdevice(const struct sim *sim, uint64_t ring)
{
        uint32_t votes = votes_of(sim, ring);

        if (!sim->qdevice_votes || !sim->qdevice_alive)
                return false;
        for (uint32_t i = 0; i < sim->n; i++) {
                uint64_t other = sim->nodes[i].ring;

                if (other && other != ring &&
                    (votes_of(sim, other) > votes ||
                     (votes_of(sim, other) == votes && __builtin_ctzll(other) < __builtin_ctzll(ring))))
                        return false;
        }
        return true;
}

void sim_quorum_of(const struct sim *sim, uint32_t i, struct tg_quorum *out)
{
        const struct sim_node *node = &sim->nodes[i];
        bool qdevice = node->ring && has_qdevice(sim, node->ring);

        *out = (struct tg_quorum){ .provider = true, .ring = node->ring_id, .flags = sim->flags };
        for (uint32_t j = 0; j < sim->n; j++) {
                if (sim->removed >> j & 1)
                        continue;
                out->nodes[out->n_nodes++] = (struct tg_quorum_node){ j + 1, sim->votes[j], node->ring >> j & 1 };
                out->expected_votes += sim->votes[j];
        }
        out->expected_votes += sim->qdevice_votes;
        out->highest_expected = out->expected_votes;
        out->qdevice_votes = qdevice ? sim->qdevice_votes : 0;
        out->total_votes = votes_of(sim, node->ring) + out->qdevice_votes;
        out->quorum = sim->flags & TG_QUORUM_TWO_NODE ? 1 : out->expected_votes / 2 + 1;
        out->quorate = out->total_votes >= out->quorum;
        if (sim->flags & TG_QUORUM_AUTO_TIE_BREAKER && 2 * out->total_votes == out->expected_votes && node->ring & 1)
                out->quorate = true;
        if (sim->qdevice_votes)
                out->flags |= TG_QUORUM_QDEVICE_REGISTERED | (sim->qdevice_alive ? TG_QUORUM_QDEVICE_ALIVE : 0) |
                              (qdevice ? TG_QUORUM_QDEVICE_CAST_VOTE : 0);
        if (out->quorate)
                out->flags |= TG_QUORUM_QUORATE;
}
