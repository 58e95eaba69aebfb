/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The way back: when what this record closed is opened, when somebody else was there first, and what is never opened. */
#include "gate_hands.h"

#define WHOLE (TG_GATE_READY | TG_GATE_WHOLE)
#define EACH  TG_GATE_READY

static enum tg_gate_stage stage(void)
{
        return hands_stage(0);
}

static void later(int64_t by_ns)
{
        scene.s.now_raw_ns += by_ns;
}

/* ---- verified ---- */

static void verified(void)
{
        hands_begin(3, WHOLE);
        hands_record(0, TG_STAGE_VERIFIED, true);
        hands_store(3);
        hands_calm(600 * S);
        hands_read(0, TG_HA_CLOSED);
}

static void proof_opens_what_is_closed(void **state)
{
        (void)state;
        verified();
        hands_calm(600 * S - 1);
        hands_step(0);
        assert_int_equal(stage(), TG_STAGE_VERIFIED);
        later(1);
        hands_step(0);
        assert_int_equal(stage(), TG_STAGE_OPENING);
        verified();
        hands_read(0, TG_HA_CLOSING); /* half closed, by now */
        hands_step(0);
        assert_int_equal(stage(), TG_STAGE_OPENING);
        verified();
        hands_read(0, TG_HA_UNKNOWN);
        hands_step(0);
        assert_int_equal(stage(), TG_STAGE_VERIFIED);
        verified();
        later(4 * S); /* it may have been opened since */
        hands_step(0);
        assert_int_equal(stage(), TG_STAGE_VERIFIED);
        hands_answer(TG_GATE_STATUS, TG_GATE_DONE, TG_HA_CLOSED);
        hands_step(0);
        assert_int_equal(stage(), TG_STAGE_OPENING);
}

/* One reading may be of the moment in which it closed. */
static void read_twice_to_be_open_it_is_taken(void **state)
{
        (void)state;
        verified();
        scene.gate.calm_raw_ns = 0;
        for (int i = 1; i <= 2; i++) {
                assert_int_equal(stage(), TG_STAGE_VERIFIED);
                hands_step(0);
                assert_int_equal(stage(), TG_STAGE_VERIFIED);
                tg_gate_order_run(&scene.gate, &scene.s, 0, TG_GATE_STATUS);
                hands_answer(TG_GATE_STATUS, TG_GATE_DONE, TG_HA_OPEN);
        }
        hands_step(0);
        assert_int_equal(stage(), TG_STAGE_TAKEN);
        assert_true(scene.gate.reg.hold.taken && tg_gate_holds(&scene.gate, scene.s.now_raw_ns));
}

static void a_reboot_is_no_administrator(void **state)
{
        (void)state;
        for (int danger = 0; danger < 2; danger++) {
                hands_begin(4, WHOLE);
                hands_record(1, TG_STAGE_VERIFIED, true)->boot_tag++;
                hands_read(0, TG_HA_OPEN);
                scene.gate.ha[1].open_seen = 2;
                hands_read(1, TG_HA_OPEN);
                if (danger) {
                        scene.gate.finding.scope = TG_GATE_NODE;
                        scene.gate.finding.lone = 0;
                } else {
                        hands_calm(S);
                }
                hands_step(1);
                assert_int_equal(hands_stage(1), danger ? TG_STAGE_INTENT : TG_STAGE_UNDONE);
                assert_int_equal(scene.gate.reg.records[1].boot_tag == tg_gate_boot_tag(&scene.gate), danger);
                assert_false(scene.gate.reg.hold.taken);
        }
}

/* ---- opening ---- */

static void opening(void)
{
        verified();
        hands_step(0);
        hands_store(2);
        assert_int_equal(stage(), TG_STAGE_OPENING);
}

static void the_command_follows_the_record(void **state)
{
        struct tg_gate_order order;

        (void)state;
        verified();
        hands_step(0);
        hands_store(1);
        hands_step(0);
        assert_true(hands_idle());
        hands_store(2);
        hands_step(0);
        order = hands_answer(TG_GATE_OPEN, TG_GATE_DONE, TG_HA_OPENING);
        assert_string_equal(order.prior, "prior");
        hands_read(0, TG_HA_CLOSED); /* it takes its time */
        hands_step(0);
        assert_true(hands_idle());
        later(30 * S + 1);
        hands_read(0, TG_HA_CLOSED);
        hands_step(0);
        hands_answer(TG_GATE_OPEN, TG_GATE_DONE, TG_HA_OPENING);
        hands_read(0, TG_HA_OPENING);
        hands_step(0);
        assert_int_equal(stage(), TG_STAGE_OPENING);
        hands_read(0, TG_HA_OPEN);
        hands_step(0);
        assert_int_equal(stage(), TG_STAGE_UNDONE);
}

