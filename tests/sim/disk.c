/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a node's agent has made durable. It survives the agent and the power; what was not on disk yet when either went does not. */
#include <string.h>

#include "sim.h"

enum phase { DURABLE, TOLD };

static void push_phase(struct sim *sim, uint32_t i, enum phase phase, int64_t after_ns)
{
        struct sim_event event = { .t_ns = sim->t_ns + after_ns,
                                   .kind = SIM_STORED,
                                   .node = (uint8_t)i,
                                   .from = (uint8_t)phase,
                                   .pid = sim->nodes[i].ha.disk_version,
                                   .life = sim->nodes[i].life };

        sim_push(sim, &event);
}

void sim_disk_store(struct sim *sim, uint32_t i, uint32_t version, const uint8_t *data, size_t len)
{
        struct sim_ha_node *node = &sim->nodes[i].ha;

        if (node->disk_writes)
                sim_trouble(sim, "disk: n%u stores before the last store was answered", i + 1);
        node->disk_writes = true;
        node->disk_version = version;
        node->disk_next_len = len;
        memcpy(node->disk_next, data, len);
        push_phase(sim, i, DURABLE, (200 + (int64_t)sim_ha_random(sim, 29800)) * TG_NS_PER_US);
}

void sim_disk_handle(struct sim *sim, const struct sim_event *event)
{
        struct sim_node *node = &sim->nodes[event->node];
        struct tg_event told = { .type = TG_EVENT_STORED, .stored = { event->pid, !node->ha.disk_full } };

        if (event->life != node->life || !node->core)
                return;
        if (node->frozen) {
                push_phase(sim, event->node, (enum phase)event->from, 100 * TG_NS_PER_MS);
                return;
        }
        if (event->from == DURABLE) {
                if (!node->ha.disk_full) {
                        node->ha.disk_len = node->ha.disk_next_len;
                        memcpy(node->ha.disk, node->ha.disk_next, node->ha.disk_len);
                }
                push_phase(sim, event->node, TOLD, (int64_t)sim_ha_random(sim, TG_NS_PER_MS));
                return;
        }
        node->ha.disk_writes = false;
        sim_agent_give(sim, event->node, &told, event);
}
