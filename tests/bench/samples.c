/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See samples.h. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <timeguard/limits.h>

#include "samples.h"

int64_t samples_clock_ns(void)
{
        struct timespec t;

        clock_gettime(CLOCK_MONOTONIC_RAW, &t);
        return (int64_t)t.tv_sec * TG_NS_PER_S + t.tv_nsec;
}

void samples_add(struct samples *s, int64_t ns)
{
        if (s->n < SAMPLES_MAX)
                s->ns[s->n++] = ns;
}

static int compare(const void *a, const void *b)
{
        const int64_t *x = a, *y = b;

        return (*x > *y) - (*x < *y);
}

void samples_print(struct samples *s, const char *name)
{
        qsort(s->ns, s->n, sizeof s->ns[0], compare);
        printf(", \"%s\": {\"n\": %zu", name, s->n);
        if (s->n)
                printf(", \"p50_ns\": %lld, \"p99_ns\": %lld, \"max_ns\": %lld", (long long)s->ns[s->n / 2],
                       (long long)s->ns[(s->n - 1) * 99 / 100], (long long)s->ns[s->n - 1]);
        printf("}");
}
