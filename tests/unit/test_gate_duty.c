/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who acts for the cluster: the first claim that is delivered, until it is given back, lost or taken away. */
#include "gate_scene.h"

static void deliver(int slot, enum tg_claim claim)
{
        scene_report(slot)->gate.claim = (uint8_t)claim;
        tg_gate_duty_deliver(&scene.gate, &scene.s, slot);
}

static uint32_t holder(void)
{
        return scene.gate.duty.id;
}

static bool mine(void)
{
        return tg_gate_duty_mine(&scene.gate, &scene.s, TG_CLAIM_CLOSE);
}

static bool claims(void)
{
        return scene.gate.claim != TG_CLAIM_NONE;
}

static void the_first_claim_delivered_has_it(void **state)
{
        (void)state;
        scene_new(3);
        deliver(0, TG_CLAIM_NONE);
        assert_int_equal(holder(), 0);
        assert_false(mine());
        assert_true(claims() && scene.gate.wants_report);
        deliver(1, TG_CLAIM_CLOSE);
        deliver(0, TG_CLAIM_CLOSE);
        assert_int_equal(holder(), 2);
        scene.gate.wants_report = false;
        assert_false(mine());
        assert_true(!claims() && scene.gate.wants_report); /* what it claims in vain it takes back */
        deliver(1, TG_CLAIM_OPEN);
        assert_int_equal(holder(), 2);
        deliver(1, TG_CLAIM_NONE);
        assert_int_equal(holder(), 0);
        deliver(0, TG_CLAIM_CLOSE);
        assert_int_equal(holder(), 1);
        assert_true(mine()); /* it was given back: nothing runs any more */
        tg_gate_duty_release(&scene.gate);
        assert_false(claims());
}

static void a_claim_counts_in_its_ring(void **state)
{
        (void)state;
        scene_new(3);
        scene_report(1)->ring.seq = 4;
        deliver(1, TG_CLAIM_CLOSE);
        assert_int_equal(holder(), 0);
        scene_report(1)->ring = scene.view.ring;
        deliver(1, TG_CLAIM_CLOSE);
        assert_int_equal(holder(), 2);
        scene.gate.claim = TG_CLAIM_CLOSE;
        scene_asked(0, 0);
        tg_gate_ring(&scene.gate, NOW + S);
        assert_true(holder() == 0 && !claims());
        assert_true(scene.gate.duty.guard_until_ns == NOW + TG_GATE_RUN_NS);
        assert_int_equal(scene.gate.watch.n_asked[0], 0); /* all say it anew */
}

/* From when it was last heard; the own runs are known. */
static void nobody_acts_before_the_run_of_who_was_lost_is_over(void **state)
{
        (void)state;
        scene_new(3);
        deliver(1, TG_CLAIM_CLOSE);
        scene.s.now_raw_ns += 2 * S;
        deliver(1, TG_CLAIM_CLOSE);
        scene_mute(1);
        scene.s.now_raw_ns += 6 * S;
        deliver(0, TG_CLAIM_CLOSE);
        assert_int_equal(holder(), 1);
        assert_false(mine());
        scene.s.now_raw_ns = NOW + 2 * S + TG_GATE_RUN_NS - 1;
        assert_false(mine());
        scene.s.now_raw_ns++;
        assert_true(mine());
}

static void an_agent_that_begins_anew_gives_nothing_back(void **state)
{
        (void)state;
        scene_new(3);
        deliver(1, TG_CLAIM_CLOSE);
        scene.view.members[1].heard_pid++;
        deliver(1, TG_CLAIM_NONE);
        assert_int_equal(holder(), 0);
        assert_true(scene.gate.duty.guard_until_ns == NOW + TG_GATE_RUN_NS);
        deliver(1, TG_CLAIM_CLOSE);
        assert_int_equal(holder(), 2);
        scene.view.members[1].present = false;
        assert_false(mine());
        assert_true(claims()); /* it may be claimed as soon as the holder is gone */
}

