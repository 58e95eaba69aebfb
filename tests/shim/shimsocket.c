/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The clock shim's receive timestamps: the kernel stamps packets with its own REALTIME, and so do the error queue's transmit
 * stamps; both are shifted to what the virtual REALTIME showed at that instant. Hardware stamps are left alone.
 */
#include "shim.h"

#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#ifndef SO_TIMESTAMP_NEW
#define SO_TIMESTAMP_NEW    63
#define SO_TIMESTAMPNS_NEW  64
#define SO_TIMESTAMPING_NEW 65
#endif

/* One pair of readings of the kernel's clocks, good for all stamps of a call. */
struct pair {
        const struct clk *clk;
        int64_t raw_ns, real_ns;
};

static struct pair pair_now(const struct clk *clk)
{
        struct pair pair = { .clk = clk };
        int64_t best_ns = INT64_MAX;

        for (int i = 0; i < 3; i++) {
                int64_t before_ns = clk_kernel_ns(CLOCK_MONOTONIC_RAW);
                int64_t real_ns = clk_kernel_ns(CLOCK_REALTIME);
                int64_t width_ns = clk_kernel_ns(CLOCK_MONOTONIC_RAW) - before_ns;

                if (width_ns >= best_ns)
                        continue;
                best_ns = width_ns;
                pair.raw_ns = before_ns + width_ns / 2;
                pair.real_ns = real_ns;
        }
        return pair;
}

static int64_t to_virtual(const struct pair *pair, int64_t kernel_real_ns)
{
        int64_t raw_ns = pair->raw_ns - (pair->real_ns - kernel_real_ns);
        struct clk_segment s;
        struct clk_times t;

        clk_at(pair->clk, raw_ns, &s);
        clk_eval(&s, raw_ns, &t);
        return t.real_ns;
}

static void shift_timespec(const struct pair *pair, unsigned char *data)
{
        struct timespec t;

        memcpy(&t, data, sizeof(t));
        if (t.tv_sec == 0 && t.tv_nsec == 0)
                return;
        t = clk_timespec(to_virtual(pair, clk_ns(&t)));
        memcpy(data, &t, sizeof(t));
}

static void shift_timeval(const struct pair *pair, unsigned char *data)
{
        struct timeval tv;

        memcpy(&tv, data, sizeof(tv));
        struct timespec t = clk_timespec(to_virtual(pair, (int64_t)tv.tv_sec * CLK_NS + tv.tv_usec * 1000));

        tv = (struct timeval){ .tv_sec = t.tv_sec, .tv_usec = t.tv_nsec / 1000 };
        memcpy(data, &tv, sizeof(tv));
}

static void shift_control(const struct pair *pair, struct cmsghdr *control)
{
        size_t size = control->cmsg_len - CMSG_LEN(0);

        if (control->cmsg_level != SOL_SOCKET)
                return;
        switch (control->cmsg_type) {
        case SO_TIMESTAMP:
        case SO_TIMESTAMP_NEW:
                if (size >= sizeof(struct timeval))
                        shift_timeval(pair, CMSG_DATA(control));
                break;
        case SO_TIMESTAMPNS:
        case SO_TIMESTAMPNS_NEW:
        case SO_TIMESTAMPING:
        case SO_TIMESTAMPING_NEW:
                if (size >= sizeof(struct timespec))
                        shift_timespec(pair, CMSG_DATA(control));
                break;
        default:
                break;
        }
}

static void shift_message(const struct pair *pair, struct msghdr *message)
{
        for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c))
                shift_control(pair, c);
}

SHIM_EXPORT ssize_t recvmsg(int fd, struct msghdr *message, int flags)
{
        const struct clk *clk = shim_clock();
        ssize_t result = SHIM_NEXT(recvmsg)(fd, message, flags);

        if (clk && result >= 0 && message->msg_controllen > 0) {
                struct pair pair = pair_now(clk);

                shift_message(&pair, message);
        }
        return result;
}

SHIM_EXPORT int recvmmsg(int fd, struct mmsghdr *messages, unsigned int count, int flags, struct timespec *timeout)
{
        const struct clk *clk = shim_clock();
        int result = SHIM_NEXT(recvmmsg)(fd, messages, count, flags, timeout);

        if (clk && result > 0) {
                struct pair pair = pair_now(clk);

                for (int i = 0; i < result; i++)
                        shift_message(&pair, &messages[i].msg_hdr);
        }
        return result;
}
