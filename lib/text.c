/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See text.h. English only: what is translated is the catalog of the journal. */
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <timeguard/limits.h>

#include "text.h"

#define N_DECIMAL 3 /* units of which 1000 make the next one */

static const char *number(int64_t ns, const char *plus, char buf[static TG_NUMBER_MAX])
{
        static const struct {
                double below_ns, unit_ns;
                const char *unit;
        } scales[] = { { 1e3, 1, "ns" },          { 1e6, 1e3, "us" },          { 1e9, 1e6, "ms" },
                       { 120e9, 1e9, "s" },       { 120 * 60e9, 60e9, "min" }, { 48 * 3600e9, 3600e9, "h" },
                       { INFINITY, 86400e9, "d" } };
        double size = fabs((double)ns), value;
        size_t i = 0;
        int digits;

        while (size >= scales[i].below_ns || (i < N_DECIMAL && size / scales[i].unit_ns >= 999.5))
                i++;
        value = size / scales[i].unit_ns;
        /* 1 s, not 1.00 s: a budget is exact; and 10.0, not 10.00, of what is rounded up to it */
        digits = value >= 99.95 || fmod(value, 1) == 0 ? 0 : value >= 9.995 ? 1 : 2;
        snprintf(buf, TG_NUMBER_MAX, "%s%.*f %s", ns < 0 ? "-" : plus, digits, value, scales[i].unit);
        return buf;
}

const char *tg_ns_text(int64_t ns, char buf[static TG_NUMBER_MAX])
{
        return number(ns, "", buf);
}

const char *tg_offset_text(int64_t ns, char buf[static TG_NUMBER_MAX])
{
        return number(ns, ns > 0 ? "+" : "", buf);
}

void tg_append(char *buf, size_t size, const char *format, ...)
{
        size_t used = strlen(buf);
        va_list args;

        va_start(args, format);
        if (used < size)
                vsnprintf(buf + used, size - used, format, args);
        va_end(args);
}
