/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The whole core in a virtual cluster: verdicts, blame, sources, silence and alerts as stories, and the truth of every bound as a property
   over random worlds. `-s SEED` or TG_SEED replays one world. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "node_private.h"
#include "world.h"

#define S  TG_NS_PER_S
#define MS TG_NS_PER_MS

static struct world world;
static uint64_t replay;

static void start(uint32_t n, uint64_t seed, const char *budget)
{
        char error[TG_OPTION_ERROR_MAX];

        world_new(&world, n, seed);
        for (uint32_t i = 0; budget && i < n; i++) {
                struct tg_options options = world.options;

                assert_int_equal(tg_options_set(&options, "budget", budget, error), 0);
                world_configure(&world, i, &options);
        }
}

static void stop(void)
{
        assert_false(world.bad_truth);
        for (uint32_t i = 0; i < world.n; i++)
                assert_true(world.nodes[i].alternates);
        world_free(&world);
}

static enum tg_node_state state_of(uint32_t seen_by, uint32_t i)
{
        const struct tg_node_status *status = world_status(&world, seen_by, i);

        assert_non_null(status);
        return status->state;
}

#define assert_state(SEEN_BY, I, STATE) assert_string_equal(tg_node_state_text(state_of(SEEN_BY, I)), tg_node_state_text(STATE))
#define assert_verdict(I, VERDICT)                                                                                             \
        assert_string_equal(tg_cluster_verdict_text(world_snapshot(&world, I)->verdict), tg_cluster_verdict_text(VERDICT))

static void test_agrees_soon(void **state)
{
        (void)state;
        start(3, 1, NULL);
        world_run(&world, 4 * S);
        for (uint32_t i = 0; i < 3; i++) {
                assert_verdict(i, TG_CLUSTER_AGREED);
                for (uint32_t j = 0; j < 3; j++)
                        assert_state(i, j, TG_NODE_OK);
                assert_int_equal(world.nodes[i].raised, 0);
                assert_string_equal(world_snapshot(&world, i)->source, "10.0.0.254");
        }
        assert_true(world.bounds_checked > 20);
        stop();
}

static void test_step_names_the_right_node(void **state)
{
        (void)state;
        start(3, 2, "50ms");
        world_run(&world, 30 * S + 300 * MS);
        world_step(&world, 1, 100 * MS);
        world_run(&world, 100 * MS);
        for (uint32_t i = 0; i < 3; i++) {
                assert_state(i, 0, TG_NODE_OK);
                assert_state(i, 1, TG_NODE_BEYOND);
                assert_state(i, 2, TG_NODE_OK);
                assert_verdict(i, TG_CLUSTER_BREACHED);
                assert_true(world_raised(&world, i, TG_ALERT_NODE_BEYOND, 1));
                assert_true(world_raised(&world, i, TG_ALERT_NODE_STEPPED, 1));
        }
        world_step(&world, 1, -100 * MS);
        world_run(&world, 10 * S);
        for (uint32_t i = 0; i < 3; i++) {
                assert_verdict(i, TG_CLUSTER_AGREED);
                assert_false(world_raised(&world, i, TG_ALERT_NODE_BEYOND, 1));
        }
        stop();
}

/* An offset just beyond the budget is proven so in one second and not in the next: told once, and cleared when it is back. */
static void test_no_flapping_near_the_budget(void **state)
{
        (void)state;
        for (int64_t us = 50000; us <= 51200; us += 150) {
                uint64_t raised, flips = 0;

                start(3, 90, "50ms");
                world_run(&world, 10 * S);
                world_step(&world, 2, us * TG_NS_PER_US);
                world_run(&world, 30 * S);
                raised = world.nodes[0].raised;
                for (int i = 0; i < 600; i++) {
                        enum tg_cluster_verdict before = world_snapshot(&world, 0)->verdict;

                        world_run(&world, 500 * MS);
                        flips += world_snapshot(&world, 0)->verdict != before;
                }
                assert_true(world.nodes[0].raised - raised <= 2);
                assert_true(flips <= 40); /* 150 and more where the verdict follows every second */
                world_step(&world, 2, -us * TG_NS_PER_US);
                world_run(&world, 70 * S);
                assert_int_equal(world.nodes[0].raised, world.nodes[0].cleared);
                stop();
        }
}

