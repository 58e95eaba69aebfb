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

int tg_instant_parse(const char *text, int64_t *real_ns)
{
        struct tm tm = { 0 }, same;
        int ms;
        time_t s;

        if (!fits(text, "0000-00-00T00:00:00.000Z") || sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2d.%3d", &tm.tm_year, &tm.tm_mon,
                                                              &tm.tm_mday, &tm.tm_hour, &tm.tm_min, &tm.tm_sec, &ms) != 7)
                return -EINVAL;
        tm.tm_year -= 1900;
        tm.tm_mon--;
        same = tm;
        s = timegm(&tm);
        /* timegm takes 31 February for 3 March; 2262 is where ns leave 64 bits */
        if (tm.tm_mon != same.tm_mon || tm.tm_mday != same.tm_mday || tm.tm_hour != same.tm_hour || tm.tm_min != same.tm_min ||
            tm.tm_sec != same.tm_sec || s < 0 || tm.tm_year >= 2262 - 1900)
                return -EINVAL;
        *real_ns = (int64_t)s * TG_NS_PER_S + ms * TG_NS_PER_MS;
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
