/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A timer of the loop with the kernel's precision (qb_loop's own timers count in milliseconds and are dead inside their callback):
   a timerfd on CLOCK_MONOTONIC. Set to zero, an alarm may be closed. */
#pragma once

#include <stdint.h>

#include <qb/qbloop.h>

struct tg_alarm {
        qb_loop_t *loop; /* NULL: not open */
        int fd;
        void (*ring)(void *data);
        void *data;
};

/* Opens the alarm, not armed. `ring` may set, stop or close it. Returns 0 or -errno. */
int tg_alarm_open(struct tg_alarm *alarm, qb_loop_t *loop, enum qb_loop_priority priority, void (*ring)(void *data),
                  void *data);
void tg_alarm_close(struct tg_alarm *alarm);

/* Rings once, after delay_ns; a delay of 0 or less rings in the loop's next turn. */
void tg_alarm_once(struct tg_alarm *alarm, int64_t delay_ns);
void tg_alarm_every(struct tg_alarm *alarm, int64_t period_ns);
void tg_alarm_stop(struct tg_alarm *alarm);
