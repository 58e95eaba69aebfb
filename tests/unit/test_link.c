/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a node measures of a peer, between two oscillators whose difference is known at every instant: D = RAW(self) - RAW(peer). */
#include <math.h>

#include "interval.h"
#include "link.h"
#include "property.h"

/* D = d0 + rate x (RAW(self) - t0) */
struct wire {
        int64_t now, t0, d0; /* now: RAW(self) */
        double rate;
        int64_t delay_min, jitter;
};

static int64_t d_at(const struct wire *w, int64_t raw)
{
        return w->d0 + (int64_t)floor(w->rate * (double)(raw - w->t0));
}

static struct wire random_wire(struct tg_random *r, double rate_max)
{
        struct wire w = { .t0 = random_size(r, INT64_C(1) << 58),
                          .d0 = random_signed(r, INT64_C(1) << 58),
                          .rate = random_between(r, -rate_max, rate_max),
                          .delay_min = random_size(r, TG_NS_PER_MS),
                          .jitter = 1 + random_size(r, 3 * TG_NS_PER_MS) };

        w.now = w.t0;
        return w;
}

static int64_t random_delay(struct tg_random *r, const struct wire *w)
{
        int64_t delay = w->delay_min + random_size(r, w->jitter);

        return random_chance(r, 5) ? delay + random_size(r, 500 * TG_NS_PER_MS) : delay;
}

/* The bound that the echo stands for holds the truth, now and later, as far as rho covers the rate. */
static void check_bound(struct tg_random *r, const struct wire *w, const struct tg_link *link, bool mirrored)
{
        int64_t at = mirrored ? w->now - d_at(w, w->now) : w->now;
        struct tg_echo echo;

        if (!tg_link_echo(link, at, &echo))
                return;
        for (int i = 0; i < 4; i++) {
                int64_t later = i ? random_size(r, 600 * TG_NS_PER_S) : 0;
                int64_t d = d_at(w, w->now + later), age = at + later - echo.measured_raw_ns;

                assert_true(echo.measured_raw_ns <= at);
                assert_true((mirrored ? -d : d) <= echo.upper_ns + tg_ageing_ns(age, echo.rho_ppm) + 1);
        }
}

/* One second of reports in both directions; each echoes the other. */
static void exchange(struct tg_random *r, struct wire *w, struct tg_link *self, struct tg_link *peer)
{
        int64_t delay = random_delay(r, w), tx = w->now - d_at(w, w->now), there;
        struct tg_echo echo;

        w->now += delay;
        tg_link_receive(self, 7, tx, w->now);
        if (tg_link_echo(peer, tx, &echo))
                tg_link_answer(self, echo.upper_ns, tx - echo.measured_raw_ns, w->now);
        tg_link_judge(self, NULL, NULL);
        check_bound(r, w, self, false);
        tx = w->now;
        w->now += random_delay(r, w);
        there = w->now - d_at(w, w->now);
        tg_link_receive(peer, 8, tx, there);
        if (tg_link_echo(self, tx, &echo))
                tg_link_answer(peer, echo.upper_ns, tx - echo.measured_raw_ns, there);
        tg_link_judge(peer, NULL, NULL);
        check_bound(r, w, peer, true);
        w->now += random_chance(r, 5) ? random_size(r, 30 * TG_NS_PER_S) : TG_NS_PER_S;
}

static void bounds_hold_the_truth(void **state)
{
        struct property p = property_begin(1500, 1000);
        struct tg_random r;

        (void)state;
        while (property_next(&p, &r)) {
                struct wire w = random_wire(&r, 499e-6);
                struct tg_link self, peer;
                struct tg_echo echo;

                tg_link_start(&self);
                tg_link_start(&peer);
                for (int i = 0; i < 80; i++) {
                        exchange(&r, &w, &self, &peer);
                        assert_true(self.rho_ppm >= TG_RHO_MIN_PPM && self.rho_ppm >= fabs(w.rate) * 1e6);
                }
                assert_true(tg_link_echo(&self, w.now, &echo));
                assert_int_equal(echo.epoch_tag, 7);
                assert_int_equal(self.doublings + peer.doublings, 0);
                if (self.fit.known)
                        assert_true(llabs((int64_t)echo.rate_ppb - (int64_t)(w.rate * 1e9)) <=
                                    2 * (int64_t)echo.rate_error_ppb + 10);
        }
}

