/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The clocks as events. All readings go through libc's clock_gettime and timerfd_*. The second is kept by a monotonic timer that
   is set anew after each tick and each step: an absolute REALTIME timer would mute a node that stepped back. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/timerfd.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

#include "agent.h"
#include "clock.h"

#define LOOK_PERIOD_NS  (100 * TG_NS_PER_MS)
#define LOOK_TRIES      5
#define TICK_NOMINAL_US 10000 /* of the kernel's clock tick, USER_HZ 100 */
/* A tick may fire before its second by the kernel's largest slew; less than this to the next second means that this was it. */
#define TICK_EARLY_NS (200 * TG_NS_PER_MS)
/* A clock that is set again and again must not push the tick away for ever. */
#define TICK_LATEST_NS (1500 * TG_NS_PER_MS)
/* Before the tick, so that the report carries what chronyd says now; late enough for the answers, which take under 1 ms. */
#define EVE_NS     (100 * TG_NS_PER_MS)
#define FAR_AWAY_S (10 * 365 * 86400L)

struct tg_clock {
        struct tg_agent *agent;
        struct tg_alarm look;
        struct tg_alarm eve;
        struct tg_alarm tick;
        int64_t ticked_raw_ns; /* the last tick */
        int set_fd;            /* becomes readable when REALTIME was set */
};

static int64_t read_ns(clockid_t id)
{
        struct timespec t = { 0 };

        (void)clock_gettime(id, &t);
        return (int64_t)t.tv_sec * TG_NS_PER_S + t.tv_nsec;
}

int64_t tg_clock_raw_ns(void)
{
        return read_ns(CLOCK_MONOTONIC_RAW);
}

static struct tg_look look_once(void)
{
        struct tg_look look = { 0 };
        int64_t before = read_ns(CLOCK_MONOTONIC_RAW);

        look.real_ns = read_ns(CLOCK_REALTIME);
        look.mono_ns = read_ns(CLOCK_MONOTONIC);
        look.boot_ns = read_ns(CLOCK_BOOTTIME);
        look.tai_ns = read_ns(CLOCK_TAI);
        look.bracket_ns = read_ns(CLOCK_MONOTONIC_RAW) - before;
        look.raw_ns = before + look.bracket_ns / 2;
        return look;
}

/* The rate that tick and freq give REALTIME: (tick - 10000) us each 10 ms are 100 ppm each, freq is ppm in 16.16 (adjtimex(2)). */
static void ask_kernel(struct tg_look *look)
{
        struct timex tx = { .modes = 0 };
        int64_t ppb;

        if (adjtimex(&tx) < 0)
                return;
        ppb = (tx.tick - TICK_NOMINAL_US) * INT64_C(100000) + tx.freq * INT64_C(1000) / 65536;
        look->kernel_known = true;
        look->kernel_status = (uint32_t)tx.status;
        look->kernel_rate_ppb = (int32_t)ppb;
}

struct tg_look tg_clock_look(void)
{
        struct tg_look best = look_once();

        for (int i = 1; i < LOOK_TRIES; i++) {
                struct tg_look look = look_once();

                if (look.bracket_ns < best.bracket_ns)
                        best = look;
        }
        ask_kernel(&best);
        return best;
}

static void arm_tick(struct tg_clock *clock)
{
        struct tg_look now = tg_clock_look();
        int64_t delay_ns = tg_look_until_second_ns(&now);
        int64_t since_ns = now.raw_ns - clock->ticked_raw_ns;

        if (delay_ns < TICK_EARLY_NS && since_ns < 2 * TICK_EARLY_NS)
                delay_ns += TG_NS_PER_S;
        if (delay_ns > TICK_LATEST_NS - since_ns)
                delay_ns = TICK_LATEST_NS - since_ns;
        tg_alarm_once(&clock->eve, delay_ns - EVE_NS);
        tg_alarm_once(&clock->tick, delay_ns);
}

static void on_eve(void *data)
{
        struct tg_clock *clock = data;

        tg_agent_eve(clock->agent);
}

static void on_tick(void *data)
{
        struct tg_clock *clock = data;
        struct tg_event event = { .type = TG_EVENT_TICK };

        clock->ticked_raw_ns = tg_clock_raw_ns();
        tg_agent_event(clock->agent, &event);
        tg_agent_tick(clock->agent);
        arm_tick(clock);
}

static void on_look(void *data)
{
        struct tg_clock *clock = data;
        struct tg_event event = { .type = TG_EVENT_LOOK };

        tg_agent_event(clock->agent, &event);
}

/* The call fails with ECANCELED when the clock was set since the last reading, and arms all the same. */
static void arm_set(struct tg_clock *clock)
{
        struct itimerspec when = { .it_value.tv_sec = (time_t)(read_ns(CLOCK_REALTIME) / TG_NS_PER_S) + FAR_AWAY_S };

        (void)timerfd_settime(clock->set_fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &when, NULL);
}

static int32_t on_set(int32_t fd, int32_t revents, void *data)
{
        struct tg_clock *clock = data;
        uint64_t expirations;

        (void)revents;
        if (read(fd, &expirations, sizeof(expirations)) < 0 && errno != ECANCELED)
                return 0;
        /* Armed before looking, so that a second step is not missed between the two. */
        arm_set(clock);
        on_look(clock);
        arm_tick(clock);
        return 0;
}

static int open_set(struct tg_clock *clock)
{
        int r;

        clock->set_fd = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC);
        if (clock->set_fd < 0)
                return -errno;
        r = qb_loop_poll_add(clock->agent->loop, QB_LOOP_HIGH, clock->set_fd, POLLIN, clock, on_set);
        if (r < 0) {
                (void)close(clock->set_fd);
                clock->set_fd = -1;
        }
        return r;
}

static int open_all(struct tg_clock *clock)
{
        qb_loop_t *loop = clock->agent->loop;
        int r = open_set(clock);

        if (r == 0)
                r = tg_alarm_open(&clock->look, loop, QB_LOOP_HIGH, on_look, clock);
        if (r == 0)
                r = tg_alarm_open(&clock->eve, loop, QB_LOOP_MED, on_eve, clock);
        if (r == 0)
                r = tg_alarm_open(&clock->tick, loop, QB_LOOP_HIGH, on_tick, clock);
        return r;
}

int tg_clock_new(struct tg_clock **out, struct tg_agent *agent)
{
        struct tg_clock *clock = calloc(1, sizeof(*clock));
        int r;

        if (!clock)
                return -ENOMEM;
        clock->agent = agent;
        clock->set_fd = -1;
        r = open_all(clock);
        if (r < 0) {
                tg_clock_free(clock);
                return r;
        }
        clock->ticked_raw_ns = tg_clock_raw_ns();
        arm_set(clock);
        tg_alarm_every(&clock->look, LOOK_PERIOD_NS);
        arm_tick(clock);
        *out = clock;
        return 0;
}

struct tg_clock *tg_clock_free(struct tg_clock *clock)
{
        if (!clock)
                return NULL;
        tg_alarm_close(&clock->tick);
        tg_alarm_close(&clock->eve);
        tg_alarm_close(&clock->look);
        if (clock->set_fd >= 0) {
                (void)qb_loop_poll_del(clock->agent->loop, clock->set_fd);
                (void)close(clock->set_fd);
        }
        free(clock);
        return NULL;
}
