/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* When a breach is one node's, and when the cluster's: the votes, the sources' testimony, who moved, and for how long that is waited for. */
#include "gate_scene.h"

/* One of four nodes is 30 s ahead. Each has asked the one source, which is where the others are. */
static void stepped_is(int who)
{
        scene_new(4);
        for (int i = 0; i < 4; i++) {
                if (i != who)
                        scene_apart(who, i, 30 * S);
                scene_asked(i, 0);
                scene.gate.watch.tracks.breach_raw_ns[i] = NOW - 20 * S;
        }
        scene_report(who)->c_ns = 30 * S;
        scene.gate.watch.moves[who] = (struct tg_moves){ .raw_ns = NOW - 20 * S, .sum_ns = 30 * S };
}

static void stepped(void)
{
        stepped_is(3);
}

static int lone(void)
{
        const struct tg_finding *f = scene_find();

        assert_int_equal(f->danger, TG_DANGER_BREACH);
        assert_int_equal(f->scope, f->lone >= 0 ? TG_GATE_NODE : TG_GATE_CLUSTER);
        return f->lone;
}

static void sources_on_both_sides_contradict_it(void **state)
{
        (void)state;
        stepped();
        assert_int_equal(lone(), 3);
        scene.gate.watch.n_asked[3] = 0;
        assert_int_equal(lone(), -1);
        stepped();
        for (int i = 0; i < 3; i++)
                scene.gate.watch.n_asked[i] = 0;
        assert_int_equal(lone(), -1);
        scene_asked(1, 0); /* one of the others is enough */
        assert_int_equal(lone(), 3);
        scene_asked(2, 60 * S); /* unless another one finds otherwise */
        assert_int_equal(lone(), -1);
        stepped();
        scene_asked(3, 30 * S); /* it has stepped to where its source is */
        assert_int_equal(lone(), -1);
        stepped();
        scene_asked(3, 0)->state = TG_ASKED_SILENT;
        assert_int_equal(lone(), -1);
}

/* Of two sources one is right about each. */
static void one_source_that_finds_it_right_is_enough(void **state)
{
        struct tg_watchfulness *w = &scene.gate.watch;

        (void)state;
        stepped();
        w->n_asked[3] = 2;
        w->asked[3][1] = w->asked[3][0];
        w->asked[3][1].addr.bytes[3]++;
        assert_int_equal(lone(), 3);
        w->asked[3][1].ahead_low_ns += 30 * S;
        w->asked[3][1].ahead_high_ns += 30 * S;
        assert_int_equal(lone(), -1);
}

static void a_source_that_moved_is_no_witness(void **state)
{
        (void)state;
        for (int slot = 0; slot < 4; slot += 3) {
                stepped();
                scene.gate.watch.n_asked[1] = scene.gate.watch.n_asked[2] = 0;
                scene.gate.watch.asked[slot][0].steady_s = 5; /* since after the breach began */
                assert_int_equal(lone(), -1);
                assert_false(scene.gate.finding.waits);
        }
}

static void answers_of_before_are_waited_for(void **state)
{
        (void)state;
        stepped();
        scene.gate.watch.asked[3][0].raw_ns = NOW - 30 * S;
        for (int i = 0; i < 3; i++)
                scene.gate.watch.tracks.of[i][3].beyond = scene.options.gate_confirm;
        assert_int_equal(lone(), -1);
        assert_true(scene.gate.finding.waits);
        for (int i = 0; i < 3; i++)
                scene.gate.watch.tracks.of[i][3].beyond = scene.options.gate_confirm + 19;
        scene_find();
        assert_true(scene.gate.finding.waits);
        for (int i = 0; i < 3; i++)
                scene.gate.watch.tracks.of[i][3].beyond = scene.options.gate_confirm + 20;
        scene_find();
        assert_false(scene.gate.finding.waits);
        scene.gate.watch.tracks.of[1][3].beyond = scene.options.gate_confirm; /* the youngest counts */
        scene_find();
        assert_true(scene.gate.finding.waits);
}