/* With steady delays the rate is found, and the estimate lies within what delays allow. */
static void rate_and_estimate_come_near(void **state)
{
        struct property p = property_begin(500, 400);
        struct tg_random r;

        (void)state;
        while (property_next(&p, &r)) {
                struct wire w = random_wire(&r, 200e-6);
                struct tg_link self, peer;
                struct tg_echo echo;

                w.jitter = 1 + random_size(&r, 50000);
                tg_link_start(&self);
                tg_link_start(&peer);
                for (int i = 0; i < 60; i++)
                        exchange(&r, &w, &self, &peer);
                assert_true(self.fit.known && tg_link_echo(&self, w.now, &echo));
                assert_true(fabs(self.fit.slope - w.rate) < 20e-6);
                assert_true(echo.rate_ppb != TG_NO_RATE && echo.estimate_gap_ns != TG_NO_ESTIMATE);
                assert_true(llabs(echo.upper_ns - echo.estimate_gap_ns - d_at(&w, w.now)) < w.delay_min + 2000000);
        }
}

static void windows_belong_to_epochs(void **state)
{
        struct tg_link link;
        struct tg_echo echo;

        (void)state;
        tg_link_start(&link);
        assert_false(tg_link_echo(&link, 0, &echo));
        for (int i = 0; i < 40; i++)
                tg_link_receive(&link, 5, i * TG_NS_PER_S, i * TG_NS_PER_S + 1000);
        assert_int_equal(link.n, TG_LINK_WINDOW);
        tg_link_answer(&link, 500, 0, 40 * TG_NS_PER_S);
        assert_int_equal(link.line.n, 1);
        tg_link_receive(&link, 6, 0, 41 * TG_NS_PER_S); /* the peer's RAW began anew */
        assert_true(tg_link_echo(&link, 41 * TG_NS_PER_S, &echo));
        assert_int_equal(echo.epoch_tag, 6);
        assert_int_equal(echo.upper_ns, 41 * TG_NS_PER_S);
        assert_int_equal(link.n, 1);
        assert_int_equal(link.line.n, 0);
        tg_link_drop(&link);
        assert_false(tg_link_echo(&link, 41 * TG_NS_PER_S, &echo));
        tg_link_receive(&link, 6, 0, 41 * TG_NS_PER_S);
        link.heard_in_ring = false; /* as a ring change leaves it */
        assert_false(tg_link_echo(&link, 41 * TG_NS_PER_S, &echo));
        tg_link_receive(&link, 6, 0, 41 * TG_NS_PER_S + 5);
        assert_true(tg_link_echo(&link, 41 * TG_NS_PER_S + 5, &echo));
}

/* The best of the window is the one that is smallest after ageing, not the smallest. */
static void the_best_is_judged_by_its_age(void **state)
{
        struct tg_link link;
        struct tg_echo echo;

        (void)state;
        tg_link_start(&link);
        tg_link_receive(&link, 1, 0, 100000);
        tg_link_receive(&link, 1, TG_NS_PER_S, TG_NS_PER_S + 400000);
        assert_true(tg_link_echo(&link, TG_NS_PER_S + 400000, &echo)); /* 500 ppm of a second: 500 us */
        assert_int_equal(echo.upper_ns, 400000);
        tg_link_receive(&link, 1, 2 * TG_NS_PER_S, 2 * TG_NS_PER_S + 1200000);
        assert_true(tg_link_echo(&link, 2 * TG_NS_PER_S + 1200000, &echo));
        assert_int_equal(echo.upper_ns, 400000);
        assert_true(echo.measured_raw_ns == TG_NS_PER_S + 400000);
}

