/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Instants: ISO 8601 in UTC with milliseconds in, local time out. */
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "instant.h"
#include <timeguard/limits.h>

static bool fits(const char *text, const char *pattern)
{
        for (; *pattern; text++, pattern++)
                if (*pattern == '0' ? *text < '0' || *text > '9' : *text != *pattern)
                        return false;
        return *text == '\0';
}

/* The number of the n digits at text. */
static int digits(const char *text, int n)
{
        int value = 0;

        while (n-- > 0)
                value = value * 10 + (*text++ - '0');
        return value;
}

int tg_instant_parse(const char *text, int64_t *real_ns)
{
        struct tm tm = { 0 }, same;
        time_t s;

        if (!fits(text, "0000-00-00T00:00:00.000Z"))
                return -EINVAL;
        tm.tm_year = digits(text, 4) - 1900;
        tm.tm_mon = digits(text + 5, 2) - 1;
        tm.tm_mday = digits(text + 8, 2);
        tm.tm_hour = digits(text + 11, 2);
        tm.tm_min = digits(text + 14, 2);
        tm.tm_sec = digits(text + 17, 2);
        same = tm;
        s = timegm(&tm);
        /* timegm takes 31 February for 3 March; 2262 is where ns leave 64 bits */
        if (tm.tm_mon != same.tm_mon || tm.tm_mday != same.tm_mday || tm.tm_hour != same.tm_hour || tm.tm_min != same.tm_min ||
            tm.tm_sec != same.tm_sec || s < 0 || tm.tm_year >= 2262 - 1900)
                return -EINVAL;
        *real_ns = (int64_t)s * TG_NS_PER_S + digits(text + 20, 3) * TG_NS_PER_MS;
        return 0;
}

const char *tg_instant_local(int64_t real_ns, char buf[static TG_INSTANT_MAX])
{
        time_t s = (time_t)(real_ns / TG_NS_PER_S);
        struct tm tm;

        if (!localtime_r(&s, &tm) || strftime(buf, TG_INSTANT_MAX, "%Y-%m-%d %H:%M:%S %Z", &tm) == 0)
                snprintf(buf, TG_INSTANT_MAX, "%lld s", (long long)s);
        return buf;
}
