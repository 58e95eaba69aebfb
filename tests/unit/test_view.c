/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a view makes of reports in their order: rings, epochs, agents and silence. Two nodes with perfect clocks, RAW from the same origin and
   REALTIME ahead of it by one second; every message takes a millisecond. */
#include "property.h"
#include "view.h"

#define S  TG_NS_PER_S
#define MS TG_NS_PER_MS

static struct tg_view view;
static uint32_t suspends[2]; /* the epoch of each */

static struct tg_epoch epoch_of(int i)
{
        return (struct tg_epoch){ .boot_id = { (uint8_t)(i + 1) }, .suspends = suspends[i] };
}

/* The report of node index i at RAW, its hull since a second before; it echoes a message that came a millisecond before. */
static struct tg_report report_of(int i, uint32_t seq, int64_t raw_ns)
{
        struct tg_epoch other = epoch_of(!i);

        return (struct tg_report){ .node_id = (uint32_t)i + 1,
                                   .seq = seq,
                                   .epoch = epoch_of(i),
                                   .ring = view.ring,
                                   .raw_ns = raw_ns,
                                   .c_ns = S,
                                   .hull_low_ns = S,
                                   .hull_high_ns = S,
                                   .hull_since_raw_ns = raw_ns - S,
                                   .steady_since_raw_ns = raw_ns - S,
                                   .n_echoes = 1,
                                   .echoes = { { .node_id = (uint32_t)!i + 1,
                                                 .epoch_tag = tg_epoch_tag(&other),
                                                 .upper_ns = MS,
                                                 .measured_raw_ns = raw_ns - MS,
                                                 .estimate_gap_ns = TG_NO_ESTIMATE,
                                                 .rate_ppb = TG_NO_RATE,
                                                 .rho_ppm = 100 } } };
}

static unsigned deliver(const struct tg_report *report)
{
        return tg_view_deliver(&view, (int)report->node_id - 1, report, report->raw_ns);
}

/* Both report at t seconds, with or without echoes. */
static void exchange(uint32_t t, bool echoes)
{
        for (int i = 0; i < 2; i++) {
                struct tg_report report = report_of(i, t, t * S + i * 2 * MS);

                report.n_echoes = echoes;
                deliver(&report);
        }
}

static const struct tg_pair *pair(void)
{
        return &view.pairs[0][1];
}

static void start(void)
{
        memset(&view, 0, sizeof view);
        memset(suspends, 0, sizeof suspends);
        view.budget_ns = 50 * MS;
        view.patience_ns = 5 * S;
        view.ring = (struct tg_ring_id){ 1, 1 };
        assert_int_equal(tg_view_slot(&view, 1), 0);
        assert_int_equal(tg_view_slot(&view, 2), 1);
        exchange(9, true); /* of which the first echo is about a node that nobody knows yet */
        exchange(10, true);
}

static void an_exchange_proves(void **state)
{
        (void)state;
        start();
        assert_true(pair()->bounded && !pair()->stale);
        assert_int_equal(pair()->verdict, TG_PAIR_WITHIN);
        assert_true(pair()->offset.low_ns < 0 && pair()->offset.high_ns > 0 && tg_interval_width_ns(pair()->offset) < 3 * MS);
}

/* Until both have been heard in the new ring the last verdict stands, marked; what was heard before the change counts for nothing. */
static void a_ring_change_wants_fresh_messages(void **state)
{
        struct tg_report report;
        int64_t as_of_ns;

        (void)state;
        start();
        as_of_ns = pair()->as_of_raw_ns;
        report = report_of(0, 11, 11 * S); /* still of the old ring */
        tg_view_ring(&view, (struct tg_ring_id){ 1, 2 });
        assert_true(pair()->stale && pair()->bounded);
        assert_int_equal(pair()->verdict, TG_PAIR_WITHIN);
        deliver(&report);
        report = report_of(1, 11, 11 * S + 2 * MS);
        deliver(&report);
        assert_true(pair()->stale && pair()->as_of_raw_ns == as_of_ns);
        report = report_of(0, 12, 12 * S);
        deliver(&report);
        assert_false(pair()->stale);
        assert_true(pair()->as_of_raw_ns > as_of_ns);
        assert_int_equal(pair()->verdict, TG_PAIR_WITHIN);
        as_of_ns = pair()->as_of_raw_ns;
        tg_view_ring(&view, view.ring); /* the same again */
        assert_false(pair()->stale);
}

