/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A straight line through noisy points by Theil and Sen: robust slope, its interval, and the value at an instant. The window grows with
   the time it has covered: points are thinned out and spaced twice as far each time it is full, up to about 17 minutes. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define TG_LINE_POINTS 32

struct tg_line_point {
        int64_t t_ns, y_ns;
        int64_t half_ns; /* y is certainly within so much of the truth */
};

struct tg_line {
        uint32_t n;         /* points kept, the newest (which may move) included */
        int64_t spacing_ns; /* least distance of the points before the newest */
        struct tg_line_point points[TG_LINE_POINTS];
};

struct tg_fit {
        bool known;   /* enough points over enough time */
        double slope; /* ns per ns */
        /* half width of its 95 % interval (Sen 1968), doubled, since neighbouring points share noise; and at least the distance to the farthest
           slope of a straight line that passes every point within its half_ns */
        double slope_error;
};

void tg_line_reset(struct tg_line *line);
/* Adds a point; t_ns must not go back. */
void tg_line_add(struct tg_line *line, int64_t t_ns, int64_t y_ns, int64_t half_ns);
void tg_line_fit(const struct tg_line *line, struct tg_fit *fit);
/* How much time the points cover. */
int64_t tg_line_span_ns(const struct tg_line *line);
/* The value at t_ns: the median of the newest points carried along `slope`. The line must have a point. */
int64_t tg_line_value_ns(const struct tg_line *line, double slope, int64_t t_ns);
