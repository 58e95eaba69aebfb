/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is a danger, what is proven calm, and what lies between. */
#include "gate_scene.h"

static enum tg_danger danger(void)
{
        return scene_find()->danger;
}

/* ---- a breach ---- */

static void a_breach_is_confirmed_fresh_and_of_this_ring(void **state)
{
        (void)state;
        scene_new(3);
        assert_int_equal(danger(), TG_DANGER_NONE);
        scene_apart(1, 2, 6 * S);
        assert_int_equal(danger(), TG_DANGER_BREACH);
        scene.gate.watch.tracks.of[1][2].beyond = scene.options.gate_confirm - 1;
        assert_int_equal(danger(), TG_DANGER_NONE);
        scene_apart(1, 2, 6 * S);
        scene_pair(1, 2)->stale = true;
        assert_int_equal(danger(), TG_DANGER_NONE);
        scene_pair(1, 2)->stale = false;
        scene_mute(2);
        assert_int_equal(danger(), TG_DANGER_NONE);
}

static void the_farthest_pair_is_the_evidence(void **state)
{
        (void)state;
        scene_new(4);
        scene_apart(0, 1, 6 * S);
        scene_apart(0, 2, -9 * S);
        scene_apart(2, 3, 7 * S);
        assert_int_equal(danger(), TG_DANGER_BREACH);
        assert_int_equal(scene.gate.finding.evidence.node_id, 1);
        assert_int_equal(scene.gate.finding.evidence.other_id, 3);
        assert_true(scene.gate.finding.evidence.offset_ns == -9 * S);
}

static void far_from_each_other_without_one(void **state)
{
        (void)state;
        scene_new(3);
        scene_apart(0, 1, 6 * S);
        scene_apart(1, 2, 6 * S);
        assert_true(tg_gate_any_far_without(&scene.gate.watch, &scene.s, 0));
        assert_false(tg_gate_any_far_without(&scene.gate.watch, &scene.s, 1));
        assert_true(tg_gate_any_far_without(&scene.gate.watch, &scene.s, 2));
}

/* ---- early ---- */

static void going_on_it_crosses(void **state)
{
        (void)state;
        scene_new(2);
        scene.quorum.quorum = 2;
        scene_runs_away(0, 1, S, 50 * TG_NS_PER_MS); /* 7 s in 120 s */
        assert_int_equal(danger(), TG_DANGER_EARLY);
        scene.quorum.quorum = 1; /* one vote may vanish */
        assert_int_equal(danger(), TG_DANGER_NONE);
        assert_true(scene.gate.finding.suspect && !scene.gate.finding.calm && !scene.gate.finding.quiet);
        scene.quorum.quorum = 2;
        scene.quorum.quorate = false;
        assert_int_equal(danger(), TG_DANGER_NONE);
        scene.quorum.quorate = true;
        /* what was proven of it is of long ago */
        scene_pair(0, 1)->as_of_raw_ns = NOW - scene.view.patience_ns - 1;
        assert_int_equal(danger(), TG_DANGER_NONE);
        assert_false(scene.gate.finding.suspect);
}

static void the_fastest_pair_is_the_evidence(void **state)
{
        (void)state;
        scene_new(3);
        scene.quorum.quorum = 3;
        scene_runs_away(0, 1, S, 40 * TG_NS_PER_MS);
        scene_runs_away(0, 2, -S, -60 * TG_NS_PER_MS);
        scene_runs_away(1, 2, S, 50 * TG_NS_PER_MS);
        assert_int_equal(danger(), TG_DANGER_EARLY);
        assert_int_equal(scene.gate.finding.evidence.node_id, 1);
        assert_int_equal(scene.gate.finding.evidence.other_id, 3);
}

/* ---- a pending step ---- */

static void a_step_of_a_quorum_is_a_danger(void **state)
{
        (void)state;
        scene_new(3);
        scene_pending(0, 3600 * S);
        assert_int_equal(danger(), TG_DANGER_NONE);
        assert_true(scene.gate.finding.suspect);
        /* but nothing is calm, nor goes on opening, before a step that the source is sure of */
        assert_false(scene.gate.finding.calm || scene.gate.finding.quiet);
        scene_pending(1, 3600 * S);
        assert_int_equal(danger(), TG_DANGER_PENDING);
        scene_mute(1);
        assert_int_equal(danger(), TG_DANGER_NONE);
        scene_member(1);
        scene_report(1)->boot_ns = scene.options.boot_grace_ns - 1;
        assert_int_equal(danger(), TG_DANGER_NONE);
        scene_member(1);
        scene.view.members[1].present = false;
        assert_int_equal(danger(), TG_DANGER_NONE);
}

