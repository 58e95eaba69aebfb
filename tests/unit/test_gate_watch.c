/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is remembered of each node and each pair, report by report. */
#include "gate_scene.h"

static const struct tg_watchfulness *watch(void)
{
        return &scene.gate.watch;
}

/* The next report of a node, a second later. */
static void deliver(int slot)
{
        struct tg_report *r = scene_report(slot);

        r->seq++;
        r->raw_ns += S;
        r->boot_ns += S;
        tg_watch_deliver(&scene.gate.watch, &scene.view, &scene.options, slot);
}

/* ---- chronyd's corrections ---- */

/* chronyd updates, and has that much to correct: positive, where the clock is slow. */
static int updates_with(tg_chrony_float correction_s)
{
        struct tg_chrony_sample *chrony = &scene_report(0)->chrony;

        chrony->tracking.ref_time_ns += 64 * S;
        chrony->tracking.correction_s = correction_s;
        deliver(0);
        return watch()->corrections[0].n;
}

static void distinct_updates_of_one_side_count(void **state)
{
        tg_chrony_float ahead = tg_chrony_float_from(-9), behind = tg_chrony_float_from(9);

        (void)state;
        scene_new(1);
        assert_int_equal(updates_with(ahead), 1);
        deliver(0); /* the same update in the next report */
        assert_int_equal(updates_with(ahead), 2);
        assert_int_equal(updates_with(behind), 1);
        assert_int_equal(updates_with(behind), 2);
        assert_int_equal(updates_with(tg_chrony_float_from(4)), 0);
        assert_int_equal(updates_with(behind), 1);
        scene_report(0)->chrony.state = TG_CHRONY_SILENT;
        deliver(0);
        assert_int_equal(watch()->corrections[0].n, 0);
}

/* ---- moves ---- */

static int64_t moved_ns(void)
{
        return watch()->moves[0].sum_ns;
}

static void step(int64_t by_ns)
{
        scene_report(0)->steps++;
        scene_report(0)->last_step_ns = by_ns;
        deliver(0);
}

static void steps_and_fast_slews_are_moves(void **state)
{
        (void)state;
        scene_new(1);
        deliver(0);
        assert_true(moved_ns() == 0);
        step(-2 * S);
        step(3 * S);
        assert_true(moved_ns() == 5 * S);
        scene_report(0)->slew_ppb = 100000000;
        deliver(0);
        assert_true(moved_ns() == 5 * S + S / 10);
        scene_report(0)->slew_ppb = -100000000;
        deliver(0);
        assert_true(moved_ns() == 5 * S + S / 5);
        scene_report(0)->slew_ppb = 500000; /* what corrects an oscillator */
        deliver(0);
        assert_true(moved_ns() == 5 * S + S / 5);
        scene_report(0)->raw_ns += TG_GATE_STILL_NS - 10 * S; /* and stands still */
        step(S);
        assert_true(moved_ns() == 6 * S + S / 5);
        scene_report(0)->raw_ns += TG_GATE_STILL_NS;
        step(S);
        assert_true(moved_ns() == S);
        for (int i = 0; i < 10; i++)
                step(INT64_MAX);
        assert_true(moved_ns() == 86400 * S);
}

/* ---- what the sources said ---- */

static void told(uint8_t host, int64_t answered_ns)
{
        scene_report(0)->asked = (struct tg_asked){ .addr = { .family = TG_ADDR_IPV4, .bytes = { 10, 0, 0, host } },
                                                    .state = TG_ASKED_OK,
                                                    .raw_ns = answered_ns };
        deliver(0);
}

static bool knows(uint8_t host)
{
        for (int i = 0; i < watch()->n_asked[0]; i++)
                if (watch()->asked[0][i].addr.bytes[3] == host)
                        return true;
        return false;
}