/* A third node far from both: with the edge proven the cluster is split, without it breached. Each is told once. */
static void test_no_flapping_between_split_and_breached(void **state)
{
        (void)state;
        for (int64_t us = 50000; us <= 51200; us += 150) {
                const struct world_node *n = &world.nodes[0];
                uint64_t flips = 0;

                start(3, 91, "50ms");
                world_run(&world, 10 * S);
                world_step(&world, 1, us * TG_NS_PER_US);
                world_step(&world, 2, 300 * MS);
                world_run(&world, 10 * S);
                for (int i = 0; i < 600; i++) {
                        enum tg_cluster_verdict before = world_snapshot(&world, 0)->verdict;

                        world_run(&world, 500 * MS);
                        flips += world_snapshot(&world, 0)->verdict != before;
                        assert_true(n->up[TG_ALERT_CLUSTER_BREACHED][0] || n->up[TG_ALERT_CLUSTER_SPLIT][0]);
                }
                assert_true(n->raised <= 6);
                assert_true(flips <= 40);
                world_step(&world, 1, -us * TG_NS_PER_US);
                world_step(&world, 2, -300 * MS);
                world_run(&world, 70 * S);
                assert_int_equal(n->raised, n->cleared);
                stop();
        }
}

static void test_small_step_is_no_alert(void **state)
{
        (void)state;
        start(3, 3, NULL);
        world_run(&world, 10 * S);
        world_step(&world, 1, 100 * MS);
        world_run(&world, 60 * S);
        for (uint32_t i = 0; i < 3; i++) {
                assert_verdict(i, TG_CLUSTER_AGREED);
                assert_int_equal(world.nodes[i].raised, 0);
        }
        stop();
}

static void test_nobody_to_blame(void **state)
{
        (void)state;
        start(3, 4, NULL);
        world_step(&world, 1, 900 * MS);
        world_step(&world, 2, 1800 * MS);
        world_run(&world, 10 * S);
        for (uint32_t i = 0; i < 3; i++) {
                const struct tg_snapshot *s = world_snapshot(&world, i);

                assert_int_equal(s->verdict, TG_CLUSTER_BREACHED);
                for (uint32_t k = 0; k < s->n_nodes; k++)
                        assert_int_not_equal(s->nodes[k].state, TG_NODE_BEYOND);
                assert_true(world_raised(&world, i, TG_ALERT_CLUSTER_BREACHED, WORLD_NODES));
        }
        stop();
}

/* Within the budget of the reference, and yet not of the set: the reason names the member that is too far. */
static void test_why_unproven(void **state)
{
        (void)state;
        start(3, 4, NULL);
        world_step(&world, 0, -100 * MS);
        world_step(&world, 2, 100 * MS);
        world_run(&world, 10 * S);
        assert_int_equal(world_snapshot(&world, 0)->reference_id, 2);
        world_step(&world, 0, -500 * MS);
        world_step(&world, 2, 500 * MS);
        world_run(&world, 10 * S);
        for (uint32_t i = 0; i < 3; i++) {
                assert_int_equal(world_snapshot(&world, i)->reference_id, 2);
                assert_state(i, 2, TG_NODE_UNPROVEN);
                assert_non_null(strstr(world_status(&world, i, 2)->reason, "from n1 reaches to 1.2"));
        }
        stop();
}

static void test_split(void **state)
{
        (void)state;
        start(4, 5, NULL);
        world_step(&world, 2, 5 * S);
        world_step(&world, 3, 5 * S);
        world_run(&world, 10 * S);
        for (uint32_t i = 0; i < 4; i++) {
                assert_verdict(i, TG_CLUSTER_SPLIT);
                assert_int_equal(world_snapshot(&world, i)->reference_id, 0);
        }
        stop();
}