/* Votes whose step is pending. */
static uint64_t pending(void)
{
        char why[TG_REASON_MAX];

        return tg_gate_pending_votes(&scene.gate.watch, &scene.s, why, sizeof why);
}

static void what_makes_a_pending_step(void **state)
{
        (void)state;
        scene_new(1);
        for (int sign = -1; sign <= 1; sign += 2) {
                struct tg_asked *a = scene_pending(0, sign * (5 * S + 200 * TG_NS_PER_MS));

                assert_int_equal(pending(), 1);
                a->clear = 2;
                assert_int_equal(pending(), 0);
                a->clear = 3;
                a->span_s = 31;
                assert_int_equal(pending(), 0);
                a->span_s = 32;
                assert_int_equal(pending(), 1);
                /* the whole bound is beyond the limit */
                if (sign > 0)
                        a->ahead_low_ns = 5 * S;
                else
                        a->ahead_high_ns = -5 * S;
                assert_int_equal(pending(), 0);
        }
        scene_asked(0, 0);
        scene.gate.watch.corrections[0] = (struct tg_correction){ .side = 1, .n = 2 };
        assert_int_equal(pending(), 0);
        scene.gate.watch.corrections[0].n = 3;
        assert_int_equal(pending(), 1);
}

static void whom_chronyd_does_not_follow_steps_nobody(void **state)
{
        struct tg_chrony_sample *chrony;

        (void)state;
        scene_new(1);
        chrony = &scene_report(0)->chrony;
        chrony->n_sources = 1;
        chrony->sources[0].addr = scene_pending(0, 3600 * S)->addr;
        assert_int_equal(pending(), 1);
        chrony->sources[0].addr.bytes[3]++;
        assert_int_equal(pending(), 0);
        chrony->n_sources = 0; /* none for the time being: it comes back */
        assert_int_equal(pending(), 1);
}

/* ---- calm ---- */

static bool is_calm(void)
{
        return scene_find()->calm;
}

static void calm_is_proven(void **state)
{
        (void)state;
        scene_new(3);
        assert_true(is_calm() && scene.gate.finding.quiet);
        scene_apart(0, 2, 3 * S); /* beyond the budget is no danger to HA actions */
        assert_true(is_calm());
        scene_pair(0, 2)->offset.high_ns = 6 * S;
        assert_false(is_calm());
        scene_runs_away(0, 2, S, 50 * TG_NS_PER_MS);
        assert_false(is_calm());
        scene_apart(0, 2, 0);
        scene.gate.watch.tracks.of[0][2].n = 0;
        assert_true(is_calm());
        scene_mute(2);
        assert_false(is_calm());
        assert_true(scene.gate.finding.quiet); /* an opening that was begun goes on ... */
        scene_pending(1, 3600 * S);
        assert_false(is_calm() || scene.gate.finding.quiet); /* ... but not into a step */
        scene_asked(1, 0);
        scene.view.members[2].present = false; /* it has left: nobody waits for it */
        assert_true(is_calm());
}

static void calm_is_of_a_quorum(void **state)
{
        (void)state;
        scene_new(3);
        scene.quorum.quorate = false;
        assert_false(is_calm() || scene.gate.finding.quiet);
        scene.quorum.quorate = true;
        scene_mute(1);
        scene_mute(2);
        assert_false(is_calm() || scene.gate.finding.quiet);
        scene.view.members[2].present = false;
        scene.view.members[1].present = true; /* and is mute */
        assert_false(is_calm() || scene.gate.finding.quiet);
        scene.quorum.qdevice_votes = 1; /* now those that report would be quorate */
        assert_false(is_calm());
        assert_true(scene.gate.finding.quiet);
        scene.view.members[1].present = false;
        assert_true(is_calm());
        scene.quorum.qdevice_votes = 0; /* corosync breaks a tie: all of this part report */
        assert_true(is_calm());
        scene.view.members[0].votes = 0; /* whoever has no vote proves nothing for anybody */
        assert_false(is_calm() || scene.gate.finding.quiet);
        scene.view.members[0].votes = 1;
        scene.view.members[0].fresh = false; /* corosync does not deliver its own reports */
        assert_false(is_calm() || scene.gate.finding.quiet);
}

TESTS_MAIN(TEST(a_breach_is_confirmed_fresh_and_of_this_ring), TEST(the_farthest_pair_is_the_evidence),
           TEST(far_from_each_other_without_one), TEST(going_on_it_crosses), TEST(the_fastest_pair_is_the_evidence),
           TEST(a_step_of_a_quorum_is_a_danger), TEST(what_makes_a_pending_step),
           TEST(whom_chronyd_does_not_follow_steps_nobody), TEST(calm_is_proven), TEST(calm_is_of_a_quorum))
