/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The clock shim, preloaded into the programs of one node: reading and setting the clock. All programs with the same
 * TG_CLOCK_FILE share one virtual oscillator, REALTIME and kernel discipline; nothing here ever sets the machine's clock.
 * Timers are shimtimer's, receive timestamps shimsocket's, absolute waits shimwait's.
 */
#include "shim.h"
#include "vkernel.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

static struct clk the_clock;
static bool clock_is_virtual;
static pthread_once_t once = PTHREAD_ONCE_INIT;

void *shim_next(void **slot, const char *name)
{
        void *next = __atomic_load_n(slot, __ATOMIC_ACQUIRE);

        if (!next) {
                next = dlsym(RTLD_NEXT, name);
                __atomic_store_n(slot, next, __ATOMIC_RELEASE);
        }
        return next;
}

static void start(void)
{
        const char *path = getenv("TG_CLOCK_FILE");
        int result;

        clk_kernel_gettime = SHIM_NEXT(clock_gettime);
        if (!path || !*path)
                return;
        result = clk_open(&the_clock, path);
        if (result < 0) {
                fprintf(stderr, "clockshim: cannot use %s: %s\n", path, strerror(-result));
                _exit(127);
        }
        clock_is_virtual = true;
}

const struct clk *shim_clock(void)
{
        pthread_once(&once, start);
        return clock_is_virtual ? &the_clock : NULL;
}

__attribute__((constructor)) static void start_early(void)
{
        shim_clock();
}

enum base { BASE_NONE, BASE_REAL, BASE_TAI, BASE_MONO, BASE_RAW, BASE_BOOT };

static const enum base bases[] = {
        [CLOCK_REALTIME] = BASE_REAL,     [CLOCK_REALTIME_COARSE] = BASE_REAL, [CLOCK_REALTIME_ALARM] = BASE_REAL,
        [CLOCK_TAI] = BASE_TAI,           [CLOCK_MONOTONIC] = BASE_MONO,       [CLOCK_MONOTONIC_COARSE] = BASE_MONO,
        [CLOCK_MONOTONIC_RAW] = BASE_RAW, [CLOCK_BOOTTIME] = BASE_BOOT,        [CLOCK_BOOTTIME_ALARM] = BASE_BOOT,
};

static enum base base_of(clockid_t clock)
{
        return clock >= 0 && (size_t)clock < sizeof(bases) / sizeof(bases[0]) ? bases[clock] : BASE_NONE;
}

bool shim_virtual(clockid_t clock)
{
        return base_of(clock) != BASE_NONE;
}

int64_t shim_read(const struct clk *clk, clockid_t clock)
{
        struct clk_segment s;
        struct clk_times t;

        clk_eval(&s, clk_now(clk, &s), &t);
        switch (base_of(clock)) {
        case BASE_REAL:
                return t.real_ns;
        case BASE_TAI:
                return t.real_ns + s.tai_s * CLK_NS;
        case BASE_RAW:
                return t.vraw_ns;
        case BASE_BOOT:
                return t.boot_ns;
        default:
                return t.mono_ns;
        }
}

int64_t shim_kernel_span(const struct clk *clk, int64_t ns)
{
        struct clk_segment s;

        clk_now(clk, &s);
        return ns - (int64_t)((__int128)ns * clk_speed_ppb(&s) / (CLK_NS + clk_speed_ppb(&s)));
}

struct timespec shim_kernel_monotonic(const struct clk *clk, clockid_t clock, int64_t ns)
{
        int64_t left_ns = shim_kernel_span(clk, ns - shim_read(clk, clock));
        int64_t at_ns = clk_kernel_ns(CLOCK_MONOTONIC) + left_ns;

        return clk_timespec(at_ns > 0 ? at_ns : 1);
}

SHIM_EXPORT int clock_gettime(clockid_t clock, struct timespec *t)
{
        const struct clk *clk = shim_clock();

        if (!clk || !shim_virtual(clock))
                return SHIM_NEXT(clock_gettime)(clock, t);
        *t = clk_timespec(shim_read(clk, clock));
        return 0;
}

