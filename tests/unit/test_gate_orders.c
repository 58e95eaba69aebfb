/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Orders to the executor, one at a time, and how old a reading of the HA stack may become. */
#include "gate_hands.h"

#define WHOLE (TG_GATE_READY | TG_GATE_WHOLE)

static void watch(void)
{
        tg_gate_ha_watch(&scene.gate, &scene.s);
}

/* A reading is ordered no earlier than so long after the last. */
static void is_read_after(int64_t ns)
{
        scene.gate.ordered = scene.gate.has_order = false;
        scene.gate.ha[0].asked_raw_ns = scene.s.now_raw_ns - ns;
        watch();
        assert_true(hands_idle());
        scene.gate.ha[0].asked_raw_ns--;
        watch();
        hands_answer(TG_GATE_STATUS, TG_GATE_DONE, scene.gate.ha[0].result.state);
}

static void the_less_is_sure_the_younger_the_reading(void **state)
{
        (void)state;
        hands_begin(3, WHOLE);
        watch();
        hands_answer(TG_GATE_STATUS, TG_GATE_DONE, TG_HA_OPEN); /* at the very first */
        is_read_after(10 * S);
        hands_calm(0);
        is_read_after(300 * S);
        scene.gate.finding.suspect = true;
        is_read_after(10 * S);
        scene.gate.ha[0].result.state = TG_HA_UNKNOWN;
        is_read_after(30 * S);
        scene.gate.ha[0].result.state = TG_HA_CLOSED;
        hands_calm(0);
        hands_record(0, TG_STAGE_UNCLEAR, true);
        is_read_after(10 * S);
        hands_record(0, TG_STAGE_ISSUED, true);
        is_read_after(2 * S);
        scene.gate.duty.id = 2; /* it is that one's to follow */
        is_read_after(10 * S);
        hands_record(0, TG_STAGE_VERIFIED, true);
        is_read_after(10 * S);
        scene.gate.self_id = 2; /* not the first: it is read there */
        is_read_after(300 * S);
        scene.gate.self_id = 1;
        scene.gate.look_raw_ns = scene.s.now_raw_ns; /* an administrator wants to know now */
        scene.gate.ha[0].asked_raw_ns = scene.s.now_raw_ns - 1;
        watch();
        assert_false(hands_idle());
}

/* Of a node alone nobody but itself reads anything. */
static void a_record_of_its_own_is_read_by_itself(void **state)
{
        static const struct {
                uint32_t target_id;
                enum tg_gate_stage stage;
                int64_t age_ns; /* 0: it is not read */
        } cases[] = { { 1, TG_STAGE_ISSUED, 2 * S }, { 1, TG_STAGE_VERIFIED, 10 * S }, { 1, TG_STAGE_UNCLEAR, 10 * S },
                      { 1, TG_STAGE_UNDONE, 0 },     { 2, TG_STAGE_ISSUED, 0 },        { 2, TG_STAGE_UNCLEAR, 0 },
                      { 2, TG_STAGE_VERIFIED, 0 } };

        (void)state;
        for (size_t i = 0; i < COUNT_OF(cases); i++) {
                hands_begin(4, WHOLE);
                hands_record(1, cases[i].stage, true)->target_id = cases[i].target_id;
                hands_read(0, TG_HA_OPEN);
                hands_read(1, TG_HA_CLOSED);
                scene.gate.ha[1].asked_raw_ns = NOW - (cases[i].age_ns ? cases[i].age_ns : 1000 * S);
                watch();
                assert_true(hands_idle());
                if (!cases[i].age_ns)
                        continue;
                scene.gate.ha[1].asked_raw_ns--;
                watch();
                assert_int_equal(hands_answer(TG_GATE_STATUS, TG_GATE_DONE, TG_HA_CLOSED).scope, TG_GATE_NODE);
        }
}

