/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What timeguardd does around its core: looks ten times a second and after a step, ticks at the whole second of REALTIME, polls chronyd
   100 ms before, hands on what corosync says. A frozen agent handles nothing; what came meanwhile comes in a burst afterwards. */
#include <stdlib.h>
#include <string.h>

#include "node_private.h"
#include "sim.h"

#define LOOK_NS        (100 * TG_NS_PER_MS)
#define EVE_NS         (100 * TG_NS_PER_MS)
#define TICK_EARLY_NS  (200 * TG_NS_PER_MS) /* as agent/daemon/clock.c */
#define TICK_LATEST_NS (1500 * TG_NS_PER_MS)
#define STEP_SEEN_NS   TG_NS_PER_MS
#define JITTER_NS      (2 * TG_NS_PER_MS)

uint64_t sim_connection(const struct sim_node *node)
{
        return (uint64_t)node->life + node->corosync_life;
}

static void note_alert(struct sim *sim, struct sim_node *node, const struct tg_alert *alert)
{
        uint32_t subject = tg_alert_kind(alert->id)->scope == TG_SCOPE_CLUSTER ? 0 : alert->evidence.node_id;

        if (subject <= SIM_NODES)
                node->up[alert->id][subject] = alert->raised;
        if (sim->watch_alert)
                sim->watch_alert(sim, node->id - 1, alert, sim->user);
}

static void carry_out(struct sim *sim, uint32_t i)
{
        struct sim_node *node = &sim->nodes[i];
        struct tg_action action;

        while (node->core && tg_node_next_action(node->core, &action)) {
                uint8_t data[TG_REPORT_BYTES_MAX];
                size_t len;

                if (action.type == TG_ACTION_ALERT)
                        note_alert(sim, node, &action.alert);
                if (action.type == TG_ACTION_GATE)
                        sim_executor_order(sim, i, &action.gate);
                if (action.type == TG_ACTION_STORE)
                        sim_disk_store(sim, i, action.store.version, action.store.data, action.store.len);
                if (action.type != TG_ACTION_SEND)
                        continue;
                if (action.type != TG_ACTION_SEND)
                        continue;
                len = action.send.len;
                memcpy(data, action.send.data, len);
                if (node->tamper != SIM_HONEST)
                        sim_tamper(sim, i, data, &len);
                sim_totem_send(sim, i, data, len);
        }
}

static void give(struct sim *sim, uint32_t i, struct tg_event *event, const struct sim_event *cause)
{
        struct sim_node *node = &sim->nodes[i];
        int64_t judged = node->core->judged_raw_ns;

        event->now = sim_look(sim, i);
        sim->in_core = true;
        tg_node_handle(node->core, event);
        sim->in_core = false;
        if (node->core->judged_raw_ns != judged) {
                node->evaluations++;
                sim->evaluations++;
        }
        carry_out(sim, i);
        if (sim->watch)
                sim->watch(sim, i, event, cause, sim->user);
}

void sim_agent_give(struct sim *sim, uint32_t i, struct tg_event *event, const struct sim_event *cause)
{
        give(sim, i, event, cause);
}

/* ---- timers ---- */

static void arm_tick(struct sim *sim, uint32_t i)
{
        struct sim_node *node = &sim->nodes[i];
        struct tg_look now = sim_look(sim, i);
        struct sim_event tick = { .kind = SIM_TICK, .node = (uint8_t)i, .life = ++node->tick_life };
        int64_t delay = tg_look_until_second_ns(&now), since = now.raw_ns - node->ticked_raw_ns;

        if (delay < TICK_EARLY_NS && since < 2 * TICK_EARLY_NS)
                delay += TG_NS_PER_S;
        if (delay > TICK_LATEST_NS - since)
                delay = TICK_LATEST_NS - since;
        if (delay < 0)
                delay = 0;
        tick.t_ns = sim->t_ns + delay + (int64_t)sim_random(sim, 200) * TG_NS_PER_US;
        sim_push(sim, &tick);
        tick.kind = SIM_CHRONY;
        tick.t_ns = sim->t_ns + (delay > EVE_NS ? delay - EVE_NS : 0);
        sim_push(sim, &tick);
}

static void push_look(struct sim *sim, uint32_t i, int64_t after_ns, bool once)
{
        struct sim_event look = {
                .t_ns = sim->t_ns + after_ns, .kind = SIM_LOOK, .node = (uint8_t)i, .from = once, .life = sim->nodes[i].life
        };

        sim_push(sim, &look);
}

void sim_stepped(struct sim *sim, uint32_t i)
{
        push_look(sim, i, (int64_t)sim_random(sim, STEP_SEEN_NS), true);
}

static void on_look(struct sim *sim, const struct sim_event *cause)
{
        struct sim_node *node = &sim->nodes[cause->node];
        struct tg_event event = { .type = TG_EVENT_LOOK };

        if (!cause->from)
                push_look(sim, cause->node, LOOK_NS + (int64_t)sim_random(sim, JITTER_NS), false);
        if (node->frozen)
                return;
        give(sim, cause->node, &event, cause);
        if (cause->from && node->core)
                arm_tick(sim, cause->node);
}

