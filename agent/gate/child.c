/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One poll over the child's process descriptor and its pipes. The end of the process counts, not that of the pipes: a grandchild may keep
   them open for ever. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <timeguard/limits.h>

#include "child.h"

#define DEATH_NS (TG_NS_PER_S / 2) /* patience with a killed child */

enum { AT_PROCESS, AT_IN, AT_OUT, AT_ERR, N_WATCHED };

int64_t tg_monotonic_ns(void)
{
        struct timespec now;

        (void)clock_gettime(CLOCK_MONOTONIC, &now);
        return now.tv_sec * TG_NS_PER_S + now.tv_nsec;
}

static void shut(int *fd)
{
        if (*fd >= 0)
                (void)close(*fd);
        *fd = -1;
}

static void feed(struct tg_child *child)
{
        ssize_t n = child->input_len > 0 ? write(child->in, child->input, child->input_len) : 0;

        if (n > 0) {
                child->input += n;
                child->input_len -= (size_t)n;
        }
        if (child->input_len == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
                shut(&child->in);
}

/* One reading; false when there is no more for now. */
static bool gather(int *fd, struct tg_gathered *to)
{
        char bytes[4096];
        ssize_t n = read(*fd, bytes, sizeof(bytes));
        size_t fits;

        if (n < 0)
                return errno == EINTR;
        if (n == 0) {
                shut(fd);
                return false;
        }
        fits = to->size - 1 - to->len < (size_t)n ? to->size - 1 - to->len : (size_t)n;
        memcpy(to->text + to->len, bytes, fits);
        to->len += fits;
        to->text[to->len] = '\0';
        to->dropped += (size_t)n - fits;
        return true;
}

static int status_of(const siginfo_t *info)
{
        return info->si_code == CLD_EXITED ? info->si_status : 256 + info->si_status;
}

/* Milliseconds that poll may wait, rounded up. */
static int left_ms(int64_t deadline_ns)
{
        int64_t left_ns = deadline_ns - tg_monotonic_ns();

        return left_ns <= 0 ? 0 : (int)((left_ns + TG_NS_PER_MS - 1) / TG_NS_PER_MS);
}

/* Returns its status, or -ETIMEDOUT: it was killed, and has perhaps not even died of that. */
static int kill_child(const struct tg_child *child, int process)
{
        struct pollfd watched = { .fd = process, .events = POLLIN };
        siginfo_t info = { 0 };

        (void)kill(-child->pid, SIGKILL);
        (void)kill(child->pid, SIGKILL);
        if (poll(&watched, 1, (int)(DEATH_NS / TG_NS_PER_MS)) > 0)
                (void)waitid(P_PID, (id_t)child->pid, &info, WEXITED | WNOHANG);
        return -ETIMEDOUT;
}

static int watch(struct tg_child *child, int process, int64_t deadline_ns)
{
        siginfo_t info = { 0 };

        for (;;) {
                struct pollfd watched[N_WATCHED] = {
                        [AT_PROCESS] = { .fd = process, .events = POLLIN },
                        [AT_IN] = { .fd = child->in, .events = POLLOUT },
                        [AT_OUT] = { .fd = child->out, .events = POLLIN },
                        [AT_ERR] = { .fd = child->err, .events = POLLIN },
                };
                int wait_ms = left_ms(deadline_ns), n = poll(watched, N_WATCHED, wait_ms);

                /* A child that writes without end keeps poll busy: time is up for it all the same. */
                if (n == 0 || wait_ms == 0)
                        return kill_child(child, process);
                if (n < 0 && errno != EINTR)
                        return -errno;
                if (n > 0 && watched[AT_IN].revents)
                        feed(child);
                if (n > 0 && watched[AT_OUT].revents)
                        (void)gather(&child->out, child->output);
                if (n > 0 && watched[AT_ERR].revents)
                        (void)gather(&child->err, child->errors);
                if (n > 0 && watched[AT_PROCESS].revents && waitid(P_PID, (id_t)child->pid, &info, WEXITED | WNOHANG) == 0)
                        return status_of(&info);
        }
}

/* What was written before the end may still be in the pipes; a grandchild that goes on writing is not waited for. */
static void drain(struct tg_child *child)
{
        for (int i = 0; i < 256 && child->out >= 0 && gather(&child->out, child->output); i++)
                ;
        for (int i = 0; i < 256 && child->err >= 0 && gather(&child->err, child->errors); i++)
                ;
}

int tg_child_finish(struct tg_child *child, int64_t deadline_ns)
{
        int process = (int)syscall(SYS_pidfd_open, child->pid, 0), r;

        if (process < 0) {
                r = -errno;
                (void)kill(-child->pid, SIGKILL);
        } else {
                r = watch(child, process, deadline_ns);
                (void)close(process);
        }
        drain(child);
        shut(&child->in);
        shut(&child->out);
        shut(&child->err);
        return r;
}

const char *tg_child_text(int status, char *buf, size_t size)
{
        if (status == -ETIMEDOUT)
                (void)snprintf(buf, size, "no end within its time");
        else if (status < 0)
                (void)snprintf(buf, size, "%s", strerror(-status));
        else if (status > 255)
                (void)snprintf(buf, size, "killed by signal %d", status - 256);
        else
                (void)snprintf(buf, size, "exit status %d", status);
        return buf;
}
