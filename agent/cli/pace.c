/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See pace.h. */
#include <time.h>

#include "pace.h"
#include <timeguard/limits.h>

int64_t tg_pace_now_ns(void)
{
        struct timespec now;

        clock_gettime(CLOCK_MONOTONIC, &now);
        return now.tv_sec * TG_NS_PER_S + now.tv_nsec;
}

void tg_pace_rest(void)
{
        nanosleep(&(struct timespec){ .tv_nsec = TG_NS_PER_S / 2 }, NULL);
}
