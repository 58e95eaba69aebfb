/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The clock shim's timer descriptors. A CLOCK_REALTIME timer is an epoll descriptor over a kernel timer and, when armed with
 * TFD_TIMER_CANCEL_ON_SET, an inotify watch of the clock file: a step by any process makes it readable in poll, select and
 * epoll, a change of rate does not. MONOTONIC and BOOTTIME timers are the kernel's, their times converted at arming.
 * Left out: an absolute REALTIME timer without cancel-on-set is not re-reckoned when the clock is stepped or re-paced later.
 */
#undef _FORTIFY_SOURCE /* it would make read() an inline function */

#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/timerfd.h>
#include <unistd.h>

enum { MAX_FD = 4096 };

enum kind { KIND_NONE, KIND_KERNEL, KIND_REALTIME };

struct timer {
        enum kind kind;
        clockid_t clock;
        int timer_fd; /* of a REALTIME timer: the kernel timer and the watch behind the epoll descriptor */
        int watch_fd;
        int watch; /* inotify's name of it */
        bool cancel;
        bool blocking;
        int64_t seen_steps;
};

static struct timer timers[MAX_FD];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static int64_t steps_now(void)
{
        struct clk_segment s;

        clk_now(shim_clock(), &s);
        return s.steps;
}

static struct timer *find(int fd)
{
        return fd >= 0 && fd < MAX_FD && __atomic_load_n(&timers[fd].kind, __ATOMIC_ACQUIRE) != KIND_NONE ? &timers[fd] : NULL;
}

static void publish(int fd, const struct timer *timer)
{
        enum kind kind = timer->kind;

        timers[fd] = *timer;
        __atomic_store_n(&timers[fd].kind, kind, __ATOMIC_RELEASE);
}

static int close_real(int fd)
{
        return SHIM_NEXT(close)(fd);
}

static int watch_of(int epoll_fd, int fd)
{
        struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };

        return fd < 0 ? -1 : epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event);
}

