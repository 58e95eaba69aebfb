/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See bound.h. All in integers, which cannot round inward; magnitudes are unsigned, so that every int64 has one. */
#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include <timeguard/bound.h>
#include <timeguard/limits.h>

#define SHOWN 20 /* the last digit is at most such a share of the width */

struct scale {
        const char *unit;
        uint64_t unit_ns, quantum_ns; /* of the last digit */
        int decimals;
};

static uint64_t magnitude(int64_t ns)
{
        return ns < 0 ? 0 - (uint64_t)ns : (uint64_t)ns;
}

/* Three digits of the larger end, and more where the bound is narrow. */
static struct scale scale_for(uint64_t largest_ns, uint64_t width_ns)
{
        static const char *const names[] = { "ns", "us", "ms", "s" };
        struct scale s = { .unit = names[0], .unit_ns = 1, .quantum_ns = 1 };

        for (size_t i = 1; i < sizeof names / sizeof names[0] && largest_ns >= s.unit_ns * 1000; i++) {
                s.unit = names[i];
                s.unit_ns *= 1000;
        }
        while (s.quantum_ns < s.unit_ns && (largest_ns / s.quantum_ns >= 1000 && s.quantum_ns * SHOWN * 10 <= width_ns))
                s.quantum_ns *= 10;
        for (uint64_t q = s.quantum_ns; q < s.unit_ns; q *= 10)
                s.decimals++;
        return s;
}

static int put(char *buf, size_t size, int64_t ns, const struct scale *s, bool up)
{
        uint64_t size_ns = magnitude(ns), n = size_ns / s->quantum_ns, one = s->unit_ns / s->quantum_ns;
        const char *sign;

        /* up, for a negative number, is towards zero */
        n += size_ns % s->quantum_ns && up == (ns > 0);
        sign = n == 0 ? "" : ns < 0 ? "-" : "+";
        if (s->decimals == 0)
                return snprintf(buf, size, "%s%" PRIu64, sign, n);
        return snprintf(buf, size, "%s%" PRIu64 ".%0*" PRIu64, sign, n / one, s->decimals, n % one);
}

const char *tg_bound_text(int64_t low_ns, int64_t high_ns, const char *between, char buf[static TG_BOUND_TEXT_MAX])
{
        uint64_t low = magnitude(low_ns), high = magnitude(high_ns);
        struct scale s = scale_for(low > high ? low : high, (uint64_t)high_ns - (uint64_t)low_ns);
        size_t len = (size_t)put(buf, TG_BOUND_TEXT_MAX, low_ns, &s, false);

        len += (size_t)snprintf(buf + len, TG_BOUND_TEXT_MAX - len, "%s", between);
        len += (size_t)put(buf + len, TG_BOUND_TEXT_MAX - len, high_ns, &s, true);
        (void)snprintf(buf + len, TG_BOUND_TEXT_MAX - len, " %s", s.unit);
        return buf;
}
