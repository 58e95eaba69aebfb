/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The clocks: looks at them, the notice of a step, ten looks a second, and the second at which the report is sent. */
#pragma once

#include <timeguard/clock.h>

struct tg_agent;
struct tg_clock;

/* The best of five looks: that with the smallest bracket. */
struct tg_look tg_clock_look(void);
/* Only CLOCK_MONOTONIC_RAW, for time limits. */
int64_t tg_clock_raw_ns(void);

/* Returns 0 or -errno; *out is set only on success. */
int tg_clock_new(struct tg_clock **out, struct tg_agent *agent);
struct tg_clock *tg_clock_free(struct tg_clock *clock); /* accepts NULL, returns NULL */
