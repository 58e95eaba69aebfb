/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See line.h. Slopes are dimensionless (ns per ns); values stay small against 2^53 because each is taken relative to the newest
   point. Medians are found by selection, in place and without allocation. */
#include <math.h>
#include <string.h>

#include <timeguard/limits.h>

#include "line.h"

#define SPACING_MIN_NS  (600 * TG_NS_PER_MS)
#define SPACING_MAX_NS  (32 * TG_NS_PER_S)
#define FIT_POINTS_MIN  8
#define FIT_SPAN_MIN_NS (7 * TG_NS_PER_S)
#define NEWEST          8
#define SLOPES_MAX      (TG_LINE_POINTS * (TG_LINE_POINTS - 1) / 2)

void tg_line_reset(struct tg_line *line)
{
        line->n = 0;
        line->spacing_ns = SPACING_MIN_NS;
}

static void thin_out(struct tg_line *line)
{
        if (line->spacing_ns < SPACING_MAX_NS) {
                line->spacing_ns *= 2;
                for (uint32_t i = 0; i < TG_LINE_POINTS / 2; i++)
                        line->points[i] = line->points[2 * i + 1];
                line->n = TG_LINE_POINTS / 2;
        } else {
                memmove(line->points, line->points + 1, (TG_LINE_POINTS - 1) * sizeof line->points[0]);
                line->n--;
        }
}

void tg_line_add(struct tg_line *line, int64_t t_ns, int64_t y_ns, int64_t half_ns)
{
        const struct tg_line_point point = { t_ns, y_ns, half_ns };

        /* the newest point moves on until it stands far enough from the one before it */
        if (line->n >= 2 && line->points[line->n - 1].t_ns - line->points[line->n - 2].t_ns < line->spacing_ns) {
                line->points[line->n - 1] = point;
                return;
        }
        if (line->n == TG_LINE_POINTS)
                thin_out(line);
        line->points[line->n++] = point;
}

static void swap(double *a, double *b)
{
        double t = *a;

        *a = *b;
        *b = t;
}

/* The k-th smallest of v[0..n-1]; v is reordered so that smaller values stand before it and larger ones behind. */
static double select_kth(double *v, int n, int k)
{
        int low = 0, high = n - 1;

        while (low < high) {
                double pivot = v[(low + high) / 2];
                int i = low, j = high;

                while (i <= j) {
                        while (v[i] < pivot)
                                i++;
                        while (v[j] > pivot)
                                j--;
                        if (i <= j)
                                swap(&v[i++], &v[j--]);
                }
                if (k <= j)
                        high = j;
                else if (k >= i)
                        low = i;
                else
                        break;
        }
        return v[k];
}

int64_t tg_line_span_ns(const struct tg_line *line)
{
        return line->n ? line->points[line->n - 1].t_ns - line->points[0].t_ns : 0;
}

/* How far off the slope may be, given what each point is certainly within. Points can rest on the same few messages and lie on a line all the
   same, so their scatter alone does not tell. Where no straight line passes them all the rate has changed, and the ends must do. */
static double certain_error(const struct tg_line *line, double slope)
{
        const struct tg_line_point *first = &line->points[0], *last = &line->points[line->n - 1];
        double low = -INFINITY, high = INFINITY;

        for (const struct tg_line_point *a = first; a < last; a++)
                for (const struct tg_line_point *b = a + 1; b <= last; b++) {
                        double dt = (double)(b->t_ns - a->t_ns), dy = (double)(b->y_ns - a->y_ns),
                               half = (double)a->half_ns + (double)b->half_ns;

                        if (dt <= 0)
                                continue;
                        low = fmax(low, (dy - half) / dt);
                        high = fmin(high, (dy + half) / dt);
                }
        if (low <= high)
                return fmax(high - slope, slope - low);
        return ((double)first->half_ns + (double)last->half_ns) / (double)tg_line_span_ns(line);
}

void tg_line_fit(const struct tg_line *line, struct tg_fit *fit)
{
        double slopes[SLOPES_MAX] = { 0 }, n = line->n, spread, low, high;
        int count = 0, k;

        *fit = (struct tg_fit){ 0 };
        if (line->n < FIT_POINTS_MIN || line->n > TG_LINE_POINTS || tg_line_span_ns(line) < FIT_SPAN_MIN_NS)
                return;
        for (uint32_t i = 0; i < line->n; i++)
                for (uint32_t j = i + 1; j < line->n; j++)
                        if (line->points[j].t_ns > line->points[i].t_ns)
                                slopes[count++] = (double)(line->points[j].y_ns - line->points[i].y_ns) /
                                                  (double)(line->points[j].t_ns - line->points[i].t_ns);
        if (!count)
                return;
        fit->known = true;
        fit->slope = select_kth(slopes, count, count / 2);
        spread = 1.96 * sqrt(n * (n - 1) * (2 * n + 5) / 18);
        k = (int)((count - spread) / 2);
        low = select_kth(slopes, count, k < 0 ? 0 : k);
        high = select_kth(slopes, count, k < 0 ? count - 1 : count - 1 - k);
        fit->slope_error = fmax(2 * fmax(fit->slope - low, high - fit->slope), certain_error(line, fit->slope));
}

int64_t tg_line_value_ns(const struct tg_line *line, double slope, int64_t t_ns)
{
        uint32_t first = line->n > NEWEST ? line->n - NEWEST : 0;
        int64_t base = line->points[line->n - 1].y_ns;
        double values[NEWEST] = { 0 };
        int n = 0;

        for (uint32_t i = first; i < line->n; i++)
                values[n++] = (double)(line->points[i].y_ns - base) + slope * (double)(t_ns - line->points[i].t_ns);
        return n ? base + (int64_t)select_kth(values, n, n / 2) : base;
}