static void the_limit_knows_the_steps(void **state)
{
        (void)state;
        scene_new(3);
        assert_true(tg_gate_limit_of_duty_ns(&scene.s) == 60 * S);
        scene_report(1)->last_step_ns = 30 * S;
        scene_report(1)->gate.flags |= TG_GATE_MASTER;
        assert_true(tg_gate_limit_of_duty_ns(&scene.s) == 60 * S);
        scene_report(2)->last_step_ns = -30 * S;
        assert_true(tg_gate_limit_of_duty_ns(&scene.s) == 90 * S);
        scene_report(1)->last_step_ns = -5 * S;
        assert_true(tg_gate_limit_of_duty_ns(&scene.s) == 180 * S);
        scene_report(1)->last_step_ns = -150 * S;
        assert_true(tg_gate_limit_of_duty_ns(&scene.s) == 210 * S);
        scene_report(2)->last_step_ns = -INT64_MAX;
        assert_true(tg_gate_limit_of_duty_ns(&scene.s) == 3660 * S);
        scene_mute(2);
        assert_true(tg_gate_limit_of_duty_ns(&scene.s) == 210 * S);
        scene_report(1)->last_step_ns = 100 * S;
        assert_true(tg_gate_limit_of_duty_ns(&scene.s) == 60 * S);
        scene_report(1)->last_step_ns++; /* the manager's lock, whoever has it, may be taken for old */
        assert_true(tg_gate_limit_of_duty_ns(&scene.s) == 180 * S);
}

static void who_does_nothing_with_it_loses_it(void **state)
{
        (void)state;
        scene_new(3);
        deliver(1, TG_CLAIM_CLOSE);
        scene.s.now_raw_ns = NOW + 60 * S + TG_GATE_RUN_NS + 15 * S;
        deliver(1, TG_CLAIM_CLOSE);
        assert_int_equal(holder(), 2);
        scene.s.now_raw_ns++;
        deliver(1, TG_CLAIM_CLOSE);
        assert_int_equal(holder(), 0);
        deliver(1, TG_CLAIM_CLOSE); /* still the old claim */
        assert_int_equal(holder(), 0);
        deliver(1, TG_CLAIM_NONE);
        deliver(1, TG_CLAIM_CLOSE);
        assert_int_equal(holder(), 2);
}

static bool first(void)
{
        return tg_gate_is_first(&scene.gate, &scene.s);
}

static void the_lowest_that_can_act_claims(void **state)
{
        (void)state;
        scene_new(3);
        assert_true(first());
        scene.gate.self_id = 2;
        scene.s.self = 1;
        assert_false(first());
        assert_false(mine() || claims());
        scene_report(0)->gate.flags = TG_GATE_WHOLE;
        assert_true(first());
        scene_report(0)->gate.flags |= TG_GATE_READY;
        scene_mute(0);
        assert_true(first());
        scene.view.members[0].fresh = true;
        scene.gate.duty.deaf_to = 1;
        assert_true(first());
        scene.gate.duty.deaf_to = 0;
        scene_report(0)->boot_ns = scene.options.boot_grace_ns - 1;
        assert_true(first());
        scene_report(0)->boot_ns++;
        assert_false(first());
        scene.gate.work[0].rest_until_ns = NOW + 1; /* who has failed leaves it to the next */
        scene_mute(0);
        assert_false(mine() || claims());
        scene.s.now_raw_ns++;
        assert_false(mine());
        assert_true(claims());
}

/* An administrator has closed that node: where each closes itself, there it has nothing to do. */
static void who_has_nothing_to_close_comes_last(void **state)
{
        (void)state;
        scene_new(2);
        for (int i = 0; i < 2; i++)
                scene_report(i)->gate.flags = TG_GATE_READY;
        scene_report(0)->gate.ha_state = TG_HA_CLOSED;
        assert_false(first());
        scene_report(0)->gate.flags |= TG_GATE_OURS;
        assert_true(first());
        scene_report(0)->gate.flags = TG_GATE_READY | TG_GATE_WHOLE;
        assert_true(first());
        for (int i = 0; i < 2; i++) {
                scene_report(i)->gate.flags = TG_GATE_READY;
                scene_report(i)->gate.ha_state = TG_HA_CLOSED;
        }
        assert_true(first()); /* of those that come last too */
}

TESTS_MAIN(TEST(the_first_claim_delivered_has_it), TEST(a_claim_counts_in_its_ring),
           TEST(nobody_acts_before_the_run_of_who_was_lost_is_over), TEST(an_agent_that_begins_anew_gives_nothing_back),
           TEST(the_limit_knows_the_steps), TEST(who_does_nothing_with_it_loses_it), TEST(the_lowest_that_can_act_claims),
           TEST(who_has_nothing_to_close_comes_last))
