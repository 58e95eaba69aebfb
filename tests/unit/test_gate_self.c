/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a node does to itself where nobody can act for all: what it does is on its disk before, and what it has not done it does not undo. */
#include "gate_hands.h"

#define EACH TG_GATE_READY

static enum tg_gate_acted acted(void)
{
        return (enum tg_gate_acted)scene.gate.reg.own.acted;
}

static void later(int64_t by_ns)
{
        scene.s.now_raw_ns += by_ns;
}

/* The cluster's record is issued, for each to act upon. */
static void issued(enum tg_ha_state read)
{
        hands_begin(3, EACH);
        hands_record(0, TG_STAGE_ISSUED, false);
        hands_store(3);
        hands_read(0, read);
}

/* This node has closed itself for that record. */
static void closed(enum tg_gate_stage stage)
{
        hands_begin(3, EACH);
        hands_record(0, stage, false);
        scene.gate.reg.own =
                (struct tg_gate_own){ .acted = TG_ACTED_CLOSED, .uuid = { 7 }, .boot_id = { 1 }, .prior = "before" };
        hands_store(3);
        hands_read(0, TG_HA_CLOSED);
}

/* ---- closing ---- */

static void what_it_does_is_on_disk_before(void **state)
{
        struct tg_gate_order order;

        (void)state;
        issued(TG_HA_OPEN);
        hands_self();
        assert_int_equal(acted(), TG_ACTED_TRIED);
        assert_string_equal(scene.gate.reg.own.prior, "before");
        assert_memory_equal(scene.gate.reg.own.uuid, scene.gate.reg.records[0].uuid, 16);
        assert_memory_equal(scene.gate.reg.own.boot_id, scene.gate.boot_id, 16);
        hands_self();
        assert_true(hands_idle());
        hands_store(1);
        hands_self();
        order = hands_answer(TG_GATE_CLOSE, TG_GATE_DONE, TG_HA_CLOSING);
        assert_int_equal(order.scope, TG_GATE_NODE);
        hands_read(0, TG_HA_OPEN); /* it takes its time */
        hands_self();
        assert_true(hands_idle());
        later(30 * S);
        hands_read(0, TG_HA_OPEN);
        hands_self();
        hands_answer(TG_GATE_CLOSE, TG_GATE_DONE, TG_HA_CLOSING);
        hands_read(0, TG_HA_CLOSED);
        hands_self();
        assert_int_equal(acted(), TG_ACTED_CLOSED);
}

static void what_others_have_closed_is_not_its_own(void **state)
{
        static const enum tg_ha_state others[] = { TG_HA_UNKNOWN, TG_HA_UNUSED, TG_HA_CLOSING, TG_HA_CLOSED, TG_HA_OPENING };

        (void)state;
        for (size_t i = 0; i < COUNT_OF(others); i++) {
                issued(others[i]);
                hands_self();
                assert_int_equal(acted(), TG_ACTED_NOT);
        }
        issued(TG_HA_OPEN); /* nor what is closed before it has asked for it */
        hands_self();
        hands_store(1);
        hands_read(0, TG_HA_CLOSED);
        hands_self();
        assert_int_equal(acted(), TG_ACTED_NOT);
        issued(TG_HA_OPEN); /* nor what the command itself finds closed */
        hands_self();
        hands_store(1);
        hands_self();
        hands_answer(TG_GATE_CLOSE, TG_GATE_FAILED, TG_HA_CLOSED);
        assert_int_equal(acted(), TG_ACTED_NOT);
}

static void a_failure_is_rested_from(void **state)
{
        (void)state;
        issued(TG_HA_OPEN);
        hands_self();
        hands_store(1);
        hands_self();
        hands_answer(TG_GATE_CLOSE, TG_GATE_FAILED, TG_HA_OPEN);
        assert_int_equal(acted(), TG_ACTED_TRIED);
        assert_string_equal(scene.gate.work[0].failed, "by hand");
        scene.gate.own_asked_raw_ns = 0;
        later(10 * S - 1);
        hands_read(0, TG_HA_OPEN);
        hands_self();
        assert_true(hands_idle());
        later(1);
        hands_self();
        hands_answer(TG_GATE_CLOSE, TG_GATE_FAILED, TG_HA_OPEN);
        assert_true(scene.gate.own_rest_until_ns == scene.s.now_raw_ns + 20 * S);
}