/* Waiting makes sense where both sides may yet say the same. */
static void what_is_waited_for(void **state)
{
        enum { NONE, OLD, NEW };
        static const struct {
                int own, others;
                bool waits;
        } cases[] = { { OLD, OLD, true },   { OLD, NEW, true },  { NEW, OLD, true },   { OLD, NONE, false },
                      { NONE, OLD, false }, { NEW, NEW, false }, { NEW, NONE, false }, { NONE, NEW, false } };

        (void)state;
        for (size_t i = 0; i < COUNT_OF(cases); i++) {
                stepped();
                for (int slot = 0; slot < 4; slot++) {
                        int has = slot == 3 ? cases[i].own : slot == 1 ? cases[i].others : NONE;

                        scene.gate.watch.n_asked[slot] = has != NONE;
                        scene.gate.watch.asked[slot][0].raw_ns = has == OLD ? NOW - 20 * S : NOW - 20 * S + 1;
                        if (slot != 3)
                                scene.gate.watch.tracks.of[slot][3].beyond = scene.options.gate_confirm;
                }
                scene_find();
                assert_int_equal(scene.gate.finding.waits, cases[i].waits);
                assert_int_equal(scene.gate.finding.lone, cases[i].own == NEW && cases[i].others == NEW ? 3 : -1);
        }
}

/* It has closed itself within so many reports, or it holds itself not for the lone one. */
static void who_does_not_act_leaves_it_to_the_cluster(void **state)
{
        (void)state;
        stepped();
        for (int i = 0; i < 3; i++)
                scene.gate.watch.tracks.of[i][3].beyond = scene.options.gate_confirm + 40;
        assert_int_equal(lone(), -1);
        scene_report(3)->gate.records[1] = (struct tg_gate_record){ .stage = TG_STAGE_ISSUED, .target_id = 4 };
        assert_int_equal(lone(), 3);
        scene_report(3)->gate.records[1].stage = TG_STAGE_UNDONE;
        assert_int_equal(lone(), -1);
        scene_report(3)->gate.records[1] = (struct tg_gate_record){ .stage = TG_STAGE_ISSUED, .target_id = 2 };
        assert_int_equal(lone(), -1);
}

static void the_others_are_one_majority(void **state)
{
        (void)state;
        stepped();
        scene_pair(0, 1)->offset.high_ns = 6 * S; /* not proven within the limit of each other */
        assert_int_equal(lone(), -1);
        stepped();
        scene_apart(3, 1, 4 * S); /* it is not beyond everybody */
        assert_int_equal(lone(), -1);
        stepped();
        scene.view.members[3].votes = 3; /* three of six are half */
        assert_int_equal(lone(), -1);
        scene.view.members[3].votes = 2;
        assert_int_equal(lone(), 3);
}

static void who_judges_the_others_is_never_alone(void **state)
{
        (void)state;
        stepped();
        scene_report(3)->gate.flags |= TG_GATE_MASTER;
        assert_int_equal(lone(), -1);
        stepped_is(1);
        assert_int_equal(lone(), 1);
        stepped_is(0);
        assert_int_equal(lone(), -1);
}

static void who_stood_still_was_left(void **state)
{
        struct tg_moves *moves = scene.gate.watch.moves;

        (void)state;
        stepped();
        moves[0] = moves[3];
        assert_int_equal(lone(), 3); /* both moved */
        moves[3] = (struct tg_moves){ 0 };
        assert_int_equal(lone(), -1); /* the others did */
        moves[0].raw_ns = NOW - TG_GATE_STILL_NS - 1;
        assert_int_equal(lone(), 3); /* long ago */
        moves[0].raw_ns = NOW - 20 * S;
        scene.view.members[1].votes = scene.view.members[2].votes = 2;
        scene_mute(0);
        assert_int_equal(lone(), 3); /* it is not there to be compared with */
        scene.view.members[0].fresh = true;
        moves[0].sum_ns = S;
        assert_int_equal(lone(), 3); /* by little */
        moves[0].sum_ns = 30 * S;
        moves[3] = moves[0];
        moves[3].raw_ns = NOW - TG_GATE_STILL_NS - 1;
        assert_int_equal(lone(), -1); /* it did long before them */
}

TESTS_MAIN(TEST(sources_on_both_sides_contradict_it), TEST(one_source_that_finds_it_right_is_enough),
           TEST(a_source_that_moved_is_no_witness), TEST(answers_of_before_are_waited_for), TEST(what_is_waited_for),
           TEST(who_does_not_act_leaves_it_to_the_cluster), TEST(the_others_are_one_majority),
           TEST(who_judges_the_others_is_never_alone), TEST(who_stood_still_was_left))
