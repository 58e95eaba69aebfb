/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lines through noise and outliers: slope, its interval, the value at an instant, and what thinning out leaves. */
#include <math.h>

#include <timeguard/limits.h>

#include "line.h"
#include "property.h"

struct truth {
        double slope;
        int64_t t0, y0;
        double noise_ns; /* deviation */
        uint32_t outlier_percent;
};

static struct truth random_truth(struct tg_random *r)
{
        return (struct truth){ .slope = random_between(r, -500e-6, 500e-6),
                               .t0 = random_size(r, INT64_C(1) << 58),
                               .y0 = random_signed(r, INT64_C(1) << 58),
                               .noise_ns = random_between(r, 1e3, 1e6),
                               .outlier_percent = random_below(r, 16) };
}

static int64_t true_value(const struct truth *w, int64_t t)
{
        return w->y0 + (int64_t)(w->slope * (double)(t - w->t0));
}

/* Points about a second apart; delays make outliers of one sign. */
static int64_t draw(struct tg_random *r, const struct truth *w, struct tg_line *line, int points)
{
        int64_t t = w->t0;

        tg_line_reset(line);
        for (int i = 0; i < points; i++) {
                double noise = w->noise_ns * random_normal(r);

                if (random_chance(r, w->outlier_percent))
                        noise += w->noise_ns * random_between(r, 5, 1000);
                tg_line_add(line, t, true_value(w, t) + (int64_t)noise, 0);
                t += random_range(r, 900, 1100) * TG_NS_PER_MS;
        }
        return line->points[line->n - 1].t_ns;
}

static void exact_points_give_the_exact_line(void **state)
{
        struct property p = property_begin(2000, 200);
        struct tg_random r;

        (void)state;
        while (property_next(&p, &r)) {
                struct truth w = random_truth(&r);
                struct tg_line line;
                struct tg_fit fit;
                int64_t last, t;

                w.noise_ns = 0;
                last = draw(&r, &w, &line, 9 + (int)random_below(&r, 200));
                tg_line_fit(&line, &fit);
                assert_true(fit.known);
                assert_true(fabs(fit.slope - w.slope) < 1e-8 && fit.slope_error < 1e-8); /* y is in whole ns */
                t = last + random_range(&r, -5, 5) * TG_NS_PER_S;
                assert_true(llabs(tg_line_value_ns(&line, fit.slope, t) - true_value(&w, t)) < 500);
        }
}

/* A run of many lines is one case: a share is checked, which single lines cannot show. */
static void slope_error_holds_the_truth(void **state)
{
        struct property p = property_begin(8, 1500);
        struct tg_random r;

        (void)state;
        while (property_next(&p, &r)) {
                int held = 0, near = 0, above = 0, lines = 1000;

                for (int i = 0; i < lines; i++) {
                        struct truth w = random_truth(&r);
                        struct tg_line line;
                        struct tg_fit fit;
                        int64_t last = draw(&r, &w, &line, 10 + (int)random_below(&r, 90));

                        tg_line_fit(&line, &fit);
                        assert_true(fit.known && fit.slope_error >= 0);
                        held += fabs(fit.slope - w.slope) <= fit.slope_error;
                        above += fit.slope > w.slope;
                        near += llabs(tg_line_value_ns(&line, fit.slope, last) - true_value(&w, last)) <=
                                (int64_t)(2 * w.noise_ns);
                }
                assert_true(held >= lines * 95 / 100);
                assert_true(near >= lines * 95 / 100);
                assert_in_range(above, lines * 40 / 100, lines * 60 / 100);
        }
}

/* The best messages of a window serve several points. */
static void points_that_share_noise_are_no_surer(void **state)
{
        struct property p = property_begin(8, 1500);
        struct tg_random r;

        (void)state;
        while (property_next(&p, &r)) {
                int held = 0, lines = 1000;

                for (int i = 0; i < lines; i++) {
                        int points = 10 + (int)random_below(&r, 90);
                        struct truth w = random_truth(&r);
                        double last[4] = { 0 };
                        struct tg_line line;
                        struct tg_fit fit;

                        tg_line_reset(&line);
                        for (int k = -3; k < points; k++) {
                                int64_t t = w.t0 + k * TG_NS_PER_S;

                                last[k & 3] = w.noise_ns * random_normal(&r);
                                if (k >= 0)
                                        tg_line_add(&line, t,
                                                    true_value(&w, t) + (int64_t)(last[0] + last[1] + last[2] + last[3]), 0);
                        }
                        tg_line_fit(&line, &fit);
                        held += fabs(fit.slope - w.slope) <= fit.slope_error;
                }
                assert_true(held >= lines * 95 / 100);
        }
}

/* Points that are certainly within their halves: then so is the slope within its error, however few they are and whatever they share. */
static void the_error_is_certain(void **state)
{
        struct property p = property_begin(2000, 300);
        struct tg_random r;

        (void)state;
        while (property_next(&p, &r)) {
                struct truth w = random_truth(&r);
                int64_t most = 1 + random_size(&r, 10 * TG_NS_PER_MS), t = w.t0;
                int points = 9 + (int)random_below(&r, 60);
                struct tg_line line;
                struct tg_fit fit;

                tg_line_reset(&line);
                for (int i = 0; i < points; i++) {
                        int64_t half = random_size(&r, most), off = random_chance(&r, 50) ? half : -half;

                        if (random_chance(&r, 50))
                                off = random_signed(&r, half + 1);
                        tg_line_add(&line, t, true_value(&w, t) + off, half + 1);
                        t += random_range(&r, 900, 1100) * TG_NS_PER_MS;
                }
                tg_line_fit(&line, &fit);
                assert_true(!fit.known || fabs(fit.slope - w.slope) <= fit.slope_error + 1e-12);
        }
}

