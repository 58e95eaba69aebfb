/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* chrony's claim against its formula, when there is one, how it grows, and what absurd numbers make of it. */
#include <math.h>

#include "claim.h"
#include "random_report.h"

#define LARGE 1152921504606846976.0 /* 2^60 ns, 36 years: the most that one part may claim */

static double part(tg_chrony_float f)
{
        return fmin(fabs(tg_chrony_float_value(f)) * 1e9, LARGE);
}

static double formula(const struct tg_tracking *t, double age_ns)
{
        return part(t->correction_s) + part(t->root_delay_s) / 2 + part(t->root_dispersion_s) +
               fmax(age_ns, 0) * TG_CLAIM_GROWTH_PPM * 1e-6;
}

static void assert_near(int64_t got, double want)
{
        assert_true(got >= 0);
        if (fabs((double)got - want) > 3 + want * 1e-12)
                fail_msg("%lld, not %.0f", (long long)got, want);
}

/* A report whose claim stands: a selected and reachable source, and no mode of its own. */
static void sound_report(struct tg_random *r, struct tg_report *report)
{
        random_report_of(r, report, (uint8_t)random_range(r, 1, TG_SOURCES_MAX), 0, 4);
        for (uint8_t i = 0; i < report->chrony.n_sources; i++)
                report->chrony.sources[i].state = '+';
        report->chrony.sources[random_below(r, report->chrony.n_sources)].state = '*';
        for (uint8_t i = 0; i < report->chrony.n_sources; i++)
                report->chrony.sources[i].reach |= report->chrony.sources[i].state == '*';
        report->chrony.state = TG_CHRONY_OK;
        report->chrony.tracking.ref_id = 1 + random_below(r, TG_REFID_LOCAL - 1);
}

static void claims_follow_the_formula(void **state)
{
        struct property p = property_begin(20000, 200);
        struct tg_random r;

        (void)state;
        while (property_next(&p, &r)) {
                struct tg_report report;
                const struct tg_tracking *t = &report.chrony.tracking;
                int64_t claim = -1;

                sound_report(&r, &report);
                assert_int_equal(tg_selected_source(&report.chrony)->state, '*');
                assert_true(tg_claim(&report, &claim));
                assert_near(claim, formula(t, (double)report.raw_ns - (double)report.chrony.raw_ns));
                assert_true(tg_claim_without_source(&report, &claim));
                assert_near(claim, formula(t, (double)report.raw_ns + (double)report.c_ns - (double)t->ref_time_ns));
        }
}

static void known_claim(void **state)
{
        struct tg_random r = { 1 };
        struct tg_report report;
        int64_t claim;

        (void)state;
        sound_report(&r, &report);
        report.chrony.tracking.correction_s = tg_chrony_float_from(-0.25);
        report.chrony.tracking.root_delay_s = tg_chrony_float_from(0.5);
        report.chrony.tracking.root_dispersion_s = tg_chrony_float_from(0.125);
        report.chrony.raw_ns = report.raw_ns - 20 * TG_NS_PER_S;
        assert_true(tg_claim(&report, &claim));
        assert_true(claim == 625 * TG_NS_PER_MS + 1 * TG_NS_PER_MS); /* 50 ppm of 20 s */
}

static void no_claim_without_a_source(void **state)
{
        struct property p = property_begin(2000, 100);
        struct tg_random r;

        (void)state;
        while (property_next(&p, &r)) {
                struct tg_report report, bad;
                int64_t claim;

                sound_report(&r, &report);
                assert_true(tg_has_live_source(&report.chrony));
                bad = report;
                bad.chrony.state = (uint8_t)(TG_CHRONY_OK + 1 + random_below(&r, 3));
                assert_false(tg_has_live_source(&bad.chrony));
                assert_false(tg_claim(&bad, &claim));
                bad = report;
                for (uint8_t i = 0; i < bad.chrony.n_sources; i++)
                        bad.chrony.sources[i].reach &= bad.chrony.sources[i].state == '*' ? 0 : 0xff;
                assert_false(tg_has_live_source(&bad.chrony));
                assert_false(tg_claim(&bad, &claim));
                bad = report;
                for (uint8_t i = 0; i < bad.chrony.n_sources; i++)
                        bad.chrony.sources[i].state = '+';
                assert_null(tg_selected_source(&bad.chrony));
                assert_false(tg_has_live_source(&bad.chrony));
                assert_false(tg_claim(&bad, &claim));
                assert_true(tg_claim_without_source(&bad, &claim));
                bad = report;
                bad.chrony.tracking.ref_id = random_chance(&r, 50) ? 0 : TG_REFID_LOCAL; /* local mode reports perfection */
                assert_false(tg_claim(&bad, &claim));
                assert_false(tg_claim_without_source(&bad, &claim));
        }
}

/* A peer may claim anything; sums must not wrap. */
static void absurd_numbers(void **state)
{
        static const int64_t times[] = { INT64_MIN, -1, 0, 1, INT64_MAX / 2, INT64_MAX };
        struct property p = property_begin(2000, 200);
        struct tg_random r;

        (void)state;
        while (property_next(&p, &r)) {
                struct tg_report report;
                int64_t claim;

                sound_report(&r, &report);
                report.chrony.tracking.correction_s = random_chance(&r, 50) ? 0x7fffffff : 0x7f000000;
                report.chrony.tracking.root_delay_s = 0x7effffff;
                report.chrony.tracking.root_dispersion_s = 0x7f000001;
                report.chrony.tracking.ref_time_ns = times[random_below(&r, COUNT_OF(times))];
                assert_true(tg_claim(&report, &claim) && claim >= 0);
                assert_near(claim, formula(&report.chrony.tracking, (double)report.raw_ns - (double)report.chrony.raw_ns));
                if (tg_claim_without_source(&report, &claim))
                        assert_true(claim >= 0);
                else
                        assert_true(report.chrony.tracking.ref_time_ns < 0);
        }
}

TESTS_MAIN(TEST(claims_follow_the_formula), TEST(known_claim), TEST(no_claim_without_a_source), TEST(absurd_numbers))
