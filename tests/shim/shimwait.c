/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The clock shim's absolute waits: a deadline that a program took from a virtual clock is handed to the kernel in the kernel's
 * own time. Reckoned once, at the clock's present speed: a step during the wait does not move the deadline.
 */
#include "shim.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>

/* glibc keeps a condition variable's clock in this bit. */
enum { COND_MONOTONIC = 2 };

static struct timespec deadline(const struct clk *clk, clockid_t clock, const struct timespec *t)
{
        return shim_kernel_monotonic(clk, clock, clk_ns(t));
}

static bool sane(const struct timespec *t)
{
        return t->tv_nsec >= 0 && t->tv_nsec < CLK_NS;
}

SHIM_EXPORT int sem_clockwait(sem_t *sem, clockid_t clock, const struct timespec *until)
{
        const struct clk *clk = shim_clock();

        if (!clk || !sane(until))
                return SHIM_NEXT(sem_clockwait)(sem, clock, until);
        struct timespec t = deadline(clk, clock, until);

        return SHIM_NEXT(sem_clockwait)(sem, CLOCK_MONOTONIC, &t);
}

SHIM_EXPORT int sem_timedwait(sem_t *restrict sem, const struct timespec *restrict until)
{
        return shim_clock() ? sem_clockwait(sem, CLOCK_REALTIME, until) : SHIM_NEXT(sem_timedwait)(sem, until);
}

SHIM_EXPORT int pthread_cond_clockwait(pthread_cond_t *cond, pthread_mutex_t *mutex, clockid_t clock,
                                       const struct timespec *until)
{
        const struct clk *clk = shim_clock();

        if (!clk || !sane(until))
                return SHIM_NEXT(pthread_cond_clockwait)(cond, mutex, clock, until);
        struct timespec t = deadline(clk, clock, until);

        return SHIM_NEXT(pthread_cond_clockwait)(cond, mutex, CLOCK_MONOTONIC, &t);
}

SHIM_EXPORT int pthread_cond_timedwait(pthread_cond_t *restrict cond, pthread_mutex_t *restrict mutex,
                                       const struct timespec *restrict until)
{
        clockid_t clock = cond->__data.__wrefs & COND_MONOTONIC ? CLOCK_MONOTONIC : CLOCK_REALTIME;

        return pthread_cond_clockwait(cond, mutex, clock, until);
}

SHIM_EXPORT int pthread_mutex_clocklock(pthread_mutex_t *mutex, clockid_t clock, const struct timespec *until)
{
        const struct clk *clk = shim_clock();

        if (!clk || !sane(until))
                return SHIM_NEXT(pthread_mutex_clocklock)(mutex, clock, until);
        struct timespec t = deadline(clk, clock, until);

        return SHIM_NEXT(pthread_mutex_clocklock)(mutex, CLOCK_MONOTONIC, &t);
}

SHIM_EXPORT int pthread_mutex_timedlock(pthread_mutex_t *restrict mutex, const struct timespec *restrict until)
{
        return pthread_mutex_clocklock(mutex, CLOCK_REALTIME, until);
}

SHIM_EXPORT int clock_nanosleep(clockid_t clock, int flags, const struct timespec *wanted, struct timespec *left)
{
        const struct clk *clk = shim_clock();

        if (!clk || !shim_virtual(clock) || !(flags & TIMER_ABSTIME) || !sane(wanted))
                return SHIM_NEXT(clock_nanosleep)(clock, flags, wanted, left);
        struct timespec t = deadline(clk, clock, wanted);

        return SHIM_NEXT(clock_nanosleep)(CLOCK_MONOTONIC, flags, &t, left);
}