static void test_not_quorate_is_unproven(void **state)
{
        (void)state;
        start(3, 6, NULL);
        world.quorum.quorate = false;
        world.quorum.total_votes = 1;
        world_quorum(&world);
        world_run(&world, 5 * S);
        assert_verdict(0, TG_CLUSTER_UNPROVEN);
        assert_non_null(strstr(world_snapshot(&world, 0)->reason, "not quorate"));
        stop();
}

static void test_mute(void **state)
{
        (void)state;
        start(3, 7, NULL);
        world_run(&world, 10 * S);
        world.nodes[2].stopped = true;
        world_run(&world, 5 * S);
        assert_state(0, 2, TG_NODE_OK); /* token + consensus + mute_after is 5.2 s */
        world_run(&world, 2 * S);
        assert_state(0, 2, TG_NODE_MUTE);
        assert_verdict(0, TG_CLUSTER_AT_RISK);
        world_run(&world, 12 * S);
        assert_true(world_raised(&world, 0, TG_ALERT_NODE_MUTE, 2));
        world.nodes[2].stopped = false;
        world_run(&world, 5 * S);
        assert_verdict(0, TG_CLUSTER_AGREED);
        assert_false(world_raised(&world, 0, TG_ALERT_NODE_MUTE, 2));
        stop();
}

static void one_source_story(uint64_t seed, const char *address, enum tg_node_state expected, enum tg_alert_id alert)
{
        start(3, seed, NULL);
        world_run(&world, 10 * S);
        world_source(&world, 2, address);
        world_run(&world, 5 * S);
        for (uint32_t i = 0; i < 3; i++) {
                assert_state(i, 2, expected);
                assert_state(i, 0, TG_NODE_OK);
                assert_verdict(i, TG_CLUSTER_AT_RISK);
                assert_true(world_raised(&world, i, alert, 2));
        }
        world_source(&world, 2, "10.0.0.254");
        world_run(&world, 10 * S);
        assert_verdict(0, TG_CLUSTER_AGREED);
        assert_false(world_raised(&world, 0, alert, 2));
        stop();
}

static void test_sources(void **state)
{
        (void)state;
        one_source_story(8, "10.0.0.99", TG_NODE_FOREIGN_SOURCE, TG_ALERT_NODE_FOREIGN_SOURCE);
        one_source_story(9, "203.0.113.5", TG_NODE_FOREIGN_SOURCE, TG_ALERT_NODE_PUBLIC_SOURCE);
        one_source_story(10, NULL, TG_NODE_HOLDOVER, TG_ALERT_NODE_HOLDOVER);
}

static void test_local_and_orphan(void **state)
{
        (void)state;
        start(3, 11, NULL);
        world_source(&world, 2, NULL);
        world.nodes[2].chrony.tracking.ref_id = TG_REFID_LOCAL;
        world_source(&world, 1, "10.0.0.3"); /* follows n3 */
        world_run(&world, 10 * S);
        assert_state(0, 2, TG_NODE_LOCAL_CLOCK);
        assert_true(world_raised(&world, 0, TG_ALERT_NODE_LOCAL_CLOCK, 2));
        assert_true(world_raised(&world, 0, TG_ALERT_NODE_ORPHAN, 1));
        assert_state(0, 0, TG_NODE_OK);
        stop();
}

static void test_aliases_are_one_source(void **state)
{
        char error[TG_OPTION_ERROR_MAX];
        struct tg_options options;

        (void)state;
        start(3, 12, NULL);
        options = world.options;
        assert_int_equal(tg_options_set(&options, "source.alias", "10.0.0.254 10.0.0.253", error), 0);
        for (uint32_t i = 0; i < 3; i++)
                world_configure(&world, i, &options);
        world_source(&world, 2, "10.0.0.253");
        world_run(&world, 10 * S);
        assert_verdict(0, TG_CLUSTER_AGREED);
        assert_int_equal(world.nodes[0].raised, 0);
        stop();
}