/* A deed that waits for it is done when the next own report comes back. */
static void what_is_news_is_reported(void **state)
{
        (void)state;
        hands_begin(3, WHOLE);
        hands_calm(0);
        hands_read(0, TG_HA_OPEN);
        for (int i = 0; i < 5; i++) {
                if (i == 2)
                        scene.gate.finding.danger = TG_DANGER_BREACH;
                if (i == 3)
                        hands_calm(0);
                if (i == 4)
                        hands_record(0, TG_STAGE_ISSUED, true);
                scene.gate.wants_report = false;
                tg_gate_order_run(&scene.gate, &scene.s, 0, TG_GATE_STATUS);
                hands_answer(TG_GATE_STATUS, TG_GATE_DONE, i == 0 ? TG_HA_CLOSED : TG_HA_OPEN);
                assert_int_equal(scene.gate.wants_report, i != 3);
        }
}

static void what_opens_and_fails_is_a_failure(void **state)
{
        (void)state;
        for (int each = 0; each < 2; each++) {
                hands_begin(3, WHOLE);
                hands_record(0, TG_STAGE_OPENING, !each);
                hands_read(0, TG_HA_CLOSED);
                scene.gate.wants_report = false;
                tg_gate_order_run(&scene.gate, &scene.s, 0, TG_GATE_OPEN);
                hands_answer(TG_GATE_OPEN, TG_GATE_FAILED, TG_HA_CLOSED);
                assert_true(scene.gate.work[0].failures == 1 && scene.gate.wants_report);
                assert_int_equal(scene.gate.own_failures, each);
        }
}

static void what_could_not_be_read_is_not_known(void **state)
{
        (void)state;
        hands_begin(3, WHOLE);
        watch();
        hands_answer(TG_GATE_STATUS, TG_GATE_FAILED, TG_HA_OPEN);
        assert_true(scene.gate.ha[0].known && scene.gate.ha[0].result.state == TG_HA_UNKNOWN);
        scene.s.now_raw_ns += 31 * S;
        watch();
        hands_answer(TG_GATE_STATUS, TG_GATE_DONE, TG_HA_OPEN);
        assert_true(scene.gate.ha[0].result.flags & TG_GATE_READY);
        scene.s.now_raw_ns += 11 * S;
        watch();
        hands_answer(TG_GATE_STATUS, TG_GATE_TIMEOUT, TG_HA_OPEN);
        assert_int_equal(scene.gate.ha[0].result.state, TG_HA_UNKNOWN);
        assert_int_equal(scene.gate.ha[0].result.flags, TG_GATE_WHOLE);
        assert_string_equal(scene.gate.ha[0].result.detail, "by hand");
}

static void a_result_is_of_its_order(void **state)
{
        struct tg_gate_result stray = { .verb = TG_GATE_STATUS, .outcome = TG_GATE_DONE, .state = TG_HA_CLOSED };

        (void)state;
        hands_begin(3, WHOLE);
        watch();
        stray.ticket = scene.gate.ticket - 1;
        tg_gate_result(&scene.gate, &scene.s, &stray);
        assert_true(scene.gate.ordered && !scene.gate.ha[0].known);
        hands_answer(TG_GATE_STATUS, TG_GATE_DONE, TG_HA_OPEN);
        stray.ticket = scene.gate.ticket; /* told twice */
        tg_gate_result(&scene.gate, &scene.s, &stray);
        assert_int_equal(scene.gate.ha[0].result.state, TG_HA_OPEN);
}

static void a_lost_order_is_given_up(void **state)
{
        (void)state;
        hands_begin(3, WHOLE);
        watch();
        assert_false(hands_idle());
        scene.s.now_raw_ns += 60 * S;
        watch();
        assert_true(scene.gate.ordered && hands_idle());
        scene.s.now_raw_ns++;
        watch();
        assert_int_equal(scene.gate.ha[0].result.state, TG_HA_UNKNOWN);
        scene.s.now_raw_ns += 30 * S;
        watch();
        assert_true(hands_idle());
        scene.s.now_raw_ns++;
        watch();
        hands_answer(TG_GATE_STATUS, TG_GATE_DONE, TG_HA_OPEN); /* of the next one */
        assert_int_equal(scene.gate.ha[0].result.state, TG_HA_OPEN);
}

