/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The agent between its parts and the core: events in, actions out. The parts are opened in agent_parts.c. */
#include <stdio.h>
#include <syslog.h>

#include "agent.h"
#include "asker.h"
#include "chronyd.h"
#include "clock.h"
#include "cluster.h"
#include "dbus.h"
#include "executor.h"
#include "health.h"
#include "journal.h"
#include "notify.h"
#include "store.h"

const char *tg_agent_node_name(const struct tg_agent *agent, uint32_t node_id, char buf[static TG_NAME_MAX])
{
        (void)snprintf(buf, TG_NAME_MAX, "%u", node_id);
        for (uint32_t i = 0; i < agent->topology.n_nodes; i++)
                if (agent->topology.nodes[i].node_id == node_id && agent->topology.nodes[i].name[0])
                        (void)snprintf(buf, TG_NAME_MAX, "%s", agent->topology.nodes[i].name);
        return buf;
}

void tg_agent_gate_result(struct tg_agent *agent, const struct tg_gate_result *result)
{
        struct tg_event event = { .type = TG_EVENT_GATE_RESULT, .gate = result };

        tg_agent_event(agent, &event);
}

/* The core gives one order at a time; one that cannot be given fails at once. */
static void order(struct tg_agent *agent, const struct tg_gate_order *wanted)
{
        struct tg_gate_result failed = { .ticket = wanted->ticket, .verb = wanted->verb, .outcome = TG_GATE_FAILED };

        if (tg_executor_run(agent->executor, wanted) == 0)
                return;
        (void)snprintf(failed.detail, sizeof(failed.detail), "the run before has not ended");
        tg_agent_gate_result(agent, &failed);
}

void tg_agent_event(struct tg_agent *agent, struct tg_event *event)
{
        struct tg_action action;

        if (event->now.raw_ns == 0)
                event->now = tg_clock_look();
        tg_node_handle(agent->node, event);
        while (tg_node_next_action(agent->node, &action)) {
                switch (action.type) {
                case TG_ACTION_SEND:
                        if (agent->cluster)
                                tg_cluster_send(agent->cluster, action.send.data, action.send.len);
                        break;
                case TG_ACTION_ALERT:
                        tg_journal_alert(agent, &action.alert);
                        break;
                case TG_ACTION_STORE:
                        tg_store_write(agent->store, action.store.version, action.store.data, action.store.len);
                        break;
                case TG_ACTION_GATE:
                        order(agent, &action.gate);
                        break;
                }
        }
}

void tg_agent_eve(struct tg_agent *agent)
{
        tg_chronyd_poll(agent->chronyd);
        if (agent->asker)
                tg_asker_poll(agent->asker, tg_node_suspects(agent->node));
}

void tg_agent_tick(struct tg_agent *agent)
{
        char summary[256];

        tg_cluster_tick(agent->cluster);
        tg_dbus_tick(agent->dbus);
        tg_health_tick(agent, &agent->health);
        tg_notify_summary(agent->notify, tg_node_summary(agent->node, summary, sizeof(summary)));
}

void tg_agent_left(struct tg_agent *agent)
{
        qb_loop_stop(agent->loop);
}

void tg_agent_run(struct tg_agent *agent)
{
        tg_notify_ready(agent->notify);
        tg_log(LOG_INFO, "timeguardd %s started", TG_VERSION);
        qb_loop_run(agent->loop);
}