static void test_configurations_differ(void **state)
{
        struct tg_options options;

        (void)state;
        start(3, 13, NULL);
        options = world.options;
        options.budget_ns = 2 * S;
        world_configure(&world, 2, &options);
        world_run(&world, 10 * S);
        for (uint32_t i = 0; i < 3; i++) {
                assert_verdict(i, TG_CLUSTER_AT_RISK);
                assert_true(world_raised(&world, i, TG_ALERT_CONFIGURATION_DIFFERS, WORLD_NODES));
        }
        assert_non_null(strstr(world_snapshot(&world, 0)->reason, "n3"));
        stop();
}

/* Pairs are judged by a new budget at once, not when their next bound comes. */
static bool lists(uint32_t seen_by, enum tg_alert_id id)
{
        const struct tg_snapshot *snapshot = world_snapshot(&world, seen_by);

        for (uint32_t i = 0; i < snapshot->n_alerts; i++)
                if (snapshot->alerts[i].id == id)
                        return true;
        return false;
}

/* What 'timeguard wait' let pass: said by that node alone, until it is proven; and not at all where it is. */
static void test_started_unproven(void **state)
{
        const enum tg_alert_id id = TG_ALERT_NODE_STARTED_UNPROVEN;

        (void)state;
        start(3, 9, NULL);
        world_run(&world, 8 * S);
        world_let_pass(&world, 1);
        assert_false(world_raised(&world, 1, id, 1));
        world_source(&world, 2, NULL);
        world_run(&world, 20 * S);
        assert_false(world_raised(&world, 1, id, 1) || world_raised(&world, 2, id, 2));
        world_let_pass(&world, 2);
        world_run(&world, S);
        assert_true(world_raised(&world, 2, id, 2));
        assert_false(world_raised(&world, 0, id, 2));
        assert_true(lists(2, id));
        assert_false(lists(0, id));
        world_run(&world, 30 * S);
        assert_true(world_raised(&world, 2, id, 2));
        world_source(&world, 2, "10.0.0.254");
        world_run(&world, 10 * S);
        assert_state(2, 2, TG_NODE_OK);
        assert_false(world_raised(&world, 2, id, 2));
        world_source(&world, 2, NULL);
        world_run(&world, 20 * S);
        assert_false(world_raised(&world, 2, id, 2));
        stop();
}

static void test_a_budget_counts_at_once(void **state)
{
        struct tg_options options;
        const struct tg_view *view;
        bool swapped;

        (void)state;
        start(3, 15, "50ms");
        world_step(&world, 2, 20 * MS);
        world_run(&world, 10 * S);
        assert_state(0, 2, TG_NODE_OK);
        options = world.options;
        options.budget_ns = 10 * MS;
        world_configure(&world, 0, &options);
        view = &world.nodes[0].core->view;
        assert_int_equal(tg_view_pair_of(view, tg_view_find(view, 1), tg_view_find(view, 3), &swapped)->verdict,
                         TG_PAIR_BEYOND);
        assert_int_equal(tg_view_pair_of(view, tg_view_find(view, 1), tg_view_find(view, 2), &swapped)->verdict,
                         TG_PAIR_WITHIN);
        stop();
}

/* Corosync came back with another node id for this node: what was measured under the old one belongs to nobody. */
static void test_another_id_begins_anew(void **state)
{
        struct tg_node *core;

        (void)state;
        start(3, 16, NULL);
        world_run(&world, 5 * S);
        core = world.nodes[0].core;
        tg_node_set_id(core, 1);
        assert_int_equal(core->view.n, 3);
        tg_node_set_id(core, 9);
        assert_int_equal(core->view.n, 0);
        assert_int_equal(tg_view_find(&core->view, 1), -1);
        for (int i = 0; i < TG_NODES_MAX; i++)
                assert_int_equal(core->links[i].n, 0);
        stop();
}

static void test_ring_change_keeps_verdicts(void **state)
{
        (void)state;
        start(5, 14, "50ms");
        world_run(&world, 10 * S + 500 * MS);
        for (int k = 0; k < 20; k++) {
                world_new_ring(&world);
                world_run(&world, 20 * MS);
                assert_verdict(k % 5, TG_CLUSTER_AGREED);
                world_run(&world, (int64_t)world_random(&world, 3000) * MS);
        }
        world_run(&world, 3 * S);
        for (uint32_t i = 0; i < 5; i++) {
                const struct tg_snapshot *s = world_snapshot(&world, i);

                for (uint32_t p = 0; p < s->n_pairs; p++)
                        assert_false(s->pairs[p].stale);
                assert_int_equal(world.nodes[i].raised, 0);
        }
        stop();
}

