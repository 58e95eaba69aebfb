/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The notify protocol on a non-blocking socket: sd_notify itself sends on a blocking one, and a manager that has no time for us
   must not hold the agent. The watchdog is petted from a timer of the lowest priority, so that a starved loop is noticed. */
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "agent.h"
#include "notify.h"

#define SUMMARY_MAX 200

struct tg_notify {
        struct tg_alarm watchdog;
        int fd; /* -1: nobody to tell */
        struct sockaddr_un to;
        socklen_t to_len;
        char summary[SUMMARY_MAX]; /* as told */
        bool ready_due;            /* READY=1 found the manager's queue full: it is told again with the next summary */
};

static bool tell(struct tg_notify *notify, const char *text)
{
        if (notify->fd < 0)
                return true;
        return sendto(notify->fd, text, strlen(text), MSG_NOSIGNAL | MSG_DONTWAIT, (const struct sockaddr *)&notify->to,
                      notify->to_len) >= 0;
}

static void on_watchdog(void *data)
{
        (void)tell(data, "WATCHDOG=1");
}

/* The address as the manager gave it: a path, or "@name" in the abstract name space. */
static bool parse_address(struct tg_notify *notify, const char *path)
{
        size_t len = path ? strlen(path) : 0;

        if (len < 2 || len >= sizeof(notify->to.sun_path) || (path[0] != '/' && path[0] != '@'))
                return false;
        notify->to.sun_family = AF_UNIX;
        memcpy(notify->to.sun_path, path, len);
        if (path[0] == '@')
                notify->to.sun_path[0] = '\0';
        notify->to_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len + (path[0] == '/'));
        return true;
}

static int start_watchdog(struct tg_notify *notify, struct tg_agent *agent)
{
        uint64_t period_us = 0;
        int r;

        if (sd_watchdog_enabled(0, &period_us) <= 0)
                return 0;
        r = tg_alarm_open(&notify->watchdog, agent->loop, QB_LOOP_LOW, on_watchdog, notify);
        if (r == 0)
                tg_alarm_every(&notify->watchdog, (int64_t)(period_us / 2) * TG_NS_PER_US);
        return r;
}

int tg_notify_new(struct tg_notify **out, struct tg_agent *agent)
{
        struct tg_notify *notify = calloc(1, sizeof(*notify));
        int r;

        if (!notify)
                return -ENOMEM;
        notify->fd = parse_address(notify, getenv("NOTIFY_SOCKET")) ? socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0) : -1;
        r = start_watchdog(notify, agent);
        if (r < 0) {
                tg_notify_free(notify);
                return r;
        }
        *out = notify;
        return 0;
}

struct tg_notify *tg_notify_free(struct tg_notify *notify)
{
        if (!notify)
                return NULL;
        tg_alarm_close(&notify->watchdog);
        if (notify->fd >= 0)
                (void)close(notify->fd);
        free(notify);
        return NULL;
}

void tg_notify_ready(struct tg_notify *notify)
{
        notify->ready_due = !tell(notify, "READY=1");
}

void tg_notify_reloading(struct tg_notify *notify)
{
        (void)tell(notify, "RELOADING=1");
}

void tg_notify_stopping(struct tg_notify *notify)
{
        (void)tell(notify, "STOPPING=1");
}

void tg_notify_summary(struct tg_notify *notify, const char *summary)
{
        char text[SUMMARY_MAX + 8];

        if (notify->ready_due)
                tg_notify_ready(notify);
        if (strncmp(summary, notify->summary, SUMMARY_MAX - 1) == 0)
                return;
        (void)snprintf(text, sizeof(text), "STATUS=%.*s", SUMMARY_MAX - 1, summary);
        text[strcspn(text, "\n")] = '\0';
        if (tell(notify, text))
                (void)snprintf(notify->summary, sizeof(notify->summary), "%s", summary);
}
