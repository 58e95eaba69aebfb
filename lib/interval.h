/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An interval of int64 ns that certainly holds a value, and the small arithmetic on it. Numbers come from reports whose ranges
   were checked, so sums cannot overflow (report_layout.h). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct tg_interval {
        int64_t low_ns, high_ns;
};

static inline struct tg_interval tg_interval_widen(struct tg_interval a, int64_t by_ns)
{
        return (struct tg_interval){ a.low_ns - by_ns, a.high_ns + by_ns };
}

static inline struct tg_interval tg_interval_hull(struct tg_interval a, struct tg_interval b)
{
        return (struct tg_interval){ a.low_ns < b.low_ns ? a.low_ns : b.low_ns, a.high_ns > b.high_ns ? a.high_ns : b.high_ns };
}

static inline struct tg_interval tg_interval_both(struct tg_interval a, struct tg_interval b)
{
        return (struct tg_interval){ a.low_ns > b.low_ns ? a.low_ns : b.low_ns, a.high_ns < b.high_ns ? a.high_ns : b.high_ns };
}

static inline struct tg_interval tg_interval_minus(struct tg_interval a, struct tg_interval b)
{
        return (struct tg_interval){ a.low_ns - b.high_ns, a.high_ns - b.low_ns };
}

/* Of two lying members an interval may be wider than an int64 holds. */
static inline uint64_t tg_interval_width_ns(struct tg_interval a)
{
        return (uint64_t)a.high_ns - (uint64_t)a.low_ns;
}

static inline int64_t tg_interval_farthest_ns(struct tg_interval a)
{
        return -a.low_ns > a.high_ns ? -a.low_ns : a.high_ns;
}

/* What rho adds in `age_ns`: always at least what it should be. The age must be 0 .. TG_AGE_MAX_NS. */
#define TG_AGE_MAX_NS (INT64_C(3600) * 1000000000)
static inline int64_t tg_ageing_ns(int64_t age_ns, uint32_t rho_ppm)
{
        return age_ns > 0 ? age_ns / 1000 * rho_ppm / 1000 + rho_ppm / 1000 + 1 : 0;
}