static void test_pause_is_a_contradiction(void **state)
{
        (void)state;
        start(3, 15, NULL);
        world_run(&world, 20 * S);
        world_pause(&world, 1, 3 * S);
        world_run(&world, 200 * MS);
        world.bad_truth = false; /* until a message has come each way after the pause, nothing can be known of it */
        world_run(&world, 2500 * MS);
        world.bad_truth = false;
        world_run(&world, 5 * S);
        /* its REALTIME stood still too: 3 s behind */
        for (uint32_t i = 0; i < 3; i++)
                assert_state(i, 1, TG_NODE_BEYOND);
        stop();
}

/* A step counts as half told for a tenth of a second, and no longer when RAW goes back just then. */
static void test_raw_goes_back_after_a_step(void **state)
{
        struct world_node *n = &world.nodes[0];

        (void)state;
        start(3, 92, "50ms");
        world_run(&world, 10 * S);
        world_step(&world, 2, 200 * MS);
        world_run(&world, 20 * MS);
        n->raw_base_ns -= 600 * S;
        n->segments[n->n_segments - 1].c_ns += 600 * S;
        world_run(&world, 5 * S);
        world_step(&world, 2, -200 * MS);
        world_run(&world, 10 * S);
        for (uint32_t i = 0; i < 3; i++)
                assert_verdict(i, TG_CLUSTER_AGREED);
        world.bad_truth = false; /* the world places an as_of on the old RAW wrongly */
        stop();
}

/* Garbles every fourth report of the last node. */
static void garble(struct world *w, uint32_t from, uint8_t *data, size_t *len)
{
        if (from != w->n - 1 || world_random(w, 4))
                return;
        if (world_random(w, 2))
                *len = world_random(w, *len);
        else
                data[world_random(w, *len)] ^= (uint8_t)(1 + world_random(w, 255));
}

static void test_garbled_reports_spoil_only_their_sender(void **state)
{
        (void)state;
        for (uint64_t seed = 100; seed < 110; seed++) {
                start(4, seed, "50ms");
                world.tamper = garble;
                world_run(&world, 120 * S);
                for (uint32_t i = 0; i < 3; i++)
                        for (uint32_t j = 0; j < 3; j++)
                                assert_int_not_equal(state_of(i, j), TG_NODE_BEYOND);
                assert_true(world_snapshot(&world, 0)->reports_bad > 0);
                world.bad_truth = false; /* a lie about the own clock is beyond proof: its own pairs may be wrong */
                stop();
        }
}

/* Every bound holds the truth, whatever steps, slews, rates and rings do; and all nodes say the same once it is quiet. */
static void one_random_world(uint64_t seed)
{
        uint32_t n;

        world_new(&world, 3, seed);
        n = 2 + (uint32_t)world_random(&world, 6);
        world_free(&world);
        start(n, seed, "50ms");
        world.delay_mean_ns = (int64_t)(50 + world_random(&world, 3000)) * TG_NS_PER_US;
        for (uint32_t i = 0; i < n; i++)
                world.nodes[i].raw_ppb = 0;
        for (int k = 0; k < 40; k++) {
                uint32_t i = (uint32_t)world_random(&world, n);

                world_run(&world, (int64_t)world_random(&world, 4000) * MS);
                switch (world_random(&world, 4)) {
                case 0:
                        world_step(&world, i, ((int64_t)world_random(&world, 4000000) - 2000000) * TG_NS_PER_US);
                        break;
                case 1:
                        world_slew(&world, i, (int64_t)world_random(&world, 200000001) - 100000000);
                        break;
                case 2:
                        world_slew(&world, i, 0);
                        break;
                case 3:
                        world_new_ring(&world);
                        break;
                }
        }
        for (uint32_t i = 0; i < n; i++)
                world_slew(&world, i, 0);
        world_run(&world, 6 * S);
        for (uint32_t i = 1; i < n; i++) {
                enum tg_cluster_verdict first = world_snapshot(&world, 0)->verdict;

                assert_int_equal(world_snapshot(&world, i)->verdict, first);
                for (uint32_t j = 0; j < n; j++)
                        assert_int_equal(state_of(i, j), state_of(0, j));
        }
        if (world.bad_truth)
                fprintf(stderr, "replay: -s %llu\n", (unsigned long long)seed);
        stop();
}