static void the_manager_is_last(void **state)
{
        (void)state;
        issued(TG_HA_OPEN);
        scene.gate.ha[0].result.flags |= TG_GATE_MASTER;
        scene_report(1)->gate.ha_state = TG_HA_CLOSED;
        hands_self();
        assert_int_equal(acted(), TG_ACTED_NOT);
        scene_report(2)->gate.ha_state = TG_HA_CLOSED;
        hands_self();
        assert_int_equal(acted(), TG_ACTED_TRIED);
}

static void only_for_a_record_that_says_so(void **state)
{
        static const enum tg_gate_stage others[] = { TG_STAGE_NONE, TG_STAGE_INTENT, TG_STAGE_OPENING, TG_STAGE_UNDONE,
                                                     TG_STAGE_VOID, TG_STAGE_TAKEN,  TG_STAGE_UNCLEAR };

        (void)state;
        for (size_t i = 0; i < COUNT_OF(others); i++) {
                issued(TG_HA_OPEN);
                scene.gate.reg.records[0].stage = (uint8_t)others[i];
                hands_self();
                assert_true(acted() == TG_ACTED_NOT && hands_idle());
        }
        issued(TG_HA_OPEN);
        scene.gate.reg.records[0].whole = 1; /* one acts for all */
        hands_self();
        assert_true(acted() == TG_ACTED_NOT && hands_idle());
        issued(TG_HA_OPEN);
        tg_gate_taken(&scene.gate, &scene.s); /* an administrator has opened one of them */
        hands_self();
        assert_int_equal(acted(), TG_ACTED_NOT);
}

/* The record stands for the others: this node finds no danger any more. */
static void in_calm_it_leaves_itself_open(void **state)
{
        (void)state;
        issued(TG_HA_OPEN);
        hands_calm(0);
        hands_self();
        assert_int_equal(acted(), TG_ACTED_NOT);
        issued(TG_HA_OPEN);
        hands_self();
        assert_int_equal(acted(), TG_ACTED_TRIED);
        hands_store(1);
        hands_calm(0);
        hands_self(); /* it has not asked for the command yet: then it does not */
        assert_true(acted() == TG_ACTED_NOT && hands_idle());
}

/* ---- somebody else opens it ---- */

static void found_open_it_was_an_administrator_or_a_reboot(void **state)
{
        (void)state;
        for (int rebooted = 0; rebooted < 2; rebooted++)
                for (int danger = 0; danger < 2; danger++) {
                        closed(TG_STAGE_VERIFIED);
                        scene.gate.reg.own.boot_id[0] = rebooted ? 9 : 1;
                        if (!danger)
                                hands_calm(0);
                        for (int i = 0; i < 2; i++) {
                                assert_int_equal(acted(), TG_ACTED_CLOSED);
                                tg_gate_order_run(&scene.gate, &scene.s, 0, TG_GATE_STATUS);
                                hands_answer(TG_GATE_STATUS, TG_GATE_DONE, TG_HA_OPEN);
                                hands_self();
                        }
                        assert_int_equal(acted(), rebooted && danger ? TG_ACTED_TRIED : TG_ACTED_NOT);
                        assert_int_equal(scene.gate.reg.hold.taken, !rebooted);
                        assert_false(scene.gate.own_was_open);
                }
}

/* ---- opening ---- */

static void it_opens_when_the_record_says_so(void **state)
{
        struct tg_gate_order order;

        (void)state;
        closed(TG_STAGE_OPENING);
        hands_calm(600 * S);
        scene_report(1)->gate.stored = scene_report(2)->gate.stored = 0;
        hands_self();
        assert_int_equal(acted(), TG_ACTED_CLOSED);
        hands_store(3);
        hands_self();
        assert_int_equal(acted(), TG_ACTED_TRIED); /* from now on what opens it is its own doing */
        hands_self();
        assert_true(hands_idle());
        hands_store(1);
        hands_self();
        order = hands_answer(TG_GATE_OPEN, TG_GATE_DONE, TG_HA_OPENING);
        assert_string_equal(order.prior, "before");
        assert_int_equal(order.scope, TG_GATE_NODE);
        hands_read(0, TG_HA_CLOSED);
        hands_self();
        assert_true(hands_idle());
        hands_read(0, TG_HA_OPEN);
        hands_self();
        assert_int_equal(acted(), TG_ACTED_NOT);
}

