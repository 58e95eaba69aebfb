/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The way to closed: whose turn it is, what is wanted, and each stage until the HA stack is read to be closed. */
#include "gate_hands.h"

#define WHOLE (TG_GATE_READY | TG_GATE_WHOLE)
#define EACH  TG_GATE_READY

static void begin_whole(void)
{
        hands_begin(3, WHOLE);
        hands_read(0, TG_HA_OPEN);
}

static enum tg_gate_stage stage(void)
{
        return hands_stage(0);
}

/* An INTENT of this process, on the disks of a quorum. */
static void intended(void)
{
        begin_whole();
        hands_step(0);
        hands_store(2);
        assert_int_equal(stage(), TG_STAGE_INTENT);
}

/* ---- stage by stage ---- */

static void the_command_follows_the_record(void **state)
{
        struct tg_gate_order order;

        (void)state;
        begin_whole();
        hands_step(0);
        assert_int_equal(stage(), TG_STAGE_INTENT);
        assert_string_equal(scene.gate.reg.records[0].prior, "before");
        assert_true(scene.gate.reg.records[0].whole && scene.gate.reg.records[0].owner_id == 1);
        hands_store(1); /* its own disk is no quorum */
        hands_step(0);
        assert_true(hands_idle());
        hands_store(2);
        hands_step(0);
        assert_int_equal(scene.gate.ticket, 1);
        hands_step(0); /* while it runs nothing else is ordered */
        assert_int_equal(scene.gate.ticket, 1);
        order = hands_answer(TG_GATE_CLOSE, TG_GATE_DONE, TG_HA_CLOSING);
        assert_int_equal(order.scope, TG_GATE_CLUSTER);
        assert_memory_equal(order.uuid, scene.gate.reg.records[0].uuid, 16);
        hands_step(0);
        assert_int_equal(stage(), TG_STAGE_ISSUED); /* accepted is not closed */
        hands_step(0);
        hands_answer(TG_GATE_STATUS, TG_GATE_DONE, TG_HA_CLOSING);
        hands_step(0);
        assert_int_equal(stage(), TG_STAGE_ISSUED);
        scene.gate.claim = TG_CLAIM_CLOSE;
        hands_read(0, TG_HA_CLOSED);
        hands_step(0);
        assert_int_equal(stage(), TG_STAGE_VERIFIED);
        assert_int_equal(scene.gate.claim, TG_CLAIM_NONE);
        assert_true(scene.gate.reg.records[0].since_real_ns == NOW);
        assert_int_equal(scene.gate.reg.records[0].scope, TG_GATE_CLUSTER);
}

static void a_command_whose_time_ran_out_may_have_worked(void **state)
{
        (void)state;
        intended();
        hands_step(0);
        hands_answer(TG_GATE_CLOSE, TG_GATE_TIMEOUT, TG_HA_UNKNOWN);
        assert_int_equal(scene.gate.work[0].failures, 0);
        hands_step(0);
        assert_int_equal(stage(), TG_STAGE_ISSUED);
}

static void a_command_that_failed_is_left_to_the_next(void **state)
{
        struct tg_gate_report told;

        (void)state;
        intended();
        hands_step(0);
        scene.gate.wants_report = false;
        hands_answer(TG_GATE_CLOSE, TG_GATE_FAILED, TG_HA_OPEN);
        assert_true(scene.gate.wants_report && scene.gate.claim == TG_CLAIM_NONE);
        assert_string_equal(scene.gate.work[0].failed, "by hand");
        tg_gate_fill(&scene.gate, &told, NOW);
        assert_false(told.flags & TG_GATE_READY);
        assert_false(told.claim);
        hands_read(0, TG_HA_OPEN);
        hands_step(0);
        assert_true(hands_idle() && stage() == TG_STAGE_INTENT);
        scene.s.now_raw_ns += 10 * S;
        hands_read(0, TG_HA_OPEN);
        hands_step(0);
        hands_answer(TG_GATE_CLOSE, TG_GATE_FAILED, TG_HA_OPEN);
        assert_true(scene.gate.work[0].rest_until_ns == scene.s.now_raw_ns + 20 * S);
        for (int i = 0; i < 300; i++)
                tg_gate_failed(&scene.gate, &scene.s, 0, "again");
        assert_true(scene.gate.work[0].rest_until_ns == scene.s.now_raw_ns + 640 * S);
}