SHIM_EXPORT int gettimeofday(struct timeval *restrict tv, void *restrict zone)
{
        const struct clk *clk = shim_clock();

        if (!clk)
                return SHIM_NEXT(gettimeofday)(tv, zone);
        struct timespec t = clk_timespec(shim_read(clk, CLOCK_REALTIME));

        tv->tv_sec = t.tv_sec;
        tv->tv_usec = t.tv_nsec / 1000;
        return 0;
}

SHIM_EXPORT time_t time(time_t *out)
{
        const struct clk *clk = shim_clock();

        if (!clk)
                return SHIM_NEXT(time)(out);
        time_t now = clk_timespec(shim_read(clk, CLOCK_REALTIME)).tv_sec;

        if (out)
                *out = now;
        return now;
}

SHIM_EXPORT int timespec_get(struct timespec *t, int base)
{
        if (!shim_clock() || base != TIME_UTC)
                return SHIM_NEXT(timespec_get)(t, base);
        clock_gettime(CLOCK_REALTIME, t);
        return base;
}

static int answer(int result)
{
        if (result >= 0)
                return result;
        errno = -result;
        return -1;
}

SHIM_EXPORT int clock_settime(clockid_t clock, const struct timespec *t)
{
        const struct clk *clk = shim_clock();

        if (!clk)
                return SHIM_NEXT(clock_settime)(clock, t);
        if (clock != CLOCK_REALTIME || t->tv_nsec < 0 || t->tv_nsec >= CLK_NS)
                return answer(-EINVAL);
        return answer(vk_settime(clk, clk_ns(t)));
}

SHIM_EXPORT int settimeofday(const struct timeval *tv, const struct timezone *zone)
{
        const struct clk *clk = shim_clock();

        if (!clk)
                return SHIM_NEXT(settimeofday)(tv, zone);
        if (!tv)
                return 0;
        return answer(vk_settime(clk, (int64_t)tv->tv_sec * CLK_NS + tv->tv_usec * 1000));
}

SHIM_EXPORT int adjtimex(struct timex *tx)
{
        const struct clk *clk = shim_clock();

        return clk ? answer(vk_adjtimex(clk, tx)) : SHIM_NEXT(adjtimex)(tx);
}

SHIM_EXPORT int ntp_adjtime(struct timex *tx)
{
        return shim_clock() ? adjtimex(tx) : SHIM_NEXT(ntp_adjtime)(tx);
}

SHIM_EXPORT int clock_adjtime(clockid_t clock, struct timex *tx)
{
        if (!shim_clock())
                return SHIM_NEXT(clock_adjtime)(clock, tx);
        return clock == CLOCK_REALTIME ? adjtimex(tx) : answer(-EOPNOTSUPP);
}

SHIM_EXPORT int ntp_gettimex(struct ntptimeval *out)
{
        struct timex tx = { .modes = 0 };

        if (!shim_clock())
                return SHIM_NEXT(ntp_gettimex)(out);
        int state = adjtimex(&tx);

        *out = (struct ntptimeval){ .time = tx.time, .maxerror = tx.maxerror, .esterror = tx.esterror, .tai = tx.tai };
        return state;
}

/* glibc's adjtime calls the kernel without passing through adjtimex. */
SHIM_EXPORT int adjtime(const struct timeval *delta, struct timeval *left)
{
        struct timex tx = { .modes = delta ? ADJ_OFFSET_SINGLESHOT : ADJ_OFFSET_SS_READ };

        if (!shim_clock())
                return SHIM_NEXT(adjtime)(delta, left);
        if (delta)
                tx.offset = delta->tv_sec * 1000000 + delta->tv_usec;
        if (adjtimex(&tx) < 0)
                return -1;
        if (left)
                *left = (struct timeval){ .tv_sec = tx.offset / 1000000, .tv_usec = tx.offset % 1000000 };
        return 0;
}
