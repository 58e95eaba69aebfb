/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See sim.h. Events stand in a heap by time, then by the order in which they were made. */
#include "sim.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WANDER_NS (8 * TG_NS_PER_S)

uint64_t sim_random(struct sim *sim, uint64_t below)
{
        uint64_t z = sim->random += UINT64_C(0x9e3779b97f4a7c15); /* splitmix64 (Steele, Lea, Flood 2014) */

        z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
        z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
        return below ? (z ^ (z >> 31)) % below : 0;
}

void sim_trouble(struct sim *sim, const char *format, ...)
{
        va_list args;
        int n;

        if (sim->trouble[0])
                return;
        n = snprintf(sim->trouble, sizeof sim->trouble, "at %.6f s: ", (double)sim->t_ns / 1e9);
        va_start(args, format);
        vsnprintf(sim->trouble + n, sizeof sim->trouble - (size_t)n, format, args);
        va_end(args);
}

/* ---- the queue ---- */

static bool before(const struct sim_event *a, const struct sim_event *b)
{
        return a->t_ns != b->t_ns ? a->t_ns < b->t_ns : a->order < b->order;
}

/* What a slot of the queue holds of its event: all but the unused end of `data`. */
static void copy_event(struct sim_event *to, const struct sim_event *from)
{
        memcpy(to, from, offsetof(struct sim_event, data) + from->len);
}

void sim_push(struct sim *sim, const struct sim_event *event)
{
        uint32_t i = sim->n_queue;

        if (sim->n_queue == sim->queue_size) {
                sim->queue_size = sim->queue_size ? 2 * sim->queue_size : 1024;
                sim->queue = realloc(sim->queue, sim->queue_size * sizeof *sim->queue);
                if (!sim->queue)
                        abort();
        }
        sim->n_queue++;
        for (; i > 0 && event->t_ns < sim->queue[(i - 1) / 2].t_ns; i = (i - 1) / 2)
                copy_event(&sim->queue[i], &sim->queue[(i - 1) / 2]);
        copy_event(&sim->queue[i], event);
        sim->queue[i].order = sim->order++;
}

static void pop(struct sim *sim, struct sim_event *out)
{
        const struct sim_event *last = &sim->queue[sim->n_queue - 1];
        uint32_t i = 0, n = sim->n_queue - 1;

        copy_event(out, &sim->queue[0]);
        for (uint32_t least; 2 * i + 1 < n; i = least) {
                least = 2 * i + 1;
                if (least + 1 < n && before(&sim->queue[least + 1], &sim->queue[least]))
                        least++;
                if (before(last, &sim->queue[least]))
                        break;
                copy_event(&sim->queue[i], &sim->queue[least]);
        }
        if (i != n)
                copy_event(&sim->queue[i], last);
        sim->n_queue--;
}

/* ---- truth ---- */

int64_t sim_offset(const struct sim *sim, uint32_t i, uint32_t j, int64_t t_ns)
{
        return sim_clock_real(&sim->nodes[i].clock, t_ns) - sim_clock_real(&sim->nodes[j].clock, t_ns);
}

struct tg_look sim_look(struct sim *sim, uint32_t i)
{
        int64_t bracket = sim_random(sim, 64) ? sim->blur_ns : 100 * (int64_t)sim->blur_ns;

        return sim_clock_look(&sim->nodes[i].clock, sim->t_ns, bracket, (int64_t)sim_random(sim, 2001) - 1000);
}

/* ---- running ---- */

static void wander(struct sim *sim, const struct sim_event *event)
{
        struct sim_node *node = &sim->nodes[event->node];
        struct sim_event next = { .t_ns = sim->t_ns + WANDER_NS, .kind = SIM_WANDER, .node = event->node };
        int64_t step = (int64_t)sim_random(sim, (uint64_t)node->wander_ppb * 2 + 1) - node->wander_ppb;

        if (step)
                sim_clock_oscillator(&node->clock, sim->t_ns, sim_clock_last(&node->clock)->raw_ppb + step);
        sim_push(sim, &next);
}

typedef void handler(struct sim *sim, const struct sim_event *event);

