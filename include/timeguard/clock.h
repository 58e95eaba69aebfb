/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One look at all of a node's clocks, taken by the agent and handed to the core with every event: the core's only "now". */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* All clocks were read between two readings of CLOCK_MONOTONIC_RAW that lie `bracket_ns` apart; raw_ns is their middle.
   REALTIME - RAW at raw_ns is therefore real_ns - raw_ns, give or take bracket_ns / 2. */
struct tg_look {
        int64_t raw_ns;
        int64_t real_ns; /* since the epoch of POSIX */
        int64_t mono_ns;
        int64_t boot_ns;
        int64_t tai_ns;
        int64_t bracket_ns; /* >= 0 */
        /* what adjtimex(2) says of REALTIME: the rate that the kernel gives it against RAW (tick and freq), and STA_* */
        bool kernel_known;
        int32_t kernel_rate_ppb;
        uint32_t kernel_status;
};

/* How long until the next whole second of REALTIME, in ns of REALTIME: 1 .. 10^9. All agents send at that instant. The agent
   arms a monotonic timer with it anew each second, so that a node which stepped back is not muted. */
int64_t tg_look_until_second_ns(const struct tg_look *look);
