/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See gate_request.h. A request is large for a stack, and lives no longer than its file takes to be written. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent.h"
#include "gate_files.h"
#include "gate_request.h"

static void fill_nodes(const struct tg_agent *agent, struct tg_gate_request *request)
{
        request->self.id = agent->node_id;
        (void)tg_agent_node_name(agent, agent->node_id, request->self.name);
        request->n_nodes = agent->topology.n_nodes;
        for (uint32_t i = 0; i < request->n_nodes; i++) {
                request->nodes[i].id = agent->topology.nodes[i].node_id;
                (void)tg_agent_node_name(agent, request->nodes[i].id, request->nodes[i].name);
        }
}

static void fill(const struct tg_agent *agent, const struct tg_gate_order *order, struct tg_gate_request *request)
{
        const struct tg_options *options = &agent->options;

        request->ticket = order->ticket;
        request->verb = order->verb;
        request->scope = order->scope == TG_GATE_NODE ? TG_GATE_NODE : TG_GATE_CLUSTER;
        request->backend = (enum tg_gate_backend)(order->backend ? order->backend : options->gate_backend);
        memcpy(request->uuid, order->uuid, sizeof(request->uuid));
        (void)snprintf(request->prior, sizeof(request->prior), "%s", order->prior);
        (void)snprintf(request->reason, sizeof(request->reason), "%s", order->reason);
        (void)snprintf(request->command, sizeof(request->command), "%s", options->gate_command);
        request->n_units = options->gate_units.n;
        for (uint32_t i = 0; i < request->n_units; i++)
                (void)snprintf(request->units[i], sizeof(request->units[i]), "%s", options->gate_units.names[i]);
        fill_nodes(agent, request);
}

int tg_gate_request_write(const struct tg_agent *agent, const struct tg_gate_order *order, int health)
{
        struct tg_gate_request *request = calloc(1, sizeof(*request));
        int r = request ? tg_gate_files_open() : -ENOMEM;

        if (r == 0) {
                fill(agent, order, request);
                request->health = (enum tg_gate_health)health;
                r = tg_gate_files_write(request);
        }
        free(request);
        return r;
}