/* Both measurements of a point hold at their own instants: D is that of the middle of the two. */
static void a_point_stands_where_it_was_measured(void **state)
{
        struct tg_link link;

        (void)state;
        tg_link_start(&link);
        tg_link_receive(&link, 1, 10 * TG_NS_PER_S - 600000, 10 * TG_NS_PER_S);
        tg_link_answer(&link, -200000, 4 * TG_NS_PER_S, 10 * TG_NS_PER_S);
        assert_int_equal(link.line.n, 1);
        assert_true(link.line.points[0].t_ns == 8 * TG_NS_PER_S);
        assert_true(link.line.points[0].y_ns == 400000);
        assert_in_range(link.line.points[0].half_ns, 200000 + 1000000,
                        200000 + 1000000 + 200); /* D may move by 500 ppm of the 4 s between them */
}

/* Of the look at the own clock that goes with a message, only a sharp one may be told. */
static void a_blurred_look_is_not_told(void **state)
{
        struct tg_look look = { .raw_ns = 5, .real_ns = 1000, .bracket_ns = TG_HEARD_HALF_NS - 1 };
        struct tg_link link;
        struct tg_echo echo;

        (void)state;
        tg_link_start(&link);
        tg_link_receive(&link, 1, 1, 5);
        tg_link_heard(&link, &look);
        assert_true(tg_link_echo(&link, 6, &echo) && echo.has_heard);
        assert_true(echo.heard_raw_ns == 5 && echo.heard_c_ns == 995);
        look.bracket_ns = 10 * TG_HEARD_HALF_NS;
        tg_link_heard(&link, &look);
        assert_true(tg_link_echo(&link, 6, &echo) && !echo.has_heard);
}

static struct tg_chrony_sample chrony(double freq_ppm, double skew_ppm)
{
        return (struct tg_chrony_sample){ .state = TG_CHRONY_OK,
                                          .tracking = { .ref_id = 1,
                                                        .freq_ppm = tg_chrony_float_from(freq_ppm),
                                                        .skew_ppm = tg_chrony_float_from(skew_ppm) } };
}

static void draw_line(struct tg_link *link, double rate, int64_t half_ns)
{
        tg_line_reset(&link->line);
        for (int i = 0; i < 30; i++)
                tg_line_add(&link->line, i * TG_NS_PER_S, (int64_t)(rate * (double)(i * TG_NS_PER_S)), half_ns);
}

static uint32_t rho_of(double rate, const struct tg_chrony_sample *a, const struct tg_chrony_sample *b)
{
        struct tg_link link;

        tg_link_start(&link);
        if (!isnan(rate))
                draw_line(&link, rate, 0);
        assert_false(tg_link_judge(&link, a, b));
        return link.rho_ppm;
}

static void the_rules_of_rho(void **state)
{
        struct tg_chrony_sample a = chrony(-300, 1), b = chrony(500, 2), near = chrony(-290, 2), wild = chrony(400, 300),
                                misled = chrony(16000, 90), bad = b;

        (void)state;
        assert_int_equal(rho_of(NAN, NULL, NULL), TG_RHO_UNKNOWN_PPM);
        assert_int_equal(rho_of(0, NULL, NULL), TG_RHO_MIN_PPM);
        assert_int_equal(rho_of(20e-6, NULL, NULL), TG_RHO_MIN_PPM);
        assert_in_range(rho_of(50e-6, NULL, NULL), 130, 132);
        assert_in_range(rho_of(-200e-6, NULL, NULL), 430, 432);
        assert_in_range(rho_of(0, &a, &b), 833, 834);
        assert_in_range(rho_of(NAN, &a, &b), 833, 834);
        assert_int_equal(rho_of(0, &a, &near), TG_RHO_MIN_PPM);
        assert_in_range(rho_of(300e-6, &a, &near), 630, 632);
        assert_int_equal(rho_of(0, &a, &wild), TG_RHO_MIN_PPM); /* it does not know its own frequency */
        /* one who was misled about it counts until the rate is measured */
        assert_in_range(rho_of(NAN, &a, &misled), 16421, 16422);
        assert_int_equal(rho_of(0, &a, &misled), TG_RHO_MIN_PPM);
        assert_int_equal(rho_of(0, &misled, &a), TG_RHO_MIN_PPM);
        assert_in_range(rho_of(400e-6, &a, &misled), 830, 832);
        bad.state = TG_CHRONY_SILENT;
        assert_int_equal(rho_of(0, &a, &bad), TG_RHO_MIN_PPM);
        bad = b;
        bad.tracking.ref_id = 0;
        assert_int_equal(rho_of(0, &bad, &a), TG_RHO_MIN_PPM);
        assert_in_range(
                rho_of(NAN,
                       &(struct tg_chrony_sample){ .state = TG_CHRONY_OK, .tracking = { .ref_id = 1, .freq_ppm = 0x7dffffff } },
                       &a),
                TG_RHO_UNKNOWN_PPM, TG_RHO_MAX_PPM);
}

