/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Timers of the loop. A ring is told once however many periods were missed; the descriptor leaves the loop before it is closed,
   as qb_loop asks for. */
#include <errno.h>
#include <poll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <timeguard/limits.h>

#include "alarm.h"

static int32_t alarm_ready(int32_t fd, int32_t revents, void *data)
{
        struct tg_alarm *alarm = data;
        uint64_t expirations;

        (void)revents;
        if (read(fd, &expirations, sizeof(expirations)) == (ssize_t)sizeof(expirations))
                alarm->ring(alarm->data);
        return 0;
}

int tg_alarm_open(struct tg_alarm *alarm, qb_loop_t *loop, enum qb_loop_priority priority, void (*ring)(void *data), void *data)
{
        int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
        int r;

        if (fd < 0)
                return -errno;
        *alarm = (struct tg_alarm){ .loop = loop, .fd = fd, .ring = ring, .data = data };
        r = qb_loop_poll_add(loop, priority, fd, POLLIN, alarm, alarm_ready);
        if (r < 0) {
                (void)close(fd);
                *alarm = (struct tg_alarm){ 0 };
                return r;
        }
        return 0;
}

void tg_alarm_close(struct tg_alarm *alarm)
{
        if (!alarm->loop)
                return;
        (void)qb_loop_poll_del(alarm->loop, alarm->fd);
        (void)close(alarm->fd);
        *alarm = (struct tg_alarm){ 0 };
}

static struct timespec span(int64_t ns)
{
        return (struct timespec){ .tv_sec = ns / TG_NS_PER_S, .tv_nsec = ns % TG_NS_PER_S };
}

static void set(struct tg_alarm *alarm, int64_t delay_ns, int64_t period_ns)
{
        struct itimerspec when = { .it_value = span(delay_ns), .it_interval = span(period_ns) };

        if (alarm->loop)
                (void)timerfd_settime(alarm->fd, 0, &when, NULL);
}

void tg_alarm_once(struct tg_alarm *alarm, int64_t delay_ns)
{
        set(alarm, delay_ns > 0 ? delay_ns : 1, 0);
}

void tg_alarm_every(struct tg_alarm *alarm, int64_t period_ns)
{
        set(alarm, period_ns, period_ns);
}

void tg_alarm_stop(struct tg_alarm *alarm)
{
        set(alarm, 0, 0);
}