static void danger_comes_back_before_the_command(void **state)
{
        (void)state;
        for (int shut = 0; shut < 2; shut++) {
                opening();
                tg_gate_admin(&scene.gate, &scene.s, TG_WORD_RELEASE, UINT32_MAX);
                scene.gate.finding.danger = TG_DANGER_BREACH;
                scene.gate.finding.quiet = true;
                hands_read(0, shut ? TG_HA_CLOSED : TG_HA_CLOSING);
                hands_step(0);
                assert_int_equal(stage(), shut ? TG_STAGE_VERIFIED : TG_STAGE_ISSUED);
                assert_false(tg_gate_is_acknowledged(&scene.gate, 0)); /* his word was for that opening */
                assert_true(hands_idle());
        }
}

static void who_goes_on_with_an_opening_proves_it_anew(void **state)
{
        (void)state;
        opening();
        scene.gate.finding.quiet = false;
        hands_step(0);
        assert_true(hands_idle() && stage() == TG_STAGE_OPENING);
        scene.gate.finding.quiet = true;
        hands_step(0);
        assert_false(hands_idle());
}

/* Whoever asked it to open, and had the duty when it was seen. */
static void shut_again_it_is_unclear_by_whom(void **state)
{
        static const enum tg_ha_state seen[] = { TG_HA_OPENING, TG_HA_OPEN };

        (void)state;
        for (int i = 0; i < 2; i++) {
                opening();
                hands_look(0, seen[i]);
                assert_int_equal(stage(), TG_STAGE_OPENING);
                hands_look(0, TG_HA_CLOSING); /* a moment in which it was just being carried out, perhaps */
                hands_step(0);
                assert_int_equal(stage(), TG_STAGE_OPENING);
                hands_look(0, seen[i]);
                hands_look(0, TG_HA_CLOSING);
                hands_step(0);
                assert_int_equal(stage(), TG_STAGE_OPENING);
                assert_true(hands_idle());
                hands_look(0, TG_HA_CLOSED);
                hands_step(0);
                assert_int_equal(stage(), TG_STAGE_UNCLEAR);
                assert_true(hands_idle());
        }
        opening();
        tg_gate_order_run(&scene.gate, &scene.s, 0, TG_GATE_STATUS); /* asked for before that */
        later(1);
        scene.gate.work[0].stage_raw_ns = scene.s.now_raw_ns;
        hands_answer(TG_GATE_STATUS, TG_GATE_DONE, TG_HA_OPEN);
        hands_read(0, TG_HA_CLOSED);
        hands_step(0);
        assert_int_equal(stage(), TG_STAGE_OPENING);
        assert_false(hands_idle());
}

/* What was seen of one opening says nothing of the next, which another node began and this one goes on with. */
static void another_opening_begins_anew(void **state)
{
        struct tg_gate_record next;

        (void)state;
        opening();
        hands_step(0);
        hands_answer(TG_GATE_OPEN, TG_GATE_DONE, TG_HA_OPENING);
        hands_read(0, TG_HA_OPENING);
        hands_step(0);
        hands_read(0, TG_HA_OPEN);
        hands_step(0);
        assert_int_equal(stage(), TG_STAGE_UNDONE);
        next = *hands_record(0, TG_STAGE_VERIFIED, true);
        next.stage = TG_STAGE_OPENING;
        next.owner_id = 2;
        next.serial++;
        scene_report(1)->gate.records[0] = next;
        scene_report(1)->seq++;
        tg_gate_deliver(&scene.gate, &scene.s, 1);
        hands_store(3);
        hands_calm(600 * S);
        hands_read(0, TG_HA_CLOSED);
        hands_step(0);
        assert_int_equal(stage(), TG_STAGE_OPENING);
        assert_false(hands_idle());
}

static void what_does_not_open_in_time_is_said(void **state)
{
        (void)state;
        opening();
        later(60 * S);
        hands_read(0, TG_HA_OPENING);
        hands_step(0);
        assert_int_equal(scene.gate.work[0].failures, 0);
        later(1);
        hands_step(0);
        assert_int_equal(scene.gate.work[0].failures, 1);
        assert_non_null(strstr(scene.gate.work[0].failed, "not open 60 s after"));
        assert_int_equal(stage(), TG_STAGE_OPENING);
        assert_true(scene.gate.work[0].stage_raw_ns == scene.s.now_raw_ns);
}

/* ---- each by itself ---- */

static void opening_each(void)
{
        hands_begin(3, EACH);
        hands_record(0, TG_STAGE_OPENING, false);
        hands_store(3);
        hands_calm(600 * S);
        hands_read(0, TG_HA_OPEN);
}

static void open_is_when_nobody_has_anything_closed(void **state)
{
        (void)state;
        opening_each();
        scene_report(1)->gate.flags |= TG_GATE_OURS;
        hands_step(0);
        assert_int_equal(stage(), TG_STAGE_OPENING);
        scene_report(1)->gate.flags &= (uint8_t)~TG_GATE_OURS;
        hands_step(0);
        assert_int_equal(stage(), TG_STAGE_UNDONE);
        opening_each();
        tg_gate_admin(&scene.gate, &scene.s, TG_WORD_RELEASE, UINT32_MAX);
        scene.gate.finding = (struct tg_finding){ .danger = TG_DANGER_BREACH, .scope = TG_GATE_CLUSTER, .lone = -1 };
        hands_step(0);
        assert_int_equal(stage(), TG_STAGE_ISSUED); /* those that have opened close anew */
        assert_false(tg_gate_is_acknowledged(&scene.gate, 0));
}

