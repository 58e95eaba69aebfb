/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The verdict from pairs that are written down: offsets from the reference, forecasts, which pair is named, when a breach is a split and how
   long it is kept, and claims held against bounds. */
#include "property.h"
#include "verdict.h"

#define S  TG_NS_PER_S
#define MS TG_NS_PER_MS

static struct tg_view view;
static struct tg_options options;
static struct tg_quorum quorum;
static struct tg_alerts alerts;
static struct tg_verdict verdict;
static int64_t now_ns;
static bool connected;

/* n members of one vote with ids 1 .. n, all fresh, on one live source; the slots are the other way round. */
static void start(uint32_t n)
{
        memset(&view, 0, sizeof view);
        memset(&alerts, 0, sizeof alerts);
        memset(&verdict, 0, sizeof verdict);
        tg_options_default(&options);
        quorum = (struct tg_quorum){ .provider = true, .quorate = true, .quorum = n / 2 + 1, .total_votes = n };
        now_ns = 1000 * S;
        connected = true;
        view.n = n;
        for (uint32_t i = 0; i < n; i++) {
                struct tg_member *m = &view.members[n - 1 - i];
                struct tg_chrony_sample *chrony = &m->report.chrony;

                view.order[i] = (uint8_t)(n - 1 - i);
                *m = (struct tg_member){ .used = true, .id = i + 1, .votes = 1, .configured = true, .present = true };
                snprintf(m->name, sizeof m->name, "n%u", i + 1);
                m->heard = m->fresh = true;
                m->report.boot_ns = 3600 * S;
                chrony->state = TG_CHRONY_OK;
                chrony->tracking.ref_id = 1;
                chrony->n_sources = chrony->n_known = chrony->n_reachable = 1;
                chrony->sources[0] = (struct tg_source){ .state = '*', .reach = 255 };
                tg_addr_parse("10.0.0.254", &chrony->sources[0].addr);
        }
}

static int slot(uint32_t id)
{
        return (int)view.n - (int)id;
}

static struct tg_node_verdict *node(uint32_t id)
{
        return &verdict.nodes[slot(id)];
}

/* a < b: REALTIME(a) - REALTIME(b) is proven to lie in low .. high. */
static struct tg_pair *put(uint32_t a, uint32_t b, int64_t low_ns, int64_t high_ns)
{
        struct tg_pair *pair = &view.pairs[slot(a)][slot(b)];

        *pair = (struct tg_pair){ .bounded = true, .offset = { low_ns, high_ns }, .estimate_ns = (low_ns + high_ns) / 2 };
        pair->verdict = low_ns > options.budget_ns || high_ns < -options.budget_ns   ? TG_PAIR_BEYOND
                        : low_ns < -options.budget_ns || high_ns > options.budget_ns ? TG_PAIR_UNPROVEN
                                                                                     : TG_PAIR_WITHIN;
        return pair;
}

static void put_all(int64_t low_ns, int64_t high_ns)
{
        for (uint32_t a = 1; a <= view.n; a++)
                for (uint32_t b = a + 1; b <= view.n; b++)
                        put(a, b, low_ns, high_ns);
}

/* Judges every second for so long. */
static void judge(int64_t for_ns)
{
        static const bool in_grace[TG_ALERT_SLOTS] = { false };
        struct tg_situation s = {
                .view = &view, .options = &options, .quorum = &quorum, .connected = connected, .settled = true, .self = slot(1)
        };

        for (int64_t end = now_ns + for_ns; now_ns <= end; now_ns += S) {
                s.now_raw_ns = s.now_real_ns = now_ns;
                tg_alerts_begin(&alerts);
                tg_verdict_evaluate(&verdict, &s, &alerts);
                tg_alerts_settle(&alerts, in_grace, now_ns, now_ns);
        }
}

static bool raised(enum tg_alert_id id)
{
        return tg_alerts_raised(&alerts, id, TG_ALERT_CLUSTER_SLOT);
}