static void one_source_a_report(void **state)
{
        (void)state;
        scene_new(1);
        for (uint8_t host = 1; host <= TG_ASK_SOURCES; host++)
                told(host, NOW + (host == 2 ? -S : 0));
        told(3, NOW + S);
        assert_int_equal(watch()->n_asked[0], TG_ASK_SOURCES);
        told(9, NOW + 9 * S); /* in the place of the oldest answer */
        assert_true(watch()->n_asked[0] == TG_ASK_SOURCES && knows(9) && !knows(2) && knows(1) && knows(3) && knows(4));
        told(3, NOW + 20 * S);
        for (int i = 0; i < TG_ASK_SOURCES; i++)
                if (watch()->asked[0][i].addr.bytes[3] == 3)
                        assert_true(watch()->asked[0][i].raw_ns == NOW + 20 * S);
}

static void a_source_that_is_told_no_more_is_none(void **state)
{
        (void)state;
        scene_new(1);
        told(1, NOW);
        for (int i = 0; i < 50; i++)
                told(2, NOW);
        assert_true(knows(1) && knows(2));
        told(2, NOW);
        assert_true(!knows(1) && knows(2));
        scene_report(0)->raw_ns -= 30 * S; /* a machine that was set back: nothing of later is known */
        scene_report(0)->asked.state = TG_ASKED_NEVER;
        deliver(0);
        assert_false(knows(2));
}

static void another_agent_has_asked_nobody(void **state)
{
        (void)state;
        scene_new(1);
        told(1, NOW);
        assert_int_equal(updates_with(tg_chrony_float_from(9)), 1);
        scene_report(0)->seq = 0;
        scene_report(0)->asked.state = TG_ASKED_NEVER;
        scene_report(0)->chrony.tracking.ref_time_ns += S;
        deliver(0);
        assert_false(knows(1));
        assert_int_equal(watch()->corrections[0].n, 1); /* its own first one */
}

/* ---- pairs ---- */

static const struct tg_track *track(void)
{
        return &watch()->tracks.of[0][1];
}

/* A bound of a second later, which the report of that slot brings. */
static void bound(int slot, int64_t offset_ns, int64_t after_ns)
{
        struct tg_pair *pair = scene_pair(0, 1);

        pair->as_of_raw_ns += after_ns;
        pair->as_of_on_a_ns += after_ns;
        pair->offset = (struct tg_interval){ offset_ns - TG_NS_PER_MS, offset_ns + TG_NS_PER_MS };
        deliver(slot);
}

static void new_pair(void)
{
        scene_new(2);
        scene_pair(0, 1)->as_of_on_a_ns = NOW;
}

static void seconds_in_a_row_confirm(void **state)
{
        (void)state;
        new_pair();
        for (int i = 1; i <= 3; i++) {
                bound(0, 6 * S, S);
                assert_int_equal(track()->beyond, i);
                bound(1, 6 * S, 300 * TG_NS_PER_MS); /* an event's, or the other's: of the same second */
                deliver(1);                          /* and no new bound at all */
                assert_int_equal(track()->beyond, i);
        }
        bound(0, 4 * S, S);
        assert_int_equal(track()->beyond, 0);
        bound(0, -6 * S, S);
        assert_int_equal(track()->beyond, 1);
        scene_pair(0, 1)->bounded = false;
        deliver(0);
        assert_int_equal(track()->beyond, 0);
        assert_int_equal(track()->n, 0);
}

static void the_limit_is_never_below_the_budget(void **state)
{
        (void)state;
        new_pair();
        scene.options.budget_ns = 10 * S;
        bound(0, 6 * S, S);
        assert_int_equal(track()->beyond, 0);
        bound(0, 11 * S, S);
        assert_int_equal(track()->beyond, 1);
}