/* Points that all rest on the same messages may lie on a line and be off by as much as these can. */
static void a_rate_is_no_surer_than_its_points(void **state)
{
        struct tg_link link;

        (void)state;
        tg_link_start(&link);
        draw_line(&link, 0, 290000); /* at both ends of 29 s: 20 ppm */
        assert_false(tg_link_judge(&link, NULL, NULL));
        assert_true(link.fit.known && fabs(link.fit.slope_error - 20e-6) < 1e-9);
        draw_line(&link, 0, 2900000);
        assert_false(tg_link_judge(&link, NULL, NULL));
        assert_false(link.fit.known);
        assert_int_equal(link.rho_ppm, TG_RHO_UNKNOWN_PPM);
}

static void a_rate_beyond_rho_doubles_it(void **state)
{
        struct tg_link link;

        (void)state;
        tg_link_start(&link);
        draw_line(&link, 0, 0);
        assert_false(tg_link_judge(&link, NULL, NULL));
        tg_link_receive(&link, 0, 0, 5);
        assert_int_equal(link.rho_ppm, TG_RHO_MIN_PPM);
        draw_line(&link, 150e-6, 0);
        assert_true(tg_link_judge(&link, NULL, NULL));
        assert_int_equal(link.n, 0); /* what was aged too slowly is dropped */
        assert_in_range(link.rho_ppm, 660, 664);
        assert_false(tg_link_judge(&link, NULL, NULL));
}

static void contradictions_double_rho_when_repeated(void **state)
{
        struct property p = property_begin(2000, 200);
        struct tg_random r;

        (void)state;
        while (property_next(&p, &r)) {
                int64_t at = random_size(&r, INT64_C(1) << 58), counted = 0, doubled = 0;
                uint32_t doublings = 0;
                struct tg_link link;

                tg_link_start(&link);
                for (int i = 0; i < 40; i++) {
                        bool repeated;
                        uint32_t want;

                        if (doublings && at - doubled >= 3600 * TG_NS_PER_S) {
                                doublings--; /* forgiven after an hour */
                                doubled = at;
                        }
                        repeated = i && at - counted >= 3 * TG_NS_PER_S && at - counted < 600 * TG_NS_PER_S && doublings < 7;
                        doubled = repeated ? at : doubled;
                        tg_link_receive(&link, 1, at - 1000, at);
                        assert_int_equal(tg_link_contradict(&link, at), repeated);
                        if (!i || at - counted >= 3 * TG_NS_PER_S)
                                counted = at;
                        doublings += repeated;
                        assert_int_equal(link.n, 0);
                        want = TG_RHO_UNKNOWN_PPM << doublings;
                        assert_int_equal(link.rho_ppm, want < TG_RHO_MAX_PPM ? want : TG_RHO_MAX_PPM);
                        tg_link_judge(&link, NULL, NULL);
                        assert_int_equal(link.rho_ppm, want < TG_RHO_MAX_PPM ? want : TG_RHO_MAX_PPM);
                        at += random_chance(&r, 30)   ? 3 * TG_NS_PER_S + random_range(&r, -1, 1)
                              : random_chance(&r, 30) ? 600 * TG_NS_PER_S + random_range(&r, -1, 1)
                                                      : random_size(&r, 1000 * TG_NS_PER_S);
                }
        }
}

TESTS_MAIN(TEST(bounds_hold_the_truth), TEST(rate_and_estimate_come_near), TEST(windows_belong_to_epochs),
           TEST(the_best_is_judged_by_its_age), TEST(a_point_stands_where_it_was_measured), TEST(a_blurred_look_is_not_told),
           TEST(a_rate_is_no_surer_than_its_points), TEST(the_rules_of_rho), TEST(a_rate_beyond_rho_doubles_it),
           TEST(contradictions_double_rho_when_repeated))