static void an_old_reading_leads_to_no_deed(void **state)
{
        (void)state;
        begin_whole();
        scene.s.now_raw_ns += 3 * S + 1;
        hands_step(0);
        assert_int_equal(stage(), TG_STAGE_NONE);
        hands_answer(TG_GATE_STATUS, TG_GATE_DONE, TG_HA_CLOSED);
        hands_step(0);
        assert_int_equal(stage(), TG_STAGE_NONE); /* an administrator's, and no record */
}

static void only_what_is_open_is_closed(void **state)
{
        static const enum tg_ha_state others[] = { TG_HA_UNKNOWN, TG_HA_UNUSED, TG_HA_CLOSING, TG_HA_CLOSED, TG_HA_OPENING };

        (void)state;
        for (size_t i = 0; i < COUNT_OF(others); i++) {
                begin_whole();
                hands_read(0, others[i]);
                scene.gate.claim = TG_CLAIM_CLOSE;
                hands_step(0);
                assert_int_equal(stage(), TG_STAGE_NONE);
                assert_int_equal(scene.gate.claim, TG_CLAIM_NONE);
                /* nor is the command run when it is no longer so */
                intended();
                hands_read(0, others[i]);
                hands_step(0);
                assert_true(hands_idle());
        }
}

static void found_closed_before_the_command_it_is_not_ours(void **state)
{
        (void)state;
        intended();
        hands_read(0, TG_HA_CLOSED);
        hands_step(0);
        assert_int_equal(stage(), TG_STAGE_VOID);
        intended();
        scene.gate.work[0].failures = 1; /* unless a command was tried: it may have worked */
        hands_read(0, TG_HA_CLOSED);
        hands_step(0);
        assert_int_equal(stage(), TG_STAGE_UNCLEAR);
}

static void what_is_not_wanted_any_more_is_void(void **state)
{
        (void)state;
        for (uint8_t failures = 0; failures < 2; failures++) {
                intended();
                scene.gate.work[0].failures = failures;
                hands_calm(0);
                hands_step(0);
                assert_int_equal(stage(), TG_STAGE_VOID);
                assert_true(hands_idle());
        }
}

/* While nobody else knows of it; but where a command was tried, the HA stack is read first. */
static void what_was_never_tried_is_void_without_a_reading(void **state)
{
        (void)state;
        for (uint8_t failures = 0; failures < 2; failures++) {
                begin_whole();
                hands_step(0);
                scene.gate.work[0].failures = failures;
                hands_calm(0);
                hands_step(0);
                assert_int_equal(stage(), failures ? TG_STAGE_INTENT : TG_STAGE_VOID);
        }
}

static void each_closing_has_its_own_command(void **state)
{
        uint8_t first[16];

        (void)state;
        intended();
        memcpy(first, scene.gate.reg.records[0].uuid, sizeof first);
        hands_step(0);
        hands_answer(TG_GATE_CLOSE, TG_GATE_DONE, TG_HA_CLOSING);
        hands_step(0);
        assert_int_equal(stage(), TG_STAGE_ISSUED);
        tg_gate_write(&scene.gate, &scene.s, 0, TG_STAGE_UNDONE);
        scene.s.now_raw_ns++;
        hands_read(0, TG_HA_OPEN);
        hands_step(0);
        assert_int_equal(stage(), TG_STAGE_INTENT);
        assert_memory_not_equal(first, scene.gate.reg.records[0].uuid, sizeof first);
        hands_store(2);
        hands_step(0);
        hands_answer(TG_GATE_CLOSE, TG_GATE_DONE, TG_HA_CLOSING);
}

/* ---- another's intent ---- */

static void of_another(void)
{
        begin_whole();
        hands_record(0, TG_STAGE_INTENT, true)->owner_id = 2;
        hands_store(3);
}

static void anothers_intent_is_taken_over_when_nothing_was_closed(void **state)
{
        (void)state;
        of_another();
        hands_read(0, TG_HA_CLOSED);
        hands_step(0);
        assert_int_equal(stage(), TG_STAGE_UNCLEAR);
        of_another();
        hands_read(0, TG_HA_UNKNOWN);
        hands_step(0);
        assert_true(stage() == TG_STAGE_INTENT && scene.gate.reg.records[0].owner_id == 2);
        hands_read(0, TG_HA_OPEN);
        hands_step(0);
        assert_true(stage() == TG_STAGE_INTENT && scene.gate.reg.records[0].owner_id == 1);
        hands_step(0); /* and that is on the disks first */
        assert_true(hands_idle());
        hands_store(2);
        hands_step(0);
        hands_answer(TG_GATE_CLOSE, TG_GATE_DONE, TG_HA_CLOSING);
}