static void test_random_worlds(void **state)
{
        (void)state;
        for (uint64_t seed = replay ? replay : 1000; seed < (replay ? replay + 1 : 1060); seed++)
                one_random_world(seed);
}

static void test_oscillators(void **state)
{
        static const int64_t rates[] = { 20000, 120000, 200000, 300000 };

        (void)state;
        for (size_t k = 0; k < sizeof rates / sizeof rates[0]; k++) {
                world_new(&world, 3, 50 + k);
                world_free(&world);
                start(3, 50 + k, NULL);
                /* RAW differs, REALTIME is kept right by a servo that knows the rate */
                world.nodes[1].raw_ppb = rates[k];
                world_slew(&world, 1, -rates[k] + rates[k] * rates[k] / 1000000000);
                world_run(&world, 300 * S);
                assert_verdict(0, TG_CLUSTER_AGREED);
                stop();
        }
}

static void test_forecast_of_a_slow_drift(void **state)
{
        const struct tg_node_status *status;
        int64_t to_go;

        (void)state;
        start(3, 60, "50ms");
        world_run(&world, 60 * S);
        world_source(&world, 2, NULL);
        world_slew(&world, 2, 20000); /* 20 ppm: the budget is crossed 2500 s from here */
        to_go = world.t_ns + 2500 * S;
        world_run(&world, 600 * S);
        status = world_status(&world, 0, 2);
        assert_true(status->has_forecast);
        to_go -= world.t_ns;
        assert_true(llabs(status->forecast_ns - to_go) < to_go / 10);
        assert_true(world_raised(&world, 0, TG_ALERT_NODE_HOLDOVER, 2));
        assert_true(world_raised(&world, 0, TG_ALERT_NODE_DRIFTING, 2));
        world_run(&world, 2100 * S);
        for (uint32_t i = 0; i < 3; i++)
                assert_state(i, 2, TG_NODE_BEYOND);
        assert_true(world_raised(&world, 0, TG_ALERT_NODE_BEYOND, 2));
        assert_false(world_raised(&world, 0, TG_ALERT_NODE_DRIFTING, 2)); /* the greater alert says it all */
        stop();
}

/* Between 70 and 80 % of the budget it matters whether a node was warned of before: one that was away then says the same. */
static void test_warned_alike(void **state)
{
        (void)state;
        start(3, 62, "1s");
        world_run(&world, 30 * S);
        world.nodes[1].stopped = true;
        world_step(&world, 2, 850 * TG_NS_PER_MS);
        world_run(&world, 15 * S);
        assert_state(0, 2, TG_NODE_DRIFTING);
        world_step(&world, 2, -100 * TG_NS_PER_MS);
        world_run(&world, 3 * S);
        world.nodes[1].stopped = false;
        world_run(&world, 10 * S);
        for (uint32_t i = 0; i < 3; i++)
                assert_state(i, 2, TG_NODE_DRIFTING);
        world_step(&world, 2, -100 * TG_NS_PER_MS);
        world_run(&world, 10 * S);
        for (uint32_t i = 0; i < 3; i++)
                assert_state(i, 2, TG_NODE_OK);
        stop();
}

