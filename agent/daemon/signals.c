/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See signals.h. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <syslog.h>
#include <unistd.h>

#include "agent.h"
#include "asker.h"
#include "cluster.h"
#include "config.h"
#include "fault.h"
#include "journal.h"
#include "notify.h"
#include "signals.h"

#define LAST_CALL_NS TG_NS_PER_S

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
int tg_signals_open(struct tg_agent *agent)
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

void tg_signals_close(struct tg_agent *agent)
{
        if (agent->signal_fd < 0)
                return;
        (void)qb_loop_poll_del(agent->loop, agent->signal_fd);
        (void)close(agent->signal_fd);
}