/* A mean would be thrown off by any of these. */
static void a_few_wild_points_change_little(void **state)
{
        struct property p = property_begin(1000, 200);
        struct tg_random r;

        (void)state;
        while (property_next(&p, &r)) {
                struct truth w = random_truth(&r);
                struct tg_line line;
                struct tg_fit fit;
                int64_t last;

                w.noise_ns = 1;
                w.outlier_percent = 0;
                last = draw(&r, &w, &line, 30);
                for (int i = 0; i < 3; i++) /* less than half of the newest 8 */
                        line.points[random_below(&r, line.n)].y_ns += random_signed(&r, 3600 * TG_NS_PER_S);
                tg_line_fit(&line, &fit);
                assert_true(fabs(fit.slope - w.slope) < 1e-6);
                if (line.points[line.n - 1].y_ns - true_value(&w, last) < 100)
                        assert_true(llabs(tg_line_value_ns(&line, fit.slope, last) - true_value(&w, last)) < 20000);
        }
}

/* All points but one are on a line, and that one excludes any: the scatter says nothing, the halves of the ends still do. */
static void a_line_that_cannot_be_is_no_surer_than_its_ends(void **state)
{
        struct tg_line line;
        struct tg_fit fit;

        (void)state;
        tg_line_reset(&line);
        for (int i = 0; i < 21; i++)
                tg_line_add(&line, i * TG_NS_PER_S, i == 10 ? TG_NS_PER_S : 0, 1000000);
        tg_line_fit(&line, &fit);
        assert_true(fit.known && fit.slope == 0);
        assert_true(fabs(fit.slope_error - 2e6 / 20e9) < 1e-9); /* a millisecond at each end of 20 s */
}

static void little_is_not_enough(void **state)
{
        struct tg_line line;
        struct tg_fit fit;

        (void)state;
        tg_line_reset(&line);
        for (int i = 0; i < 100; i++) {
                tg_line_fit(&line, &fit);
                assert_int_equal(fit.known, i > 7 && 1000 * (i - 1) >= 7000);
                tg_line_add(&line, i * TG_NS_PER_S, 0, 0);
        }
        tg_line_reset(&line);
        for (int i = 0; i < 1000; i++) /* many points, but within 5 s */
                tg_line_add(&line, i * 5 * TG_NS_PER_MS, 0, 0);
        tg_line_fit(&line, &fit);
        assert_false(fit.known);
        tg_line_reset(&line);
        for (int i = 0; i < 7; i++) /* a long time, but few points */
                tg_line_add(&line, i * 3 * TG_NS_PER_S, 0, 0);
        tg_line_fit(&line, &fit);
        assert_false(fit.known);
        tg_line_reset(&line);
        tg_line_add(&line, 5, 70, 0);
        assert_int_equal(tg_line_value_ns(&line, 0.5, 25), 80);
        tg_line_add(&line, 5, 71, 0); /* two at one instant have no slope */
        tg_line_fit(&line, &fit);
        assert_false(fit.known);
}

/* However often points are added: they stay in order, in room, the newest last; and the line reaches back at least half of what it
   was given, up to 16 minutes. */
static void thinning_keeps_the_span(void **state)
{
        struct property p = property_begin(200, 500);
        struct tg_random r;

        (void)state;
        while (property_next(&p, &r)) {
                int64_t every = random_range(&r, 1, 3000) * TG_NS_PER_MS, t = 0, long_enough = 16 * 60 * TG_NS_PER_S;
                struct tg_line line;

                tg_line_reset(&line);
                for (int i = 0; i < 4000; i++) {
                        int64_t span, want;

                        t += random_range(&r, every / 2, every);
                        tg_line_add(&line, t, i, 0);
                        span = t - line.points[0].t_ns;
                        want = (t < long_enough ? t : long_enough) / 2 - 2 * every;
                        assert_in_range(line.n, 1, TG_LINE_POINTS);
                        assert_true(line.points[line.n - 1].t_ns == t && line.points[line.n - 1].y_ns == i);
                        assert_true(span >= want);
                        for (uint32_t k = 1; k < line.n && line.n >= TG_LINE_POINTS / 2; k++) /* evenly: no hole */
                                assert_in_range(line.points[k].t_ns - line.points[k - 1].t_ns, 1, span / 3 + 2 * every);
                }
        }
}

TESTS_MAIN(TEST(exact_points_give_the_exact_line), TEST(slope_error_holds_the_truth),
           TEST(points_that_share_noise_are_no_surer), TEST(the_error_is_certain), TEST(a_few_wild_points_change_little),
           TEST(a_line_that_cannot_be_is_no_surer_than_its_ends), TEST(little_is_not_enough), TEST(thinning_keeps_the_span))
