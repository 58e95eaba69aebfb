/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The agent between its parts and the core: events in, actions out, signals, reload and the orderly end. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <syslog.h>
#include <unistd.h>

#include "agent.h"
#include "asker.h"
#include "chronyd.h"
#include "clock.h"
#include "cluster.h"
#include "config.h"
#include "host.h"
#include "journal.h"
#include "notify.h"
#include "status.h"
#include "store.h"

#define LAST_CALL_NS TG_NS_PER_S

const char *tg_agent_node_name(const struct tg_agent *agent, uint32_t node_id, char buf[static TG_NAME_MAX])
{
        (void)snprintf(buf, TG_NAME_MAX, "%u", node_id);
        for (uint32_t i = 0; i < agent->topology.n_nodes; i++)
                if (agent->topology.nodes[i].node_id == node_id && agent->topology.nodes[i].name[0])
                        (void)snprintf(buf, TG_NAME_MAX, "%s", agent->topology.nodes[i].name);
        return buf;
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
        tg_notify_summary(agent->notify, tg_node_summary(agent->node, summary, sizeof(summary)));
}

void tg_agent_left(struct tg_agent *agent)
{
        qb_loop_stop(agent->loop);
}

static void on_last_call(void *data)
{
        struct tg_agent *agent = data;

        qb_loop_stop(agent->loop);
}

static void stop(struct tg_agent *agent)
{
        struct tg_event event = { .type = TG_EVENT_STOP };

        if (agent->stopping)
                return;
        agent->stopping = true;
        tg_notify_stopping(agent->notify);
        tg_log(LOG_INFO, "stopping");
        tg_alarm_once(&agent->last_call, LAST_CALL_NS);
        tg_agent_event(agent, &event);
        tg_cluster_leave(agent->cluster);
}

static void tell_faults(const struct tg_faults *faults)
{
        for (size_t i = 0; i < faults->n; i++)
                tg_log(LOG_ERR, "%s", faults->list[i].text);
        tg_log(LOG_ERR, "configuration not reloaded, the options stay as they were: errors: %zu", faults->n + faults->n_more);
}

static void reload(struct tg_agent *agent)
{
        struct tg_event event = { .type = TG_EVENT_OPTIONS, .options = &agent->options };
        struct tg_faults faults = { 0 };
        struct tg_options options;

        tg_notify_reloading(agent->notify);
        if (tg_config_read(agent->config_path, &options, &faults) < 0) {
                tell_faults(&faults);
        } else {
                tg_config_keep_fixed(&agent->options, &options);
                agent->options = options;
                if (agent->asker)
                        tg_asker_limit(agent->asker, options.gate_step_limit_ns);
                tg_agent_event(agent, &event);
                tg_log(LOG_INFO, "configuration reloaded");
        }
        tg_faults_clear(&faults);
        tg_notify_ready(agent->notify);
}

static int32_t on_signal(int32_t fd, int32_t revents, void *data)
{
        struct tg_agent *agent = data;
        struct signalfd_siginfo info;

        (void)revents;
        if (read(fd, &info, sizeof(info)) != (ssize_t)sizeof(info))
                return 0;
        if (info.ssi_signo == SIGHUP)
                reload(agent);
        else
                stop(agent);
        return 0;
}

/* From a descriptor: qb_loop's own handlers would interrupt system calls everywhere. */
static int open_signals(struct tg_agent *agent)
{
        sigset_t set;

        (void)sigemptyset(&set);
        (void)sigaddset(&set, SIGTERM);
        (void)sigaddset(&set, SIGINT);
        (void)sigaddset(&set, SIGHUP);
        (void)sigprocmask(SIG_BLOCK, &set, NULL);
        agent->signal_fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
        if (agent->signal_fd < 0)
                return -errno;
        return qb_loop_poll_add(agent->loop, QB_LOOP_MED, agent->signal_fd, POLLIN, agent, on_signal);
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
        size_t len;

        if (r < 0)
                return r;
        len = tg_store_read(agent->store, bytes);
        if (len && !tg_node_restore(agent->node, bytes, len))
                tg_log(LOG_ERR, "what was stored of the gate is not sound and is left aside");
        return 0;
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
        { "signals", open_signals },      { "core", open_core },
        { "timer", open_last_call },      { "notify socket", open_notify },
        { "status socket", open_status }, { "store", open_store },
        { "sources", open_asker },        { "chrony", open_chronyd },
        { "cluster", open_cluster },      { "clocks", open_clock },
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
        tg_status_free(agent->status);
        tg_notify_free(agent->notify);
        tg_alarm_close(&agent->last_call);
        if (agent->signal_fd >= 0) {
                (void)qb_loop_poll_del(agent->loop, agent->signal_fd);
                (void)close(agent->signal_fd);
        }
        tg_node_free(agent->node);
        if (agent->loop)
                qb_loop_destroy(agent->loop);
        free(agent);
        return NULL;
}

void tg_agent_run(struct tg_agent *agent)
{
        tg_notify_ready(agent->notify);
        tg_log(LOG_INFO, "timeguardd %s started", TG_VERSION);
        qb_loop_run(agent->loop);
}
