/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The parts of the agent: each opened and closed, in the order of one table. What they hand to the core goes through tg_agent_event. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "agent.h"
#include "asker.h"
#include "bus.h"
#include "chronyd.h"
#include "clock.h"
#include "cluster.h"
#include "dbus.h"
#include "executor.h"
#include "host.h"
#include "journal.h"
#include "notify.h"
#include "signals.h"
#include "status.h"
#include "store.h"

static void on_last_call(void *data)
{
        struct tg_agent *agent = data;

        qb_loop_stop(agent->loop);
}

static int open_core(struct tg_agent *agent)
{
        struct tg_look now = tg_clock_look();
        struct tg_identity identity;

        tg_host_identity(&identity);
        return tg_node_new(&agent->node, &identity, &agent->options, &now);
}

static int open_last_call(struct tg_agent *agent)
{
        return tg_alarm_open(&agent->last_call, agent->loop, QB_LOOP_HIGH, on_last_call, agent);
}

static int open_status(struct tg_agent *agent)
{
        return tg_status_new(&agent->status, agent, agent->options.status_socket, (mode_t)agent->options.status_mode);
}

static int open_notify(struct tg_agent *agent)
{
        return tg_notify_new(&agent->notify, agent);
}

static int open_chronyd(struct tg_agent *agent)
{
        return tg_chronyd_new(&agent->chronyd, agent, (uint16_t)agent->options.chrony_port);
}

static void on_asked(void *data, const struct tg_ask *ask)
{
        struct tg_agent *agent = data;
        struct tg_asked list[TG_ASK_SOURCES];
        struct tg_event event = { .type = TG_EVENT_ASKED, .asked = { .n = tg_ask_list(ask, list), .list = list } };

        tg_agent_event(agent, &event);
}

static int open_asker(struct tg_agent *agent)
{
        if (!agent->options.source_port)
                return 0;
        return tg_asker_new(&agent->asker, agent->loop, (uint16_t)agent->options.source_port, agent->options.gate_step_limit_ns,
                            on_asked, agent);
}

static void on_stored(void *data, uint32_t version, bool ok)
{
        struct tg_agent *agent = data;
        struct tg_event event = { .type = TG_EVENT_STORED, .stored = { version, ok } };

        tg_agent_event(agent, &event);
}

static int open_store(struct tg_agent *agent)
{
        uint8_t bytes[TG_GATE_STORE_MAX];
        int r = tg_store_new(&agent->store, agent->loop, on_stored, agent);
        ssize_t len;

        if (r < 0)
                return r;
        len = tg_store_load(bytes);
        if (len < 0)
                tg_log(LOG_ERR, "what was stored of the gate cannot be read: %s", strerror((int)-len));
        else if (len && !tg_node_restore(agent->node, bytes, (size_t)len))
                tg_log(LOG_ERR, "what was stored of the gate is not sound and is left aside");
        return 0;
}

static int open_bus(struct tg_agent *agent)
{
        int r = tg_bus_new(&agent->bus, agent->loop, "gate:");

        return r < 0 ? r : tg_bus_new(&agent->public_bus, agent->loop, "org.timeguard1:");
}

static void on_gate(void *data, const struct tg_gate_result *result)
{
        tg_agent_gate_result(data, result);
}

static int open_executor(struct tg_agent *agent)
{
        return tg_executor_new(&agent->executor, agent, agent->bus, on_gate, agent);
}

static int open_dbus(struct tg_agent *agent)
{
        return tg_dbus_new(&agent->dbus, agent, agent->public_bus);
}

static int open_cluster(struct tg_agent *agent)
{
        return tg_cluster_new(&agent->cluster, agent);
}

static int open_clock(struct tg_agent *agent)
{
        return tg_clock_new(&agent->clock, agent);
}

/* The clock comes last: its first tick finds all the others. */
static const struct {
        const char *what;
        int (*open)(struct tg_agent *agent);
} parts[] = {
        { "signals", tg_signals_open },
        { "core", open_core },
        { "timer", open_last_call },
        { "notify socket", open_notify },
        { "status socket", open_status },
        { "store", open_store },
        { "sources", open_asker },
        { "chrony", open_chronyd },
        { "bus", open_bus },
        { "executor", open_executor },
        { "bus name", open_dbus },
        { "cluster", open_cluster },
        { "clocks", open_clock },
};

static int open_parts(struct tg_agent *agent)
{
        for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
                int r = parts[i].open(agent);

                if (r < 0) {
                        tg_log(LOG_ERR, "%s%s%s: %s%s", parts[i].what, parts[i].open == open_status ? " " : "",
                               parts[i].open == open_status ? agent->options.status_socket : "", strerror(-r),
                               r == -EADDRINUSE ? " (another timeguardd answers there)" : "");
                        return r;
                }
        }
        return 0;
}

int tg_agent_new(struct tg_agent **out, const char *config_path, const struct tg_options *options)
{
        struct tg_agent *agent = calloc(1, sizeof(*agent));
        bool clean;
        int r;

        if (!agent)
                return -ENOMEM;
        agent->config_path = config_path;
        agent->options = *options;
        agent->signal_fd = -1;
        agent->loop = qb_loop_create();
        r = agent->loop ? open_parts(agent) : -ENOMEM;
        if (r < 0) {
                tg_agent_free(agent, &clean);
                return r;
        }
        *out = agent;
        return 0;
}

struct tg_agent *tg_agent_free(struct tg_agent *agent, bool *clean)
{
        *clean = true;
        if (!agent)
                return NULL;
        tg_clock_free(agent->clock);
        *clean = tg_cluster_free(agent->cluster);
        tg_chronyd_free(agent->chronyd);
        tg_asker_free(agent->asker);
        tg_store_free(agent->store, clean);
        tg_executor_free(agent->executor);
        tg_dbus_free(agent->dbus);
        tg_bus_free(agent->public_bus);
        tg_bus_free(agent->bus);
        tg_status_free(agent->status);
        tg_notify_free(agent->notify);
        tg_alarm_close(&agent->last_call);
        tg_signals_close(agent);
        tg_node_free(agent->node);
        if (agent->loop)
                qb_loop_destroy(agent->loop);
        free(agent);
        return NULL;
}