static void on_tick(struct sim *sim, const struct sim_event *cause)
{
        struct sim_node *node = &sim->nodes[cause->node];
        struct tg_event event = { .type = TG_EVENT_TICK };

        node->ticked_raw_ns = sim_clock_raw(&node->clock, sim->t_ns);
        if (!node->frozen)
                sim_asker_tick(sim, cause->node);
        if (!node->frozen)
                give(sim, cause->node, &event, cause);
        arm_tick(sim, cause->node);
}

static void on_chrony(struct sim *sim, const struct sim_event *cause)
{
        struct tg_chrony_sample sample;
        struct tg_event event = { .type = TG_EVENT_CHRONY, .chrony = &sample };

        if (sim->nodes[cause->node].frozen)
                return;
        sim_servo_sample(sim, cause->node, &sample);
        sim_asker_sources(sim, cause->node, &sample);
        give(sim, cause->node, &event, cause);
}

/* ---- the executor ---- */

static void on_result(struct sim *sim, const struct sim_event *cause)
{
        struct tg_gate_result result;
        struct tg_event event = { .type = TG_EVENT_GATE_RESULT, .gate = &result };
        struct sim_event later = *cause;

        if (sim->nodes[cause->node].frozen) {
                later.t_ns += LOOK_NS;
                sim_push(sim, &later);
                return;
        }
        memcpy(&result, cause->data, sizeof result);
        give(sim, cause->node, &event, cause);
}

/* ---- corosync ---- */

static void on_deliver(struct sim *sim, const struct sim_event *cause)
{
        struct sim_node *node = &sim->nodes[cause->node];
        struct tg_event event = { .type = TG_EVENT_DELIVERY };

        if (sim_trap_delivery(sim, cause))
                return;
        event.delivery.node_id = cause->from + 1u;
        event.delivery.pid = cause->pid;
        event.delivery.data = cause->data;
        event.delivery.len = cause->len;
        node->recent[cause->from][node->n_recent[cause->from]++ % SIM_RECENT] =
                (struct sim_latency){ sim->t_ns, sim->t_ns - cause->sent_t_ns };
        sim->deliveries++;
        give(sim, cause->node, &event, cause);
}

static void on_ring(struct sim *sim, const struct sim_event *cause)
{
        struct tg_event event = { .type = TG_EVENT_RING, .ring = cause->ring };

        give(sim, cause->node, &event, cause);
}

/* Corosync promises no order of its lists: each node gets them in one of its own. */
static void shuffle(void *list, uint32_t n, size_t size, uint32_t node)
{
        uint8_t *items = list, kept[sizeof(struct tg_topology_node)];

        if (size > sizeof kept)
                abort();
        for (uint32_t i = n; i > 1; i--) {
                uint8_t *last = items + (i - 1) * size, *other = items + (node * 7u + i * 5u) % i * size;

                memcpy(kept, last, size);
                memmove(last, other, size);
                memcpy(other, kept, size);
        }
}

static void on_members(struct sim *sim, const struct sim_event *cause)
{
        struct tg_event event = { .type = TG_EVENT_MEMBERS };

        event.members.n = (uint32_t)(cause->len / sizeof event.members.list[0]);
        memcpy(event.members.list, cause->data, cause->len);
        shuffle(event.members.list, event.members.n, sizeof event.members.list[0], cause->node);
        give(sim, cause->node, &event, cause);
}

static void on_quorum(struct sim *sim, const struct sim_event *cause)
{
        struct sim_node *node = &sim->nodes[cause->node];
        struct tg_quorum quorum;
        struct tg_topology topology = sim->topology;
        struct tg_event event = { .type = TG_EVENT_TOPOLOGY, .topology = &topology };

        topology.n_nodes = 0;
        for (uint32_t i = 0; i < sim->n; i++)
                if (!(sim->removed >> i & 1))
                        topology.nodes[topology.n_nodes++] = sim->topology.nodes[i];
        shuffle(topology.nodes, topology.n_nodes, sizeof topology.nodes[0], cause->node);
        if (node->told != sim_connection(node))
                give(sim, cause->node, &event, cause);
        node->told = sim_connection(node);
        sim_quorum_of(sim, cause->node, &quorum);
        shuffle(quorum.nodes, quorum.n_nodes, sizeof quorum.nodes[0], cause->node);
        event = (struct tg_event){ .type = TG_EVENT_QUORUM, .quorum = &quorum };
        give(sim, cause->node, &event, cause);
}

static void on_disconnect(struct sim *sim, const struct sim_event *cause)
{
        struct tg_event event = { .type = TG_EVENT_DISCONNECTED };

        give(sim, cause->node, &event, cause);
}