/* A clock that is disciplined to and fro within a hundredth of the budget never gives a forecast that alarms. */
static void test_discipline_is_no_drift(void **state)
{
        (void)state;
        start(3, 61, "50ms");
        for (int k = 0; k < 300; k++) {
                world_slew(&world, (uint32_t)k % 3,
                           (int64_t)world_random(&world, 200000) - 100000); /* up to 100 ppm for some seconds */
                world_run(&world, (int64_t)world_random(&world, 4000) * MS);
                world_slew(&world, (uint32_t)k % 3, 0);
        }
        for (uint32_t i = 0; i < 3; i++)
                assert_int_equal(world.nodes[i].raised, 0);
        stop();
}

static void test_before_the_first_word(void **state)
{
        struct tg_identity identity = { .pid = 1 };
        struct tg_look look = { .raw_ns = 5, .real_ns = 1790000000 * S };
        static struct tg_snapshot snapshot;
        struct tg_options options;
        struct tg_node *node;

        (void)state;
        tg_options_default(&options);
        assert_int_equal(tg_node_new(&node, &identity, &options, &look), 0);
        tg_node_snapshot(node, &look, &snapshot);
        assert_int_equal(snapshot.verdict, TG_CLUSTER_UNPROVEN);
        assert_true(snapshot.reason[0]);
        assert_int_equal(snapshot.since_real_ns, look.real_ns);
        assert_null(tg_node_free(node));
}

/* Corosync takes what node 1 sends and delivers nothing to it: node 1 blames nobody, the others miss only its reports. */
static void test_deaf(void **state)
{
        (void)state;
        start(3, 62, NULL);
        world_run(&world, 10 * S);
        world.deaf[0] = true;
        world_run(&world, 20 * S);
        assert_verdict(0, TG_CLUSTER_UNPROVEN);
        assert_non_null(strstr(world_snapshot(&world, 0)->reason, "delivers nothing"));
        for (uint32_t j = 0; j < 3; j++)
                assert_state(0, j, TG_NODE_UNPROVEN);
        assert_true(world_raised(&world, 0, TG_ALERT_NOT_HEARD, WORLD_NODES));
        assert_int_equal(world.nodes[0].raised, 1); /* and nothing besides */
        for (uint32_t i = 1; i < 3; i++) {
                assert_verdict(i, TG_CLUSTER_AGREED);
                assert_int_equal(world.nodes[i].raised, 0);
        }
        world.deaf[0] = false;
        world_run(&world, 10 * S);
        assert_verdict(0, TG_CLUSTER_AGREED);
        stop();
}

/* A clock that is slewed home at a rate that would carry it through the budget and out again is no drift. */
static void test_coming_home_is_no_drift(void **state)
{
        (void)state;
        start(3, 63, NULL);
        world_step(&world, 0, 600 * MS);
        world_run(&world, 5 * S);
        world_slew(&world, 0, -1000000);
        world_run(&world, 400 * S);
        for (uint32_t i = 0; i < 3; i++) {
                assert_verdict(i, TG_CLUSTER_AGREED);
                assert_int_equal(world.nodes[i].raised, 0);
                for (uint32_t j = 0; j < 3; j++)
                        assert_false(world_status(&world, i, j)->has_forecast);
        }
        stop();
}

static void test_survivor_of_two(void **state)
{
        (void)state;
        start(2, 64, NULL);
        world_run(&world, 5 * S);
        world.nodes[1].stopped = true;
        world.quorum.nodes[1].member = false;
        world.quorum.total_votes = 1;
        world.quorum.quorum = 1;
        world_quorum(&world);
        world_run(&world, 10 * S);
        assert_verdict(0, TG_CLUSTER_UNPROVEN);
        assert_non_null(strstr(world_snapshot(&world, 0)->reason, "absent: n2"));
        stop();
}

static void test_width(void **state)
{
        (void)state;
        start(8, 70, NULL);
        world_run(&world, 30 * S);
        world.widest_ns = 0;
        world_run(&world, 60 * S);
        /* the worst of 1,700 bounds: two best one-way delays of 0.3 to 1 ms, ageing of 100 ppm over seconds, the carry between sendings */
        print_message("widest bound %.3f ms\n", (double)world.widest_ns / 1e6);
        assert_true(world.widest_ns < 5 * MS);
        stop();
}

/* With the instant that a status names, its bound can be held against the truth from outside: at any other instant it need not hold,
   as the clocks run apart by up to 120000 ppm here. The age of that instant is right to about a delivery. */