static void all_is_well(void **state)
{
        (void)state;
        start(3);
        put_all(-MS, MS);
        judge(0);
        assert_int_equal(verdict.cluster, TG_CLUSTER_AGREED);
        assert_true(verdict.has_smallest && verdict.smallest_ns == MS);
}

static void offsets_are_from_the_reference(void **state)
{
        (void)state;
        start(3);
        put(1, 2, 10 * MS, 30 * MS);
        put(1, 3, 90 * MS, 100 * MS);
        put(2, 3, 60 * MS, 70 * MS);
        for (int i = 0; i < 3; i++)
                view.members[i].report.reference_id = 2;
        judge(0);
        assert_true(node(1)->has_offset && node(1)->offset_ns == 20 * MS);
        assert_true(node(1)->bound.low_ns == 10 * MS && node(1)->bound.high_ns == 30 * MS);
        assert_true(node(2)->has_offset && node(2)->offset_ns == 0);
        assert_true(node(3)->has_offset && node(3)->offset_ns == -65 * MS);
        assert_true(node(3)->bound.low_ns == -70 * MS && node(3)->bound.high_ns == -60 * MS);
        assert_true(verdict.smallest_ns == 100 * MS);
        put(1, 3, 1900 * MS, 1950 * MS); /* for what is proven beyond no budget is the smallest */
        judge(0);
        assert_true(verdict.has_smallest && verdict.smallest_ns == 70 * MS);
}

/* With a budget of 1 s: half a second ahead and moving at 1 ppm. */
static void forecasts_tell_the_way_to_the_budget(void **state)
{
        struct tg_pair *pair;

        (void)state;
        start(3);
        put_all(-MS, MS);
        for (int i = 0; i < 3; i++)
                view.members[i].report.reference_id = 1;
        pair = put(1, 3, -501 * MS, -499 * MS);
        pair->has_rate = true;
        pair->rate_ppb = -1000; /* of 1 from 3 */
        judge(0);
        assert_true(node(3)->has_forecast && node(3)->forecast_ns == 500000 * S);
        pair->rate_ppb = 1000;
        judge(0);
        assert_false(node(3)->has_forecast); /* its source brings it home */
        view.members[slot(3)].report.chrony.n_sources = 0;
        judge(0);
        assert_true(node(3)->has_forecast && node(3)->forecast_ns == 1500000 * S);
        pair->rate_error_ppb = 501;
        judge(0);
        assert_false(node(3)->has_forecast); /* the rate is not clear of its error */
        pair->rate_error_ppb = 500;
        judge(0);
        assert_true(node(3)->has_forecast && node(3)->forecast_slow_ns == 3000000 * S);
}

/* The rate is known with an error: at its slow end the budget must be crossed within the hour too, and that for half a minute. */
static void drifting_at_the_slow_end(void **state)
{
        (void)state;
        for (int i = 0; i < 2; i++) {
                struct tg_pair *pair;

                start(3);
                put_all(-MS, MS);
                for (int k = 0; k < 3; k++)
                        view.members[k].report.reference_id = 1;
                pair = put(1, 3, -501 * MS, -499 * MS);
                pair->has_rate = true;
                pair->rate_ppb = -166667; /* 3000 s */
                pair->rate_error_ppb = i ? 20000 : 40000;
                judge(29 * S);
                assert_int_equal(node(3)->state, TG_NODE_OK);
                judge(2 * S);
                assert_int_equal(node(3)->state, i ? TG_NODE_DRIFTING : TG_NODE_OK);
        }
}