static void half_closed_is_opened_too(void **state)
{
        (void)state;
        closed(TG_STAGE_OPENING);
        hands_calm(600 * S);
        for (int i = 0; i < 3; i++) {
                hands_read(0, TG_HA_CLOSING);
                hands_store(3);
                hands_self();
        }
        hands_answer(TG_GATE_OPEN, TG_GATE_DONE, TG_HA_OPENING);
}

/* Somebody closes it while it opens, or a service fails to start: it is said, and left alone until it is open. */
static void shut_again_while_it_opened_it_is_unclear(void **state)
{
        struct tg_gate_report told;

        (void)state;
        closed(TG_STAGE_OPENING);
        hands_calm(600 * S);
        for (int i = 0; i < 3; i++) {
                hands_store(3);
                hands_self();
        }
        hands_answer(TG_GATE_OPEN, TG_GATE_DONE, TG_HA_OPENING);
        tg_gate_order_run(&scene.gate, &scene.s, 0, TG_GATE_STATUS);
        hands_answer(TG_GATE_STATUS, TG_GATE_DONE, TG_HA_OPENING);
        hands_read(0, TG_HA_CLOSED);
        hands_self();
        assert_int_equal(acted(), TG_ACTED_UNCLEAR);
        tg_gate_fill(&scene.gate, &told, scene.s.now_raw_ns);
        assert_false(told.flags & TG_GATE_OURS);
        hands_store(3);
        later(31 * S);
        hands_read(0, TG_HA_CLOSED);
        hands_self();
        assert_true(hands_idle());
        later(11 * S);
        hands_self();
        hands_answer(TG_GATE_STATUS, TG_GATE_DONE, TG_HA_OPEN);
        hands_self();
        assert_int_equal(acted(), TG_ACTED_NOT);
}

static void it_opens_into_no_danger(void **state)
{
        (void)state;
        closed(TG_STAGE_OPENING);
        hands_self();
        assert_int_equal(acted(), TG_ACTED_CLOSED);
        for (int stage = TG_STAGE_INTENT; stage < TG_STAGE_OPENING; stage++) {
                closed((enum tg_gate_stage)stage); /* nor before the record says so */
                hands_calm(600 * S);
                hands_self();
                assert_int_equal(acted(), TG_ACTED_CLOSED);
        }
}

/* It was away when the others were done with it. */
static void a_record_that_is_gone_leaves_nothing_closed(void **state)
{
        (void)state;
        closed(TG_STAGE_UNDONE);
        hands_calm(S);
        scene.gate.calm_raw_ns = 0;
        hands_self();
        assert_int_equal(acted(), TG_ACTED_CLOSED);
        scene.gate.calm_raw_ns = NOW;
        hands_self();
        assert_int_equal(acted(), TG_ACTED_TRIED);
        closed(TG_STAGE_OPENING);
        hands_calm(S);
        scene.gate.reg.own.uuid[0]++; /* for another record */
        scene_report(1)->gate.stored = scene_report(2)->gate.stored = 0;
        hands_self();
        assert_int_equal(acted(), TG_ACTED_TRIED);
}

/* It was seen open, twice, and closed again: by somebody else, who opens it himself. */
static void what_was_open_meanwhile_is_left_alone(void **state)
{
        (void)state;
        closed(TG_STAGE_OPENING);
        hands_calm(S);
        scene.gate.own_was_open = true;
        hands_self();
        assert_int_equal(acted(), TG_ACTED_NOT);
        hands_self();
        assert_true(hands_idle());
}

TESTS_MAIN(TEST(what_it_does_is_on_disk_before), TEST(in_calm_it_leaves_itself_open),
           TEST(what_others_have_closed_is_not_its_own), TEST(a_failure_is_rested_from), TEST(the_manager_is_last),
           TEST(only_for_a_record_that_says_so), TEST(found_open_it_was_an_administrator_or_a_reboot),
           TEST(it_opens_when_the_record_says_so), TEST(half_closed_is_opened_too),
           TEST(shut_again_while_it_opened_it_is_unclear), TEST(it_opens_into_no_danger),
           TEST(a_record_that_is_gone_leaves_nothing_closed), TEST(what_was_open_meanwhile_is_left_alone))