/* A machine under load takes long to read: what it found is new when it comes, and the next reading leaves room for a deed. */
static void the_age_of_a_reading_begins_with_its_answer(void **state)
{
        (void)state;
        hands_begin(3, WHOLE);
        tg_gate_order_run(&scene.gate, &scene.s, 0, TG_GATE_STATUS);
        scene.s.now_raw_ns += 20 * S;
        hands_answer(TG_GATE_STATUS, TG_GATE_DONE, TG_HA_OPEN);
        scene.s.now_raw_ns += TG_GATE_NOW_NS;
        assert_true(tg_gate_ha_read(&scene.gate, &scene.s, 0, TG_GATE_NOW_NS));
        watch();
        assert_true(hands_idle());
        scene.s.now_raw_ns++;
        assert_false(tg_gate_ha_read(&scene.gate, &scene.s, 0, TG_GATE_NOW_NS));
        assert_false(hands_idle());
}

/* What is being read, for whatever, is read to its end. */
static void a_command_waits_for_a_reading_that_runs(void **state)
{
        (void)state;
        for (int opens = 0; opens < 2; opens++) {
                hands_begin(3, WHOLE);
                hands_record(0, opens ? TG_STAGE_OPENING : TG_STAGE_INTENT, true);
                scene.gate.work[0].intent[0] = 7;
                hands_store(3);
                if (opens)
                        hands_calm(600 * S);
                hands_read(0, opens ? TG_HA_CLOSED : TG_HA_OPEN);
                tg_gate_order_run(&scene.gate, &scene.s, 0, TG_GATE_STATUS);
                hands_step(0);
                hands_answer(TG_GATE_STATUS, TG_GATE_DONE, opens ? TG_HA_CLOSED : TG_HA_OPEN);
                hands_step(0);
                hands_answer(opens ? TG_GATE_OPEN : TG_GATE_CLOSE, TG_GATE_DONE, TG_HA_CLOSING);
        }
}

/* Without quorum it may have been old news. */
static void after_a_ring_it_is_read_anew(void **state)
{
        (void)state;
        hands_begin(3, WHOLE);
        hands_calm(0);
        hands_read(0, TG_HA_OPEN);
        tg_gate_ha_doubt(&scene.gate, scene.s.now_raw_ns);
        scene.s.now_raw_ns += 5 * S;
        watch();
        assert_true(hands_idle());
        scene.s.now_raw_ns++;
        watch();
        assert_false(hands_idle());
        hands_begin(3, WHOLE);
        hands_calm(0);
        hands_read(0, TG_HA_OPEN);
        scene.gate.ha[0].asked_raw_ns -= 299 * S; /* that is sooner */
        tg_gate_ha_doubt(&scene.gate, scene.s.now_raw_ns);
        scene.s.now_raw_ns += S + 1;
        watch();
        assert_false(hands_idle());
}

static void a_command_is_read_back_at_once(void **state)
{
        (void)state;
        hands_begin(3, WHOLE);
        hands_record(0, TG_STAGE_INTENT, true);
        hands_read(0, TG_HA_OPEN);
        tg_gate_order_run(&scene.gate, &scene.s, 0, TG_GATE_CLOSE);
        hands_answer(TG_GATE_CLOSE, TG_GATE_DONE, TG_HA_CLOSING);
        watch();
        hands_answer(TG_GATE_STATUS, TG_GATE_DONE, TG_HA_CLOSING);
}

TESTS_MAIN(TEST(the_less_is_sure_the_younger_the_reading), TEST(a_record_of_its_own_is_read_by_itself),
           TEST(what_is_news_is_reported), TEST(what_opens_and_fails_is_a_failure), TEST(what_could_not_be_read_is_not_known),
           TEST(a_result_is_of_its_order), TEST(a_lost_order_is_given_up), TEST(the_age_of_a_reading_begins_with_its_answer),
           TEST(a_command_waits_for_a_reading_that_runs), TEST(after_a_ring_it_is_read_anew),
           TEST(a_command_is_read_back_at_once))