/* Three pairs are beyond, and nobody is to blame: the farthest pair is named. */
static void the_farthest_pair_is_named(void **state)
{
        (void)state;
        start(4);
        put_all(-MS, MS);
        put(1, 3, 1790 * MS, 1810 * MS);
        put(1, 4, 1890 * MS, 1910 * MS);
        put(2, 4, 1490 * MS, 1510 * MS);
        judge(0);
        assert_int_equal(verdict.cluster, TG_CLUSTER_SPLIT);
        assert_non_null(strstr(verdict.reason, "n1 is +1.890 to +1.910 s from n4"));
}

/* n5 is far from all and blamed; n4 is beyond n1 and n2 but perhaps not n3, and nobody can tell which of those is wrong: that pair is named, though nearer. */
static void a_pair_without_a_culprit_is_named_first(void **state)
{
        (void)state;
        start(5);
        put_all(-MS, MS);
        put(1, 4, 1090 * MS, 1110 * MS);
        put(2, 4, 1050 * MS, 1060 * MS);
        put(3, 4, 900 * MS, 1100 * MS);
        for (uint32_t a = 1; a <= 4; a++)
                put(a, 5, 4990 * MS, 5010 * MS);
        judge(0);
        assert_true(verdict.agreement.beyond[slot(5)] && !verdict.agreement.beyond[slot(4)]);
        assert_int_equal(verdict.cluster, TG_CLUSTER_BREACHED);
        assert_non_null(strstr(verdict.reason, "n1 is +1.090 to +1.110 s from n4"));
}

/* Who stands in for all pairs of a node must be all of them: one bad pair and one without a bound accuse neither end. */
static void an_oscillator_is_accused_by_all_its_pairs(void **state)
{
        (void)state;
        start(3);
        put_all(-MS, MS);
        put(1, 2, -MS, MS)->rho_ppm = 100;
        put(1, 3, -MS, MS)->rho_ppm = 4000;
        put(2, 3, -MS, MS)->bounded = false;
        judge(10 * S);
        for (uint32_t id = 1; id <= 3; id++)
                assert_false(tg_alerts_raised(&alerts, TG_ALERT_NODE_OSCILLATOR, slot(id)));
        put(2, 3, -MS, MS)->rho_ppm = 2000;
        judge(10 * S);
        for (uint32_t id = 1; id <= 3; id++)
                assert_int_equal(tg_alerts_raised(&alerts, TG_ALERT_NODE_OSCILLATOR, slot(id)), id == 3);
}

/* Without a source a clock goes on as it went: who was told to be drifting is so until its rate is known to be small. */
static void drifting_lasts_while_the_rate_is_learnt_anew(void **state)
{
        struct tg_pair *pair;

        (void)state;
        start(3);
        put_all(-MS, MS);
        for (int i = 0; i < 3; i++)
                view.members[i].report.reference_id = 1;
        view.members[slot(3)].report.chrony.n_sources = 0;
        pair = put(1, 3, -501 * MS, -499 * MS);
        pair->has_rate = true;
        pair->rate_ppb = -166667; /* 3 moves outward, and has 3000 s to go */
        judge(60 * S);
        assert_true(tg_alerts_raised(&alerts, TG_ALERT_NODE_DRIFTING, slot(3)));
        pair->rate_error_ppb = 300000;
        judge(60 * S);
        assert_false(node(3)->has_forecast);
        assert_true(tg_alerts_raised(&alerts, TG_ALERT_NODE_DRIFTING, slot(3)));
        pair->rate_ppb = -100;
        pair->rate_error_ppb = 100;
        judge(60 * S);
        assert_false(tg_alerts_raised(&alerts, TG_ALERT_NODE_DRIFTING, slot(3)));
}

static void a_told_breach_ends_when_its_pair_is_proven_within(void **state)
{
        (void)state;
        start(3);
        put_all(-MS, MS);
        put(1, 3, 1001 * MS, 1003 * MS);
        judge(5 * S);
        assert_int_equal(verdict.cluster, TG_CLUSTER_BREACHED);
        assert_true(raised(TG_ALERT_CLUSTER_BREACHED));
        put(1, 3, 999 * MS, 1001 * MS); /* neither within nor beyond */
        judge(20 * S);
        assert_true(verdict.cluster != TG_CLUSTER_BREACHED);
        assert_true(raised(TG_ALERT_CLUSTER_BREACHED));
        put(1, 3, 998 * MS, 999 * MS);
        judge(5 * S);
        assert_false(raised(TG_ALERT_CLUSTER_BREACHED));
}

