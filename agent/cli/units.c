/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Quantities as people read them. All in integers. Left to others: what is unknown ("-") and the words around a quantity. */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "units.h"
#include <timeguard/bound.h>
#include <timeguard/limits.h>

enum rounding { NEAREST, UP };

struct unit {
        const char *name;
        int64_t ns;
        int decimals; /* of one ns in this unit */
};

static const struct unit units[] = {
        { "ns", 1, 0 }, { "us", TG_NS_PER_US, 3 }, { "ms", TG_NS_PER_MS, 6 }, { "s", TG_NS_PER_S, 9 }
};

static int64_t magnitude(int64_t ns)
{
        return ns < 0 ? -ns : ns;
}

static const struct unit *unit_for(int64_t ns)
{
        const struct unit *unit = &units[0];

        for (size_t i = 1; i < sizeof units / sizeof *units; i++)
                if (ns >= units[i].ns)
                        unit = &units[i];
        return unit;
}

static int64_t power_of_ten(int exponent)
{
        int64_t power = 1;

        while (exponent-- > 0)
                power *= 10;
        return power;
}

/* ns as a whole number of quanta */
static int64_t quanta(int64_t ns, int64_t quantum, enum rounding rounding)
{
        int64_t whole = ns / quantum, rest = ns % quantum;

        if (rest < 0) {
                rest += quantum;
                whole--;
        }
        if (rounding == UP)
                return whole + (rest > 0);
        return whole + (rest >= quantum - rest);
}

/* Decimals that leave three digits of a value of that size in that unit. */
static int three_digits(int64_t ns, const struct unit *unit)
{
        int64_t whole = ns / unit->ns;
        int decimals = whole >= 100 ? 0 : whole >= 10 ? 1 : 2;

        return decimals < unit->decimals ? decimals : unit->decimals;
}

static int put(char *buf, size_t size, int64_t ns, const struct unit *unit, int decimals, enum rounding rounding, bool sign)
{
        int64_t scale = power_of_ten(decimals);
        int64_t n = quanta(ns, unit->ns / scale, rounding);
        const char *mark = n < 0 ? "-" : sign && n > 0 ? "+" : "";

        n = magnitude(n);
        if (decimals == 0)
                return snprintf(buf, size, "%s%" PRId64, mark, n);
        return snprintf(buf, size, "%s%" PRId64 ".%0*" PRId64, mark, n / scale, decimals, n % scale);
}

static void append_unit(char *buf, const struct unit *unit)
{
        size_t len = strlen(buf);

        snprintf(buf + len, TG_UNITS_MAX - len, " %s", unit->name);
}

const char *tg_units_offset(int64_t ns, char buf[static TG_UNITS_MAX])
{
        const struct unit *unit = unit_for(magnitude(ns));
        int decimals = three_digits(magnitude(ns), unit);

        /* 99.99 becomes 100, not 100.0 */
        decimals = three_digits(tg_units_sum(magnitude(ns), unit->ns / power_of_ten(decimals) / 2), unit);
        put(buf, TG_UNITS_MAX, ns, unit, decimals, NEAREST, true);
        append_unit(buf, unit);
        return buf;
}

const char *tg_units_length(int64_t ns, char buf[static TG_UNITS_MAX])
{
        const struct unit *unit = unit_for(magnitude(ns));

        put(buf, TG_UNITS_MAX, ns, unit, three_digits(magnitude(ns), unit), UP, false);
        if (strchr(buf, '.')) {
                size_t len = strlen(buf);

                while (buf[len - 1] == '0')
                        buf[--len] = '\0';
                if (buf[len - 1] == '.')
                        buf[--len] = '\0';
        }
        append_unit(buf, unit);
        return buf;
}

const char *tg_units_interval(int64_t low_ns, int64_t high_ns, char buf[static TG_UNITS_MAX])
{
        return tg_bound_text(low_ns, high_ns, "..", buf);
}

const char *tg_units_exact_s(int64_t ns, char buf[static TG_UNITS_MAX])
{
        put(buf, TG_UNITS_MAX, ns, &units[3], 9, NEAREST, true);
        return buf;
}

const char *tg_units_rate(int64_t ppb, char buf[static TG_UNITS_MAX])
{
        snprintf(buf, TG_UNITS_MAX, "%s%" PRId64 ".%03" PRId64 " ppm",
                 ppb < 0   ? "-"
                 : ppb > 0 ? "+"
                           : "",
                 magnitude(ppb) / 1000, magnitude(ppb) % 1000);
        return buf;
}

const char *tg_units_duration(int64_t ns, char buf[static TG_UNITS_MAX])
{
        int64_t s = ns < 0 ? 0 : ns / TG_NS_PER_S;
        int64_t tenths = ns < 0 ? 0 : ns / (100 * TG_NS_PER_MS);

        if (s < 10)
                snprintf(buf, TG_UNITS_MAX, "%" PRId64 ".%" PRId64 " s", tenths / 10, tenths % 10);
        else if (s < 120)
                snprintf(buf, TG_UNITS_MAX, "%" PRId64 " s", s);
        else if (s < 2 * 3600)
                snprintf(buf, TG_UNITS_MAX, "%" PRId64 " min", s / 60);
        else if (s < 2 * 86400)
                snprintf(buf, TG_UNITS_MAX, "%" PRId64 " h %" PRId64 " min", s / 3600, s / 60 % 60);
        else if (s < 730 * 86400)
                snprintf(buf, TG_UNITS_MAX, "%" PRId64 " d %" PRId64 " h", s / 86400, s / 3600 % 24);
        else
                snprintf(buf, TG_UNITS_MAX, "%" PRId64 " years", s / (365 * 86400));
        return buf;
}

int64_t tg_units_sum(int64_t a_ns, int64_t b_ns)
{
        int64_t sum;

        if (__builtin_add_overflow(a_ns, b_ns, &sum))
                return a_ns < 0 ? -INT64_MAX : INT64_MAX;
        return sum == INT64_MIN ? -INT64_MAX : sum;
}

int64_t tg_units_ns(double s)
{
        const double limit = 4.6e9;

        if (s > limit || s < -limit)
                return s > 0 ? INT64_C(1) << 62 : -(INT64_C(1) << 62);
        return (int64_t)(s * 1e9 + (s < 0 ? -0.5 : 0.5));
}

const char *tg_units_seconds(double s, char buf[static TG_UNITS_MAX])
{
        return tg_units_offset(tg_units_ns(s), buf);
}
