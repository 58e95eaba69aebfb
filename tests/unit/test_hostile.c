/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Two members of a group of seven say anything that is in range, as to the others' epochs and about times near the truth: they spoil
   no pair of the others, blame none of them, and no sum overflows (the sanitizers watch). */
#include <string.h>

#include "property.h"
#include "random_report.h"
#include "world.h"

#define LIARS 2

static struct world world;
static struct tg_random liar;

static uint32_t epoch_tag_of(uint32_t i) /* as world.c makes its nodes */
{
        struct tg_epoch epoch = { .boot_id = { (uint8_t)(i + 1), 7 } };

        return tg_epoch_tag(&epoch);
}

static int64_t extreme(int64_t low, int64_t high)
{
        return random_chance(&liar, 40) ? low : random_chance(&liar, 50) ? high : random_range(&liar, low, high);
}

static void lie_about_a_peer(struct tg_report *report, struct tg_echo *e, uint32_t peer)
{
        int64_t d = report->raw_ns - (world.nodes[peer].raw_base_ns + world.t_ns); /* nearly the truth */

        random_echo(&liar, e, report->raw_ns, report->c_ns);
        e->node_id = peer + 1;
        e->epoch_tag = epoch_tag_of(peer);
        if (random_chance(&liar, 40))
                e->upper_ns = extreme(-TG_RAW_MAX_NS, TG_RAW_MAX_NS);
        else
                e->upper_ns = d + extreme(-TG_NS_PER_S, TG_NS_PER_S);
        e->measured_raw_ns = report->raw_ns - extreme(0, 1000 * TG_NS_PER_S);
}

static void lie_about_the_clock(struct tg_report *report)
{
        int64_t raw_ns = report->raw_ns;

        if (random_chance(&liar, 30))
                random_clock(&liar, report);
        report->raw_ns = raw_ns;
        if (random_chance(&liar, 30))
                report->c_ns = extreme(-TG_RAW_MAX_NS, TG_C_MAX_NS);
        report->hull_low_ns = extreme(-TG_RAW_MAX_NS, report->c_ns);
        report->hull_high_ns = extreme(report->c_ns, TG_C_MAX_NS);
        report->hull_since_raw_ns = extreme(0, raw_ns);
        report->steady_since_raw_ns = extreme(report->hull_since_raw_ns, raw_ns);
}

static void lie(struct world *w, uint32_t from, uint8_t *data, size_t *len)
{
        struct tg_report report;
        int n;

        if (from < w->n - LIARS || random_chance(&liar, 30))
                return;
        assert_int_equal(tg_report_decode(data, *len, &report, NULL), TG_REPORT_OK);
        lie_about_the_clock(&report);
        report.chrony.tracking.ref_time_ns = extreme(0, INT64_MAX - 1);
        if (random_chance(&liar, 30)) /* a source that is not reached */
                report.chrony.sources[0].reach = 0;
        report.n_echoes = 0;
        for (uint32_t i = 0; i < w->n; i++)
                if (i != from)
                        lie_about_a_peer(&report, &report.echoes[report.n_echoes++], i);
        n = tg_report_encode(&report, data);
        assert_true(n > 0);
        *len = (size_t)n;
}

static void check_the_others(uint32_t seen_by)
{
        const struct tg_snapshot *s = world_snapshot(&world, seen_by);

        for (uint32_t p = 0; p < s->n_pairs; p++) {
                const struct tg_pair_status *pair = &s->pairs[p];

                /* of a liar's own pairs too: numbers that exclude each other are no evidence */
                assert_true(pair->low_ns <= pair->high_ns && pair->raw_low_ns <= pair->raw_high_ns);
                assert_true(pair->a_c_low_ns <= pair->a_c_high_ns && pair->b_c_low_ns <= pair->b_c_high_ns);
        }
        for (uint32_t p = 0; p < s->n_pairs; p++)
                if (s->pairs[p].a <= world.n - LIARS && s->pairs[p].b <= world.n - LIARS)
                        assert_int_equal(s->pairs[p].verdict, TG_PAIR_WITHIN);
        for (uint32_t i = 0; i < s->n_nodes; i++)
                if (s->nodes[i].id <= world.n - LIARS)
                        assert_int_not_equal(s->nodes[i].state, TG_NODE_BEYOND);
}

static void liars_spoil_their_own_pairs_alone(void **state)
{
        struct property p = property_begin(12, 3000);

        (void)state;
        while (property_next(&p, &liar)) {
                world_new(&world, 7, random_u64(&liar));
                world_run(&world, 6 * TG_NS_PER_S);
                world.tamper = lie;
                world.bad_truth = true; /* what liars say of themselves is not checked */
                for (int i = 0; i < 120; i++) {
                        world_run(&world, TG_NS_PER_S / 2);
                        check_the_others((uint32_t)i % (world.n - LIARS));
                }
                world_free(&world);
        }
}

TESTS_MAIN(TEST(liars_spoil_their_own_pairs_alone))