static void test_status_names_the_instant(void **state)
{
        uint64_t on_a = 0, on_b = 0;

        (void)state;
        start(4, 17, NULL);
        for (uint32_t i = 0; i < 4; i++)
                world.nodes[i].raw_ppb = (int64_t)i * 20000;
        for (uint32_t round = 0; round < 200; round++) {
                const struct tg_snapshot *s;

                world_slew(&world, round % 4, (int64_t)world_random(&world, 120000001) - 60000000);
                world_run(&world, 730 * MS);
                s = world_snapshot(&world, round % 3);
                for (uint32_t k = 0; k < s->n_pairs; k++) {
                        const struct tg_pair_status *p = &s->pairs[k];
                        int64_t t, truth;

                        if (!p->bounded)
                                continue;
                        assert_true(p->as_of_node == p->a || p->as_of_node == p->b);
                        t = world_when(&world, p->as_of_node - 1, p->as_of_raw_ns);
                        truth = world_offset(&world, p->a - 1, p->b - 1, t);
                        assert_true(truth >= p->low_ns - 2 && truth <= p->high_ns + 2);
                        assert_true(llabs(world.t_ns - t - p->as_of_age_ns) < 20 * MS);
                        on_a += p->as_of_node == p->a;
                        on_b += p->as_of_node == p->b;
                }
        }
        assert_true(on_a > 50 && on_b > 50);
        stop();
}

static void test_64_nodes(void **state)
{
        (void)state;
        start(64, 80, NULL);
        world_run(&world, 12 * S);
        assert_verdict(0, TG_CLUSTER_AGREED);
        assert_verdict(63, TG_CLUSTER_AGREED);
        assert_int_equal(world_snapshot(&world, 5)->n_pairs, 2016);
        stop();
}

int main(int argc, char **argv)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_agrees_soon),
                cmocka_unit_test(test_step_names_the_right_node),
                cmocka_unit_test(test_no_flapping_near_the_budget),
                cmocka_unit_test(test_no_flapping_between_split_and_breached),
                cmocka_unit_test(test_small_step_is_no_alert),
                cmocka_unit_test(test_nobody_to_blame),
                cmocka_unit_test(test_why_unproven),
                cmocka_unit_test(test_split),
                cmocka_unit_test(test_not_quorate_is_unproven),
                cmocka_unit_test(test_mute),
                cmocka_unit_test(test_sources),
                cmocka_unit_test(test_local_and_orphan),
                cmocka_unit_test(test_aliases_are_one_source),
                cmocka_unit_test(test_configurations_differ),
                cmocka_unit_test(test_started_unproven),
                cmocka_unit_test(test_a_budget_counts_at_once),
                cmocka_unit_test(test_another_id_begins_anew),
                cmocka_unit_test(test_ring_change_keeps_verdicts),
                cmocka_unit_test(test_pause_is_a_contradiction),
                cmocka_unit_test(test_raw_goes_back_after_a_step),
                cmocka_unit_test(test_garbled_reports_spoil_only_their_sender),
                cmocka_unit_test(test_random_worlds),
                cmocka_unit_test(test_oscillators),
                cmocka_unit_test(test_forecast_of_a_slow_drift),
                cmocka_unit_test(test_warned_alike),
                cmocka_unit_test(test_discipline_is_no_drift),
                cmocka_unit_test(test_before_the_first_word),
                cmocka_unit_test(test_deaf),
                cmocka_unit_test(test_coming_home_is_no_drift),
                cmocka_unit_test(test_survivor_of_two),
                cmocka_unit_test(test_width),
                cmocka_unit_test(test_status_names_the_instant),
                cmocka_unit_test(test_64_nodes),
        };

        if (getenv("TG_SEED"))
                replay = strtoull(getenv("TG_SEED"), NULL, 10);
        if (argc > 2 && !strcmp(argv[1], "-s"))
                replay = strtoull(argv[2], NULL, 10);
        return cmocka_run_group_tests(tests, NULL, NULL);
}