/* ---- one node alone ---- */

/* A command for all takes effect only when that node's services run again, and covers it. */
static void the_cluster_takes_the_lone_one_over(void **state)
{
        (void)state;
        for (int accepted = 0; accepted < 2; accepted++) {
                hands_begin(4, WHOLE);
                hands_record(1, TG_STAGE_VERIFIED, true);
                hands_record(0, accepted ? TG_STAGE_ISSUED : TG_STAGE_INTENT, true);
                hands_store(4);
                hands_read(1, TG_HA_CLOSED);
                hands_step(1);
                assert_int_equal(hands_stage(1), accepted ? TG_STAGE_OPENING : TG_STAGE_VERIFIED);
                hands_store(4);
                hands_step(1);
                assert_int_equal(hands_idle(), !accepted); /* danger or not */
        }
}

/* An administrator opened and closed it again while this node, without quorum, could only look on: one look may have been of a change. */
static void what_was_seen_open_is_remembered(void **state)
{
        (void)state;
        for (int times = 1; times < 3; times++) {
                hands_begin(4, WHOLE);
                hands_record(1, TG_STAGE_VERIFIED, true);
                hands_store(4);
                hands_calm(0);
                for (int i = 0; i < times; i++)
                        hands_look(1, TG_HA_OPEN);
                hands_look(1, TG_HA_CLOSED);
                hands_step(1);
                assert_int_equal(hands_stage(1), times > 1 ? TG_STAGE_TAKEN : TG_STAGE_VERIFIED);
                assert_true(hands_idle());
        }
}

/* The command was accepted, and took its time: what was still open then has not been opened again. */
static void what_is_not_closed_yet_was_not_opened(void **state)
{
        (void)state;
        hands_begin(4, WHOLE);
        hands_record(1, TG_STAGE_ISSUED, true);
        hands_store(4);
        hands_look(1, TG_HA_OPEN);
        hands_look(1, TG_HA_OPEN);
        hands_look(1, TG_HA_CLOSING);
        hands_step(1);
        assert_int_equal(hands_stage(1), TG_STAGE_ISSUED);
        hands_look(1, TG_HA_OPEN);
        hands_look(1, TG_HA_OPEN);
        hands_step(1);
        assert_int_equal(hands_stage(1), TG_STAGE_TAKEN);
}

/* What was closed on a node that is no cluster node any more is nobody's to open. */
static void a_node_was_taken_out_of_the_cluster(void **state)
{
        static const enum tg_gate_stage stages[] = { TG_STAGE_VERIFIED, TG_STAGE_UNCLEAR, TG_STAGE_INTENT };

        (void)state;
        for (int i = 0; i < 9; i++) {
                struct tg_member *m;

                hands_begin(4, WHOLE);
                hands_record(1, stages[i % 3], true)->target_id = 4;
                hands_calm(0);
                m = &scene.view.members[3];
                m->configured = m->present = m->fresh = false;
                switch (i) {
                case 3:
                        m->configured = true;
                        break; /* it may come back */
                case 4:
                        m->present = true;
                        break; /* corosync's configuration is behind */
                case 5:
                        scene.view.members[0].configured = false;
                        break; /* nothing is known of it yet */
                case 6:
                        scene.gate.reg.records[1].target_id = 1;
                        break; /* one's own is one's own business */
                case 7:
                        scene_report(0)->gate.flags &= ~(unsigned)TG_GATE_READY;
                        break; /* the first of those that can act says it */
                case 8:
                        scene.gate.reg.records[1].target_id = 99;
                        break; /* seen by none of those that are here */
                default:
                        break;
                }
                hands_step(1);
                later(60 * S);
                hands_step(1);
                assert_int_equal(hands_stage(1), stages[i % 3]);
                later(1);
                hands_step(1);
                assert_int_equal(hands_stage(1) == TG_STAGE_UNDONE, i < 3 || i == 8);
                if (i >= 3)
                        continue;
                hands_step(1);
                hands_record(1, stages[i], true)->target_id = 4;
                hands_step(1);
                m->configured = true; /* it was not read in one look */
                hands_step(1);
                m->configured = false;
                later(61 * S);
                hands_step(1);
                assert_int_equal(hands_stage(1), stages[i]);
        }
}

TESTS_MAIN(TEST(what_was_seen_open_is_remembered), TEST(what_is_not_closed_yet_was_not_opened),
           TEST(a_node_was_taken_out_of_the_cluster), TEST(proof_opens_what_is_closed), TEST(read_twice_to_be_open_it_is_taken),
           TEST(a_reboot_is_no_administrator), TEST(the_command_follows_the_record), TEST(danger_comes_back_before_the_command),
           TEST(who_goes_on_with_an_opening_proves_it_anew), TEST(shut_again_it_is_unclear_by_whom),
           TEST(another_opening_begins_anew), TEST(what_does_not_open_in_time_is_said),
           TEST(open_is_when_nobody_has_anything_closed), TEST(the_cluster_takes_the_lone_one_over))
