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

static void what_could_not_be_read_is_not_known(void **state)
{
        (void)state;
        hands_begin(3, WHOLE);
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
        hands_answer(TG_GATE_STATUS, TG_GATE_DONE, TG_HA_OPEN); /* of the next one */
        assert_int_equal(scene.gate.ha[0].result.state, TG_HA_OPEN);
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

TESTS_MAIN(TEST(the_less_is_sure_the_younger_the_reading), TEST(what_could_not_be_read_is_not_known),
           TEST(a_result_is_of_its_order), TEST(a_lost_order_is_given_up), TEST(after_a_ring_it_is_read_anew),
           TEST(a_command_is_read_back_at_once))