/* Who lost the duty with its ring may have run the command at the very end. */
static void a_run_of_another_ring_is_waited_for(void **state)
{
        (void)state;
        of_another();
        scene.gate.reg.records[0].ring_seq = 4;
        hands_read(0, TG_HA_OPEN);
        scene.s.now_raw_ns += TG_GATE_RUN_NS;
        hands_read(0, TG_HA_OPEN);
        hands_step(0);
        assert_int_equal(scene.gate.reg.records[0].owner_id, 2);
        scene.s.now_raw_ns++;
        hands_step(0);
        assert_int_equal(scene.gate.reg.records[0].owner_id, 1);
}

/* Of its own life before it knows no more than of another's. */
static void the_intent_of_a_life_before_is_anothers(void **state)
{
        (void)state;
        begin_whole();
        hands_record(0, TG_STAGE_INTENT, true);
        hands_store(3);
        hands_read(0, TG_HA_CLOSED);
        hands_step(0);
        assert_int_equal(stage(), TG_STAGE_UNCLEAR);
}

/* ---- issued ---- */

static void issued(bool whole, enum tg_ha_state read)
{
        hands_begin(3, whole ? WHOLE : EACH);
        hands_record(0, TG_STAGE_ISSUED, whole);
        hands_store(3);
        scene.s.now_raw_ns += 60 * S;
        hands_read(0, read);
}

static void what_is_not_closed_in_time_is_begun_anew(void **state)
{
        (void)state;
        issued(true, TG_HA_OPEN);
        hands_step(0);
        assert_int_equal(stage(), TG_STAGE_ISSUED);
        scene.s.now_raw_ns++;
        hands_step(0);
        assert_int_equal(stage(), TG_STAGE_INTENT);
        assert_int_equal(scene.gate.work[0].failures, 1);
        issued(true, TG_HA_OPEN);
        scene.s.now_raw_ns++;
        hands_calm(0);
        hands_step(0);
        assert_int_equal(stage(), TG_STAGE_UNDONE); /* nothing was closed and nothing need be */
        issued(true, TG_HA_CLOSING);
        scene.s.now_raw_ns++;
        hands_step(0);
        assert_int_equal(stage(), TG_STAGE_ISSUED);
        assert_int_equal(scene.gate.work[0].failures, 1);
        assert_true(scene.gate.work[0].stage_raw_ns == scene.s.now_raw_ns); /* said once a limit */
}

static void what_has_failed_is_over_when_it_is_closed(void **state)
{
        (void)state;
        issued(true, TG_HA_CLOSED);
        scene.gate.work[0].failed[0] = '!';
        hands_step(0);
        assert_true(stage() == TG_STAGE_VERIFIED && !scene.gate.work[0].failed[0]);
}

static void what_never_came_to_be_closed_is_not_left_halfway(void **state)
{
        (void)state;
        issued(true, TG_HA_CLOSING);
        hands_calm(600 * S);
        hands_step(0);
        assert_int_equal(stage(), TG_STAGE_OPENING);
        issued(true, TG_HA_OPEN); /* this one is open */
        hands_calm(600 * S);
        hands_step(0);
        assert_int_equal(stage(), TG_STAGE_ISSUED);
}

/* It had its effect, and somebody undid it before all was closed. */
static void opened_before_it_was_closed_it_is_taken(void **state)
{
        (void)state;
        issued(true, TG_HA_OPEN);
        for (int i = 0; i < 3; i++) {
                assert_int_equal(stage(), TG_STAGE_ISSUED);
                tg_gate_order_run(&scene.gate, &scene.s, 0, TG_GATE_STATUS);
                hands_answer(TG_GATE_STATUS, TG_GATE_DONE, i ? TG_HA_OPEN : TG_HA_CLOSING);
                hands_step(0);
        }
        assert_int_equal(stage(), TG_STAGE_TAKEN);
        assert_true(scene.gate.reg.hold.taken);
        issued(true, TG_HA_OPEN); /* what was never read to be closing has yet to begin */
        for (int i = 0; i < 3; i++) {
                tg_gate_order_run(&scene.gate, &scene.s, 0, TG_GATE_STATUS);
                hands_answer(TG_GATE_STATUS, TG_GATE_DONE, TG_HA_OPEN);
                hands_step(0);
                assert_int_equal(stage(), TG_STAGE_ISSUED);
        }
}