static handler *const handlers[] = {
        [SIM_LOOK] = sim_agent_handle,    [SIM_TICK] = sim_agent_handle,    [SIM_CHRONY] = sim_agent_handle,
        [SIM_POLL] = sim_servo_handle,    [SIM_SLEWED] = sim_servo_handle,  [SIM_WANDER] = wander,
        [SIM_ORDER] = sim_totem_handle,   [SIM_DELIVER] = sim_agent_handle, [SIM_RING] = sim_agent_handle,
        [SIM_MEMBERS] = sim_agent_handle, [SIM_QUORUM] = sim_agent_handle,  [SIM_DISCONNECT] = sim_agent_handle,
        [SIM_FORM] = sim_totem_handle,    [SIM_UNDO] = sim_fault_handle,    [SIM_ROUND] = sim_ha_handle,
        [SIM_UNIT] = sim_executor_handle, [SIM_RESULT] = sim_agent_handle,  [SIM_TRAP] = sim_trap_handle,
        [SIM_STORED] = sim_disk_handle,   [SIM_ANSWER] = sim_asker_handle,
};

void sim_run_until(struct sim *sim, int64_t t_ns)
{
        struct sim_event event;

        while (sim->n_queue && sim->queue[0].t_ns <= t_ns && !sim->trouble[0]) {
                pop(sim, &event);
                sim->t_ns = event.t_ns;
                sim->events++;
                handlers[event.kind](sim, &event);
        }
        if (!sim->trouble[0])
                sim->t_ns = t_ns;
}

/* ---- making ---- */

static void make_node(struct sim *sim, uint32_t i)
{
        struct sim_node *node = &sim->nodes[i];
        int64_t raw = 1000 * TG_NS_PER_S + (int64_t)sim_random(sim, 1000000) * TG_NS_PER_MS;

        node->id = i + 1;
        node->pid = 1000 + i;
        node->installed = true;
        node->zone = 0;
        node->wander_ppb = 20;
        for (uint32_t k = 0; k < sizeof node->boot_id; k++)
                node->boot_id[k] = (uint8_t)sim_random(sim, 256);
        sim_clock_start(&node->clock, raw, SIM_EPOCH_NS, (int64_t)sim_random(sim, 40001) - 20000);
        tg_options_default(&node->options);
        node->options.boot_grace_ns = 0;
        sim_servo_init(&node->servo);
        sim_servo_follow(sim, i, "s1");
        sim->topology.nodes[i] = (struct tg_topology_node){ .node_id = i + 1, .n_addresses = 1 };
        sim->topology.nodes[i].addresses[0] = (struct tg_addr){ TG_ADDR_IPV4, { 10, 0, 0, (uint8_t)(i + 1) } };
        snprintf(sim->topology.nodes[i].name, TG_NAME_MAX, "n%u", i + 1);
        sim->votes[i] = 1;
}

uint32_t sim_server_add(struct sim *sim, const char *address, const char *name, uint8_t stratum)
{
        struct sim_server *server = &sim->servers[sim->n_servers];

        if (sim->n_servers == SIM_SERVERS || tg_addr_parse(address, &server->addr) < 0)
                abort();
        snprintf(server->name, sizeof server->name, "%.63s", name);
        server->stratum = stratum;
        return sim->n_servers++;
}

struct sim *sim_new(uint32_t n, uint64_t seed)
{
        struct sim *sim = calloc(1, sizeof *sim);

        if (!sim)
                abort();
        sim->random = seed;
        sim->ha.random = seed ^ UINT64_C(0x6a09e667f3bcc908);
        sim->n = n;
        sim->delay_min_ns = 200 * TG_NS_PER_US;
        sim->delay_mean_ns = 500 * TG_NS_PER_US;
        sim->blur_ns = 150;
        strcpy(sim->topology.cluster_name, "sim");
        sim->topology.token_ms = n > 2 ? 1000 + 650 * (n - 2) : 1000;
        sim->topology.consensus_ms = sim->topology.token_ms * 12 / 10;
        sim->topology.n_nodes = n;
        sim_server_add(sim, "10.0.0.254", "10.0.0.254", 3);
        for (uint32_t i = 0; i < n; i++)
                make_node(sim, i);
        return sim;
}

void sim_start(struct sim *sim)
{
        sim_ha_start(sim);
        for (uint32_t i = 0; i < sim->n; i++) {
                struct sim_event event = { .t_ns = (int64_t)sim_random(sim, (uint64_t)WANDER_NS),
                                           .kind = SIM_WANDER,
                                           .node = (uint8_t)i };

                sim_servo_start(sim, i);
                sim_agent_start(sim, i);
                sim_push(sim, &event);
        }
        sim_totem_start(sim);
}

struct sim *sim_free(struct sim *sim)
{
        if (!sim)
                return NULL;
        for (uint32_t i = 0; i < sim->n; i++) {
                tg_node_free(sim->nodes[i].core);
                free(sim->nodes[i].late);
                free(sim->nodes[i].backlog);
        }
        free(sim->queue);
        free(sim);
        return NULL;
}