/* Two and two. */
static void start_split(void)
{
        start(4);
        put_all(-MS, MS);
        for (uint32_t a = 1; a <= 2; a++)
                for (uint32_t b = 3; b <= 4; b++)
                        put(a, b, 4999 * MS, 5001 * MS);
}

static void a_split_wants_quorum(void **state)
{
        (void)state;
        start_split();
        judge(2 * S);
        assert_int_equal(verdict.cluster, TG_CLUSTER_SPLIT);
        start_split();
        quorum.quorate = false;
        judge(2 * S);
        assert_int_equal(verdict.cluster, TG_CLUSTER_BREACHED);
}

/* What was split is not any more when only half the votes are heard, not even for the while that a split is kept. */
static void a_split_wants_a_majority_of_fresh_votes(void **state)
{
        (void)state;
        start_split();
        judge(2 * S);
        assert_int_equal(verdict.cluster, TG_CLUSTER_SPLIT);
        view.members[slot(1)].fresh = false;
        judge(0);
        assert_int_equal(verdict.cluster, TG_CLUSTER_SPLIT);
        view.members[slot(3)].fresh = false;
        judge(0);
        assert_int_equal(verdict.cluster, TG_CLUSTER_BREACHED);
}

/* A verdict that was proven stays for a while, but not when corosync is gone. */
static void without_corosync_nothing_is_kept(void **state)
{
        (void)state;
        for (int i = 0; i < 2; i++) {
                start_split();
                judge(2 * S);
                assert_int_equal(verdict.cluster, TG_CLUSTER_SPLIT);
                memset(view.pairs, 0, sizeof view.pairs);
                connected = i == 0;
                judge(0);
                assert_int_equal(verdict.cluster, connected ? TG_CLUSTER_SPLIT : TG_CLUSTER_UNPROVEN);
        }
}

/* Two nodes on one source are 0.9 s apart: each may claim half of that and more, or they contradict it together. */
static void claims_count_together(void **state)
{
        (void)state;
        for (int dispersion_ms = 400; dispersion_ms <= 500; dispersion_ms += 100) {
                start(3);
                put_all(-MS, MS);
                put(1, 3, 899 * MS, 901 * MS);
                put(2, 3, 899 * MS, 901 * MS);
                for (int i = 0; i < 3; i++)
                        view.members[i].report.chrony.tracking.root_dispersion_s = tg_chrony_float_from(dispersion_ms / 1e3);
                judge(5 * S);
                assert_int_equal(tg_alerts_raised(&alerts, TG_ALERT_NODE_CLAIM_CONTRADICTED, slot(3)), dispersion_ms == 400);
                assert_false(tg_alerts_raised(&alerts, TG_ALERT_NODE_CLAIM_CONTRADICTED, slot(1)));
        }
}

TESTS_MAIN(TEST(all_is_well), TEST(offsets_are_from_the_reference), TEST(forecasts_tell_the_way_to_the_budget),
           TEST(drifting_at_the_slow_end), TEST(the_farthest_pair_is_named), TEST(a_pair_without_a_culprit_is_named_first),
           TEST(an_oscillator_is_accused_by_all_its_pairs), TEST(drifting_lasts_while_the_rate_is_learnt_anew),
           TEST(without_corosync_nothing_is_kept), TEST(a_told_breach_ends_when_its_pair_is_proven_within),
           TEST(a_split_wants_quorum), TEST(a_split_wants_a_majority_of_fresh_votes), TEST(claims_count_together))