/* ---- each by itself ---- */

static void where_one_node_does_not_know_the_command_each_closes_itself(void **state)
{
        (void)state;
        begin_whole();
        scene_report(2)->gate.flags = EACH;
        hands_step(0);
        assert_true(stage() == TG_STAGE_INTENT && !scene.gate.reg.records[0].whole);
        begin_whole();
        scene_report(2)->gate.flags = EACH;
        scene_mute(2); /* it cannot act on itself either */
        hands_step(0);
        assert_true(stage() == TG_STAGE_INTENT && scene.gate.reg.records[0].whole);
}

static void closed_is_what_all_report(void **state)
{
        (void)state;
        hands_begin(3, EACH);
        hands_read(0, TG_HA_OPEN);
        hands_step(0);
        hands_store(2);
        hands_step(0);
        assert_int_equal(stage(), TG_STAGE_ISSUED); /* for all to act upon */
        assert_true(hands_idle());
        hands_read(0, TG_HA_CLOSED);
        scene_report(1)->gate.ha_state = TG_HA_CLOSED;
        hands_step(0);
        assert_int_equal(stage(), TG_STAGE_ISSUED);
        scene_report(2)->gate.ha_state = TG_HA_UNUSED;
        hands_step(0);
        assert_int_equal(stage(), TG_STAGE_VERIFIED);
        issued(false, TG_HA_CLOSED);
        scene_report(1)->gate.ha_state = TG_HA_CLOSED;
        scene_mute(2); /* nobody waits for what it cannot say */
        hands_step(0);
        assert_int_equal(stage(), TG_STAGE_VERIFIED);
}

/* ---- whose turn, and what is wanted ---- */

static bool begins(void)
{
        hands_step(0);
        return stage() == TG_STAGE_INTENT;
}

static void only_in_charge_and_only_where_it_may(void **state)
{
        (void)state;
        begin_whole();
        scene.gate.duty.id = 0;
        assert_false(begins());
        begin_whole();
        scene.gate.finding.waits = true;
        assert_false(begins());
        begin_whole();
        tg_gate_admin(&scene.gate, &scene.s, TG_WORD_HOLD, UINT32_MAX);
        assert_false(begins());
        begin_whole();
        scene.options.gate_mode = TG_GATE_OBSERVE;
        assert_false(begins());
        scene.gate.finding.danger = TG_DANGER_WORD; /* an administrator's word closes all the same */
        assert_true(begins());
}

static void who_wants_nothing_claims_nothing(void **state)
{
        (void)state;
        begin_whole();
        scene.gate.claim = TG_CLAIM_CLOSE;
        hands_calm(0);
        hands_step(1); /* a node's own record has nothing to do with it */
        assert_int_equal(scene.gate.claim, TG_CLAIM_CLOSE);
        hands_step(0);
        assert_int_equal(scene.gate.claim, TG_CLAIM_NONE);
}

static void who_gets_nowhere_passes_the_duty_on(void **state)
{
        (void)state;
        begin_whole();
        scene.gate.claim = TG_CLAIM_CLOSE;
        hands_record(0, TG_STAGE_INTENT, true);
        scene.s.now_raw_ns += 60 * S + TG_GATE_RUN_NS;
        scene.gate.work[0].intent[0] = 7;
        hands_step(0);
        assert_int_equal(scene.gate.claim, TG_CLAIM_CLOSE);
        scene.s.now_raw_ns++;
        hands_step(0);
        assert_int_equal(scene.gate.claim, TG_CLAIM_NONE);
        assert_int_equal(scene.gate.work[0].failures, 1);
        assert_non_null(strstr(scene.gate.work[0].failed, "not on the disks"));
}

/* ---- one node alone ---- */

static void lone(int slot)
{
        hands_begin(4, WHOLE);
        scene.gate.finding.scope = TG_GATE_NODE;
        scene.gate.finding.lone = slot;
        hands_read(0, TG_HA_OPEN);
        hands_read(1, TG_HA_OPEN);
}

static void a_node_alone_closes_itself(void **state)
{
        (void)state;
        lone(0);
        hands_step(0);
        hands_step(1);
        assert_true(hands_stage(0) == TG_STAGE_NONE && hands_stage(1) == TG_STAGE_INTENT);
        assert_true(scene.gate.reg.records[1].target_id == 1 && scene.gate.reg.records[1].whole);
        assert_int_equal(scene.gate.reg.records[1].scope, TG_GATE_NODE);
        lone(2);
        hands_step(1);
        assert_int_equal(hands_stage(1), TG_STAGE_NONE);
        lone(0);
        hands_record(0, TG_STAGE_ISSUED, true); /* it is closed with the cluster already */
        hands_step(1);
        assert_int_equal(hands_stage(1), TG_STAGE_NONE);
}