static void who_has_just_booted_proves_nothing(void **state)
{
        (void)state;
        for (int young = 0; young < 2; young++) {
                new_pair();
                bound(0, 6 * S, S);
                scene_report(young)->boot_ns = S;
                bound(0, 6 * S, S);
                bound(1, 6 * S, S);
                assert_int_equal(track()->beyond, 0);
                scene_report(young)->boot_ns = scene.options.boot_grace_ns - S;
                bound(young, 6 * S, S);
                assert_int_equal(track()->beyond, 1);
        }
}

/* A rate is one of whole seconds without a step. */
static void what_makes_a_rate(void **state)
{
        (void)state;
        new_pair();
        for (int i = 1; i <= 8; i++) {
                bound(0, i * S / 10, S);
                bound(1, i * S / 10, 100 * TG_NS_PER_MS);
                assert_int_equal(track()->n, i < TG_TRACK_BOUNDS ? i : TG_TRACK_BOUNDS);
        }
        for (int i = 1; i < TG_TRACK_BOUNDS; i++) {
                assert_true(track()->at_ns[i] - track()->at_ns[i - 1] == 1100 * TG_NS_PER_MS);
                assert_true(track()->offset[i].low_ns - track()->offset[i - 1].low_ns == S / 10);
        }
        assert_true(track()->offset[TG_TRACK_BOUNDS - 1].high_ns == 8 * S / 10 + TG_NS_PER_MS);
        scene_pair(0, 1)->steps++;
        bound(0, S, S);
        assert_int_equal(track()->n, 1);
        bound(0, S, S);
        bound(0, S, -3 * S); /* a machine that was set back */
        assert_int_equal(track()->n, 1);
}

static void fewer_bounds_are_no_rate(void **state)
{
        struct tg_track short_one = { .n = TG_TRACK_BOUNDS - 1 };
        int64_t rate;

        (void)state;
        for (int i = 0; i < TG_TRACK_BOUNDS; i++) { /* what lies behind the last is not of this pair any more */
                short_one.at_ns[i] = NOW + i * S;
                short_one.offset[i] = (struct tg_interval){ (1 + i) * S, (1 + i) * S };
        }
        assert_false(tg_track_crosses(&short_one, 5 * S, 120 * S, &rate));
        short_one.n++;
        assert_true(tg_track_crosses(&short_one, 5 * S, 120 * S, &rate));
}

static void a_breach_begins_and_ends(void **state)
{
        int64_t began;

        (void)state;
        new_pair();
        bound(0, 6 * S, S);
        began = scene_report(0)->raw_ns;
        assert_true(watch()->tracks.breach_raw_ns[0] == began);
        assert_true(watch()->tracks.breach_raw_ns[1] == scene_report(1)->raw_ns);
        bound(0, 6 * S, S);
        assert_true(watch()->tracks.breach_raw_ns[0] == began);
        bound(0, 0, S);
        assert_true(watch()->tracks.breach_raw_ns[0] == 0 && watch()->tracks.breach_raw_ns[1] == 0);
}

static void another_node_in_the_slot_begins_anew(void **state)
{
        (void)state;
        new_pair();
        bound(0, 6 * S, S);
        step(S);
        told(1, NOW);
        assert_int_equal(updates_with(tg_chrony_float_from(9)), 1);
        tg_watch_forget(&scene.gate.watch, 0);
        assert_true(track()->beyond == 0 && watch()->tracks.breach_raw_ns[0] == 0 && moved_ns() == 0 && !knows(1) &&
                    watch()->corrections[0].n == 0);
}

TESTS_MAIN(TEST(distinct_updates_of_one_side_count), TEST(steps_and_fast_slews_are_moves), TEST(one_source_a_report),
           TEST(a_source_that_is_told_no_more_is_none), TEST(another_agent_has_asked_nobody), TEST(seconds_in_a_row_confirm),
           TEST(the_limit_is_never_below_the_budget), TEST(who_has_just_booted_proves_nothing), TEST(what_makes_a_rate),
           TEST(fewer_bounds_are_no_rate), TEST(a_breach_begins_and_ends), TEST(another_node_in_the_slot_begins_anew))