static int create_realtime(int flags)
{
        struct timer timer = { .kind = KIND_REALTIME, .clock = CLOCK_REALTIME, .blocking = !(flags & TFD_NONBLOCK) };
        int fd = epoll_create1(EPOLL_CLOEXEC);

        timer.timer_fd = SHIM_NEXT(timerfd_create)(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
        timer.watch_fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
        timer.seen_steps = steps_now();
        if (fd >= 0 && fd < MAX_FD && watch_of(fd, timer.timer_fd) == 0 && watch_of(fd, timer.watch_fd) == 0) {
                publish(fd, &timer);
                return fd;
        }
        close_real(fd);
        close_real(timer.timer_fd);
        close_real(timer.watch_fd);
        errno = EMFILE;
        return -1;
}

SHIM_EXPORT int timerfd_create(int clock, int flags)
{
        if (!shim_clock() || !shim_virtual(clock))
                return SHIM_NEXT(timerfd_create)(clock, flags);
        if (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_ALARM)
                return create_realtime(flags);
        int fd = SHIM_NEXT(timerfd_create)(CLOCK_MONOTONIC, flags);

        if (fd >= 0 && fd < MAX_FD)
                publish(fd, &(struct timer){ .kind = KIND_KERNEL, .clock = clock });
        return fd;
}

static int kernel_fd(const struct timer *timer, int fd)
{
        return timer->kind == KIND_REALTIME ? timer->timer_fd : fd;
}

static struct itimerspec to_kernel(const struct timer *timer, int flags, const struct itimerspec *wanted)
{
        const struct clk *clk = shim_clock();
        struct itimerspec spec = *wanted;
        int64_t value_ns = clk_ns(&wanted->it_value);

        if (value_ns == 0)
                return spec;
        if (flags & TFD_TIMER_ABSTIME)
                spec.it_value = shim_kernel_monotonic(clk, timer->clock, value_ns);
        else
                spec.it_value = clk_timespec(shim_kernel_span(clk, value_ns) + 1);
        if (clk_ns(&wanted->it_interval) > 0)
                spec.it_interval = clk_timespec(shim_kernel_span(clk, clk_ns(&wanted->it_interval)) + 1);
        return spec;
}

/* Forgets the steps so far; true when there was one since the last look. The watch is emptied first, so that a step that comes
 * in between wakes once too often rather than never. */
static bool take_step(struct timer *timer)
{
        char events[1024];

        while (SHIM_NEXT(read)(timer->watch_fd, events, sizeof(events)) > 0)
                ;
        int64_t steps = steps_now();
        bool stepped = steps != timer->seen_steps;

        timer->seen_steps = steps;
        return stepped;
}

/* As in the kernel, a step not yet read is told here, and the timer is armed all the same. */
static bool arm_cancel(struct timer *timer, bool cancel)
{
        bool missed = timer->cancel && take_step(timer);

        if (cancel && !timer->cancel) {
                timer->watch = inotify_add_watch(timer->watch_fd, shim_clock()->path, IN_MODIFY);
                take_step(timer);
        }
        if (!cancel && timer->cancel)
                inotify_rm_watch(timer->watch_fd, timer->watch);
        timer->cancel = cancel;
        return missed && cancel;
}

static int settime_virtual(struct timer *timer, int fd, int flags, const struct itimerspec *wanted, struct itimerspec *old)
{
        int kernel_flags = flags & TFD_TIMER_ABSTIME;
        bool armed = clk_ns(&wanted->it_value) != 0;
        bool cancel = armed && kernel_flags && (flags & TFD_TIMER_CANCEL_ON_SET);
        bool missed = timer->kind == KIND_REALTIME && arm_cancel(timer, cancel);
        struct itimerspec spec = to_kernel(timer, flags, wanted);
        int result = SHIM_NEXT(timerfd_settime)(kernel_fd(timer, fd), kernel_flags, &spec, old);

        if (result == 0 && missed) {
                errno = ECANCELED;
                return -1;
        }
        return result;
}

SHIM_EXPORT int timerfd_settime(int fd, int flags, const struct itimerspec *wanted, struct itimerspec *old)
{
        struct timer *timer = find(fd);

        if (!timer)
                return SHIM_NEXT(timerfd_settime)(fd, flags, wanted, old);
        pthread_mutex_lock(&lock);
        int result = settime_virtual(timer, fd, flags, wanted, old);

        pthread_mutex_unlock(&lock);
        return result;
}

SHIM_EXPORT int timerfd_gettime(int fd, struct itimerspec *current)
{
        struct timer *timer = find(fd);

        return SHIM_NEXT(timerfd_gettime)(timer ? kernel_fd(timer, fd) : fd, current);
}

static ssize_t read_timer(struct timer *timer, void *buffer, size_t size)
{
        pthread_mutex_lock(&lock);
        bool stepped = timer->cancel && take_step(timer);
        ssize_t result = stepped ? -1 : SHIM_NEXT(read)(timer->timer_fd, buffer, size);

        if (stepped)
                errno = ECANCELED;
        pthread_mutex_unlock(&lock);
        return result;
}

SHIM_EXPORT ssize_t read(int fd, void *buffer, size_t size)
{
        struct timer *timer = find(fd);
        struct pollfd waiting = { .fd = fd, .events = POLLIN };
        ssize_t result;

        if (!timer || timer->kind != KIND_REALTIME)
                return SHIM_NEXT(read)(fd, buffer, size);
        while ((result = read_timer(timer, buffer, size)) < 0 && errno == EAGAIN && timer->blocking)
                if (poll(&waiting, 1, -1) < 0)
                        return -1;
        return result;
}

/* What a fortified read() of a size unknown to the compiler calls. */
SHIM_EXPORT ssize_t __read_chk(int fd, void *buffer, size_t size, size_t room);
ssize_t __read_chk(int fd, void *buffer, size_t size, size_t room)
{
        if (size > room)
                abort();
        return read(fd, buffer, size);
}

SHIM_EXPORT int close(int fd)
{
        struct timer *timer = find(fd);

        if (timer) {
                struct timer old = *timer;

                __atomic_store_n(&timer->kind, KIND_NONE, __ATOMIC_RELEASE);
                if (old.kind == KIND_REALTIME) {
                        close_real(old.timer_fd);
                        close_real(old.watch_fd);
                }
        }
        return close_real(fd);
}