static void keep(struct sim_node *node, const struct sim_event *event)
{
        if (node->n_late == node->late_size) {
                node->late_size = node->late_size ? 2 * node->late_size : 64;
                node->late = realloc(node->late, node->late_size * sizeof *node->late);
                if (!node->late)
                        abort();
        }
        node->late[node->n_late++] = *event;
}

/* What waited comes through the queue, all at once: before whatever was on its way when the agent or corosync went on. */
void sim_agent_catch_up(struct sim *sim, uint32_t i)
{
        struct sim_node *node = &sim->nodes[i];

        if (node->frozen || node->corosync_frozen)
                return;
        for (uint32_t k = 0; k < node->n_late; k++) {
                node->late[k].t_ns = sim->t_ns;
                sim_push(sim, &node->late[k]);
        }
        node->n_late = 0;
}

/* ---- life ---- */

static void connect(struct sim *sim, uint32_t i)
{
        struct sim_node *node = &sim->nodes[i];

        if (!node->corosync || node->halted)
                return; /* the forming of its ring tells it all */
        sim_totem_quorum(sim, i);
        sim_totem_group(sim, i);
}

void sim_agent_start(struct sim *sim, uint32_t i)
{
        struct sim_node *node = &sim->nodes[i];
        struct tg_identity identity = { .node_id = node->id, .time_zone = "UTC" };
        struct tg_look now = sim_look(sim, i);

        if (!node->installed || node->core)
                return;
        node->pid += 64;
        node->life++;
        node->frozen = false;
        node->n_late = 0;
        node->up_t_ns = sim->t_ns;
        node->ticked_raw_ns = now.raw_ns - TG_NS_PER_S;
        identity.pid = node->pid;
        memcpy(identity.boot_id, node->boot_id, sizeof identity.boot_id);
        memset(node->up, 0, sizeof node->up);
        if (tg_node_new(&node->core, &identity, &node->options, &now) < 0)
                abort();
        node->ha.disk_writes = false;
        if (node->ha.disk_len && !tg_node_restore(node->core, node->ha.disk, node->ha.disk_len))
                sim_trouble(sim, "disk: n%u does not take what it stored", i + 1);
        sim_asker_start(sim, i, &now);
        push_look(sim, i, (int64_t)sim_random(sim, LOOK_NS), false);
        arm_tick(sim, i);
        connect(sim, i);
}

void sim_agent_stop(struct sim *sim, uint32_t i, bool orderly)
{
        struct sim_node *node = &sim->nodes[i];
        struct tg_event event = { .type = TG_EVENT_STOP };

        if (!node->core)
                return;
        if (orderly && !node->frozen)
                give(sim, i, &event, NULL);
        node->core = tg_node_free(node->core);
        node->life++;
        node->tick_life++;
        node->n_late = 0;
        if (node->corosync && !node->halted)
                sim_totem_group(sim, i);
}

void sim_agent_freeze(struct sim *sim, uint32_t i)
{
        sim->nodes[i].frozen = sim->nodes[i].core != NULL;
}

void sim_agent_thaw(struct sim *sim, uint32_t i)
{
        if (!sim->nodes[i].frozen)
                return;
        sim->nodes[i].frozen = false;
        if (sim->nodes[i].core && memcmp(&sim->nodes[i].core->options, &sim->nodes[i].options, sizeof sim->nodes[i].options))
                sim_agent_configure(sim, i, &sim->nodes[i].options); /* the signal waited */
        sim_stepped(sim, i);                                         /* its timers have all expired */
        sim_agent_catch_up(sim, i);
}

void sim_agent_configure(struct sim *sim, uint32_t i, const struct tg_options *options)
{
        struct sim_node *node = &sim->nodes[i];
        struct tg_event event = { .type = TG_EVENT_OPTIONS, .options = &node->options };

        node->options = *options;
        if (node->core && !node->frozen)
                give(sim, i, &event, NULL);
}

void sim_agent_handle(struct sim *sim, const struct sim_event *event)
{
        static const struct {
                void (*handle)(struct sim *sim, const struct sim_event *event);
                bool corosync; /* waits while the agent or corosync is frozen */
        } kinds[] = {
                [SIM_LOOK] = { on_look, false },     [SIM_TICK] = { on_tick, false },
                [SIM_CHRONY] = { on_chrony, false }, [SIM_DELIVER] = { on_deliver, true },
                [SIM_RING] = { on_ring, true },      [SIM_MEMBERS] = { on_members, true },
                [SIM_QUORUM] = { on_quorum, true },  [SIM_DISCONNECT] = { on_disconnect, true },
                [SIM_RESULT] = { on_result, false },
        };
        struct sim_node *node = &sim->nodes[event->node];
        bool timer = event->kind == SIM_TICK || event->kind == SIM_CHRONY;

        if (!node->core || event->life != (kinds[event->kind].corosync ? sim_connection(node)
                                           : timer                     ? node->tick_life
                                                                       : node->life))
                return;
        if (kinds[event->kind].corosync && (node->frozen || node->corosync_frozen || node->n_late))
                keep(node, event);
        else
                kinds[event->kind].handle(sim, event);
}