/* Its record is its own affair. */
static void another_nodes_record_is_left_alone(void **state)
{
        (void)state;
        lone(0);
        hands_record(1, TG_STAGE_INTENT, true)->target_id = 3;
        scene.gate.work[1].intent[0] = 8;
        hands_store(4);
        hands_step(1);
        assert_true(hands_stage(1) == TG_STAGE_INTENT && hands_idle());
        assert_int_equal(scene.gate.reg.records[1].target_id, 3);
}

/* Two of them are the cluster's affair; and so is what the lone one does not account for. */
static void two_nodes_are_no_lone_one(void **state)
{
        (void)state;
        lone(0);
        hands_record(1, TG_STAGE_VERIFIED, true)->target_id = 3;
        hands_step(0);
        assert_int_equal(hands_stage(0), TG_STAGE_INTENT);
        lone(0);
        hands_record(1, TG_STAGE_UNDONE, true)->target_id = 3;
        hands_step(0);
        assert_int_equal(hands_stage(0), TG_STAGE_NONE);
        for (int second = 0; second < 2; second++) {
                begin_whole();
                hands_record(1, TG_STAGE_VERIFIED, true)->target_id = 3;
                scene_apart(0, 2, 6 * S);
                if (second)
                        scene_apart(0, 1, 6 * S);
                hands_step(0);
                assert_int_equal(hands_stage(0), second ? TG_STAGE_INTENT : TG_STAGE_NONE);
        }
}

/* It alone can tell that what is unclear about it has been opened. */
static void unclear_until_it_is_read_to_be_open(void **state)
{
        (void)state;
        lone(0);
        hands_calm(0);
        hands_record(1, TG_STAGE_UNCLEAR, true);
        hands_read(1, TG_HA_CLOSED);
        hands_step(1);
        assert_int_equal(hands_stage(1), TG_STAGE_UNCLEAR);
        hands_read(1, TG_HA_OPEN);
        hands_step(1);
        assert_int_equal(hands_stage(1), TG_STAGE_UNDONE);
        lone(0);
        hands_record(1, TG_STAGE_UNCLEAR, true); /* and in danger it is closed anew */
        hands_read(1, TG_HA_OPEN);
        hands_step(1);
        assert_int_equal(hands_stage(1), TG_STAGE_INTENT);
}

static void goes_to_and_fro(void **state)
{
        (void)state;
        begin_whole();
        for (int i = 0; i < 4; i++)
                tg_gate_transition(&scene.gate, NOW);
        scene.gate.reg.records[0].damping = 2;
        hands_step(0);
        assert_int_equal(scene.gate.reg.records[0].damping, 3);
}

TESTS_MAIN(TEST(the_command_follows_the_record), TEST(a_command_whose_time_ran_out_may_have_worked),
           TEST(a_command_that_failed_is_left_to_the_next), TEST(an_old_reading_leads_to_no_deed),
           TEST(only_what_is_open_is_closed), TEST(found_closed_before_the_command_it_is_not_ours),
           TEST(what_is_not_wanted_any_more_is_void), TEST(what_was_never_tried_is_void_without_a_reading),
           TEST(each_closing_has_its_own_command), TEST(anothers_intent_is_taken_over_when_nothing_was_closed),
           TEST(the_intent_of_a_life_before_is_anothers), TEST(a_run_of_another_ring_is_waited_for),
           TEST(what_is_not_closed_in_time_is_begun_anew), TEST(what_has_failed_is_over_when_it_is_closed),
           TEST(what_never_came_to_be_closed_is_not_left_halfway), TEST(opened_before_it_was_closed_it_is_taken),
           TEST(where_one_node_does_not_know_the_command_each_closes_itself), TEST(closed_is_what_all_report),
           TEST(only_in_charge_and_only_where_it_may), TEST(who_wants_nothing_claims_nothing),
           TEST(who_gets_nowhere_passes_the_duty_on), TEST(a_node_alone_closes_itself),
           TEST(another_nodes_record_is_left_alone), TEST(two_nodes_are_no_lone_one), TEST(unclear_until_it_is_read_to_be_open),
           TEST(goes_to_and_fro))