/* It is the bound that stands: another budget judges it anew. */
static void a_stale_bound_is_judged_by_the_budget_of_today(void **state)
{
        (void)state;
        start();
        tg_view_ring(&view, (struct tg_ring_id){ 1, 2 });
        view.budget_ns = MS / 2;
        tg_view_judge(&view);
        assert_true(pair()->stale && pair()->bounded);
        assert_int_equal(pair()->verdict, TG_PAIR_UNPROVEN);
}

/* A verdict that rests on a bound which its nodes' reports have left behind stands for a while only. */
static void a_bound_must_keep_up(void **state)
{
        (void)state;
        start();
        tg_view_ring(&view, (struct tg_ring_id){ 1, 2 });
        for (uint32_t t = 11; t <= 14; t++) {
                exchange(t, false);
                assert_int_equal(pair()->verdict, TG_PAIR_WITHIN);
        }
        for (uint32_t t = 15; t <= 17; t++)
                exchange(t, false);
        assert_int_equal(pair()->verdict, TG_PAIR_UNPROVEN);
        assert_false(pair()->stale);
        exchange(18, true);
        assert_int_equal(pair()->verdict, TG_PAIR_WITHIN);
}

static void an_echo_is_about_one_epoch(void **state)
{
        struct tg_report about_before, report;

        (void)state;
        start();
        about_before = report_of(0, 11, 11 * S);
        suspends[1]++;
        report = report_of(1, 11, 11 * S);
        assert_true(deliver(&report) & TG_VIEW_EPOCH);
        assert_false(pair()->bounded);
        deliver(&about_before);
        assert_false(view.halves[0][1].valid || pair()->bounded);
        report = report_of(0, 12, 12 * S);
        deliver(&report);
        assert_true(view.halves[0][1].valid && pair()->bounded);
}

/* A machine that was restored: its RAW has come again to where it was, its REALTIME is another. The reports of before say nothing of it. */
static void what_was_reported_in_another_epoch_is_gone(void **state)
{
        struct tg_report report;

        (void)state;
        start();
        report = report_of(1, 11, 11 * S);
        deliver(&report);
        suspends[1]++;
        report = report_of(1, 12, 10 * S + 800 * MS);
        report.c_ns = report.hull_low_ns = report.hull_high_ns = 3 * S;
        report.hull_since_raw_ns = report.steady_since_raw_ns = 10 * S + 700 * MS;
        deliver(&report);
        assert_false(pair()->bounded);
        report = report_of(0, 11, 10 * S + 600 * MS); /* nobody has watched node 2 then */
        deliver(&report);
        assert_false(pair()->bounded);
        report = report_of(0, 12, 10 * S + 750 * MS);
        deliver(&report);
        assert_true(pair()->bounded && pair()->offset.low_ns < -2 * S + 3 * MS && pair()->offset.high_ns > -2 * S - 3 * MS);
}

static void steps_are_told_by_the_agent_that_saw_them(void **state)
{
        struct tg_report report;

        (void)state;
        start();
        report = report_of(0, 20, 10 * S);
        assert_false(deliver(&report) & TG_VIEW_STEPPED);
        report = report_of(0, 21, 11 * S);
        report.steps = 1;
        assert_true(deliver(&report) & TG_VIEW_STEPPED);
        assert_true(view.members[0].stepped && view.members[0].stepped_raw_ns == 11 * S);
        view.members[0].stepped = false;
        report = report_of(0, 1, 12 * S); /* another agent, which counts from 0 */
        assert_false(deliver(&report) & TG_VIEW_STEPPED);
        assert_false(view.members[0].stepped);
}

static void of_the_silent_nothing_is_said(void **state)
{
        struct tg_report report;

        (void)state;
        start();
        tg_view_silence(&view, 1);
        assert_false(view.members[1].fresh || pair()->bounded || pair()->stale);
        assert_int_equal(pair()->verdict, TG_PAIR_UNPROVEN);
        exchange(11, true);
        assert_int_equal(pair()->verdict, TG_PAIR_WITHIN);
        report = report_of(1, 12, 12 * S);
        report.flags = TG_REPORT_LEAVING;
        deliver(&report);
        assert_false(view.members[1].fresh || pair()->bounded);
        assert_int_equal(pair()->verdict, TG_PAIR_UNPROVEN);
}

TESTS_MAIN(TEST(an_exchange_proves), TEST(a_ring_change_wants_fresh_messages),
           TEST(a_stale_bound_is_judged_by_the_budget_of_today), TEST(a_bound_must_keep_up), TEST(an_echo_is_about_one_epoch),
           TEST(what_was_reported_in_another_epoch_is_gone), TEST(steps_are_told_by_the_agent_that_saw_them),
           TEST(of_the_silent_nothing_is_said))
