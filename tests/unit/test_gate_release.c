/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* When what is closed may open: after unbroken proof, by an administrator's word, ever later where it goes to and fro. And what his words do. */
#include "gate_scene.h"

/* The cluster's record, closed, and proven well for calm_ns in so many reports. */
static void closed_and_calm(int64_t calm_ns, uint32_t reports)
{
        scene_new(3);
        scene.gate.reg.records[0] = (struct tg_gate_record){ .uuid = { 7 },
                                                             .ring_seq = 8,
                                                             .serial = 3,
                                                             .owner_id = 1,
                                                             .scope = TG_GATE_CLUSTER,
                                                             .stage = TG_STAGE_VERIFIED,
                                                             .whole = 1 };
        scene.gate.calm_raw_ns = NOW - calm_ns;
        scene.gate.calm_reports = reports;
}

static bool may_open(void)
{
        return tg_gate_may_open(&scene.gate, &scene.s, 0);
}

static void give(enum tg_gate_word word)
{
        tg_gate_admin(&scene.gate, &scene.s, word, UINT32_MAX);
}

/* ---- proof ---- */

static void unbroken_proof_opens(void **state)
{
        (void)state;
        closed_and_calm(600 * S, 600);
        assert_true(may_open());
        closed_and_calm(600 * S - 1, 600);
        assert_false(may_open());
        closed_and_calm(600 * S, 4); /* the agent was frozen: time alone proves nothing */
        assert_false(may_open());
        closed_and_calm(600 * S, 5);
        assert_true(may_open());
        scene.options.gate_release_ack = true;
        assert_false(may_open());
        scene.options.gate_release_ack = false;
        scene.gate.reg.records[0].damping = 1;
        assert_false(may_open());
        scene.s.now_raw_ns += 600 * S;
        assert_true(may_open());
}

static void a_break_begins_it_anew(void **state)
{
        (void)state;
        closed_and_calm(600 * S, 600);
        scene_find();
        assert_true(scene.gate.calm_raw_ns == NOW - 600 * S && scene.gate.calm_reports == 600);
        scene_mute(2);
        scene_find();
        assert_true(scene.gate.calm_raw_ns == 0 && scene.gate.calm_reports == 0);
        assert_false(may_open());
        scene.view.members[2].fresh = true;
        scene_find();
        assert_true(scene.gate.calm_raw_ns == NOW && scene.gate.calm_reports == 0);
}

/* ---- an administrator's words ---- */

static void a_release_is_of_what_is_closed_now(void **state)
{
        (void)state;
        closed_and_calm(10 * S, 10);
        scene.options.gate_release_ack = true;
        give(TG_WORD_RELEASE);
        assert_true(may_open());
        scene.gate.reg.records[0].uuid[0]++; /* it has closed anew since */
        assert_false(may_open());
        scene.gate.reg.records[0].uuid[0]--;
        tg_gate_spend_word(&scene.gate, &scene.s, 0); /* or was about to open, and danger came again */
        assert_false(may_open());
        give(TG_WORD_RELEASE);
        assert_true(may_open());
        closed_and_calm(10 * S, 4); /* with a little proof all the same */
        give(TG_WORD_RELEASE);
        assert_false(may_open());
}

/* A node and the cluster: what is closed now is both. */
static void a_release_is_of_all_that_is_closed_now(void **state)
{
        struct tg_gate_record *cluster = &scene.gate.reg.records[0], *node = &scene.gate.reg.records[1];

        (void)state;
        closed_and_calm(10 * S, 10);
        *node = *cluster;
        node->uuid[3] ^= 5;
        node->target_id = 3;
        give(TG_WORD_RELEASE);
        assert_true(may_open() && tg_gate_may_open(&scene.gate, &scene.s, 1));
        cluster->stage = TG_STAGE_UNDONE;
        assert_true(tg_gate_may_open(&scene.gate, &scene.s, 1));
        node->uuid[0]++; /* it has closed anew since */
        assert_false(tg_gate_may_open(&scene.gate, &scene.s, 1));
        node->stage = TG_STAGE_UNDONE;
        cluster->stage = TG_STAGE_VERIFIED;
        give(TG_WORD_RELEASE);
        assert_true(may_open());
        node->stage = TG_STAGE_VERIFIED;
        node->uuid[0]++;
        assert_true(may_open());
        assert_false(tg_gate_may_open(&scene.gate, &scene.s, 1));
}

static void a_release_ends_the_hold_first(void **state)
{
        (void)state;
        closed_and_calm(10 * S, 10);
        give(TG_WORD_HOLD);
        assert_true(tg_gate_holds(&scene.gate, NOW));
        give(TG_WORD_RELEASE);
        assert_false(tg_gate_holds(&scene.gate, NOW) || may_open());
        give(TG_WORD_RELEASE);
        assert_true(may_open());
        give(TG_WORD_HOLD); /* the newest word counts, and nothing of those before */
        assert_false(may_open());
        scene.gate.reg.hold.taken = true;
        give(TG_WORD_HOLD);
        assert_false(scene.gate.reg.hold.taken);
}

static void a_word_is_told_and_saved(void **state)
{
        (void)state;
        scene_new(3);
        give(TG_WORD_HOLD);
        assert_true(scene.gate.version == 1 && scene.gate.wants_report && scene.gate.hold_raw_ns == NOW);
}

static void each_word_is_newer_than_the_one_before(void **state)
{
        struct tg_gate_hold last;

        (void)state;
        scene_new(3);
        give(TG_WORD_HOLD);
        last = scene.gate.reg.hold;
        give(TG_WORD_RELEASE);
        assert_true(scene.gate.reg.hold.ring_seq == last.ring_seq && scene.gate.reg.hold.serial == last.serial + 1);
        scene.view.ring.seq = 12;
        give(TG_WORD_HOLD);
        assert_true(scene.gate.reg.hold.ring_seq == 12 && scene.gate.reg.hold.serial == 1);
        scene.view.ring.seq = 4; /* corosync began anew */
        give(TG_WORD_RELEASE);
        assert_true(scene.gate.reg.hold.ring_seq == 4 && scene.gate.reg.hold.serial == 1);
}

static void a_word_to_close_is_reason_enough(void **state)
{
        const struct tg_finding *f;

        (void)state;
        closed_and_calm(600 * S, 600);
        give(TG_WORD_CLOSE);
        f = scene_find();
        assert_true(f->danger == TG_DANGER_WORD && f->scope == TG_GATE_CLUSTER);
        assert_false(f->calm || may_open());
        give(TG_WORD_RELEASE);
        assert_true(scene_find()->calm);
}

/* It waits for no source, and is of the whole cluster whatever a lone node does. */
static void a_word_to_close_waits_for_nothing(void **state)
{
        (void)state;
        scene_new(4);
        for (int i = 0; i < 4; i++) {
                if (i != 3)
                        scene_apart(3, i, 30 * S);
                scene_asked(i, 0)->raw_ns = NOW - 30 * S;
                scene.gate.watch.tracks.breach_raw_ns[i] = NOW - 20 * S;
        }
        for (int i = 0; i < 3; i++)
                scene.gate.watch.tracks.of[i][3].beyond = scene.options.gate_confirm;
        scene_report(3)->c_ns = 30 * S;
        assert_true(scene_find()->waits);
        give(TG_WORD_CLOSE);
        assert_false(scene_find()->waits);
        assert_int_equal(scene.gate.finding.scope, TG_GATE_CLUSTER);
        assert_int_equal(scene.gate.finding.danger, TG_DANGER_WORD); /* whatever the mode, and whoever is gated alone */
        assert_non_null(strstr(scene.gate.finding.why, "beyond the gate limit")); /* that is why he said it, perhaps */
}

/* ---- to and fro ---- */

static void only_the_last_hour_counts(void **state)
{
        (void)state;
        scene_new(3);
        for (int i = 0; i < 4; i++)
                tg_gate_transition(&scene.gate, NOW + i * 60 * S);
        assert_int_equal(tg_gate_damping(&scene.gate, NOW + 3600 * S, 2), 3);
        assert_int_equal(tg_gate_damping(&scene.gate, NOW + 3600 * S + 1, 2), 2);
        assert_int_equal(tg_gate_damping(&scene.gate, NOW + 3780 * S + 1, 2), 0);
        for (int i = 0; i < 2 * TG_GATE_RECENT; i++)
                tg_gate_transition(&scene.gate, NOW + 7200 * S);
        assert_int_equal(scene.gate.n_recent, TG_GATE_RECENT);
        assert_int_equal(tg_gate_damping(&scene.gate, NOW + 7200 * S, UINT8_MAX), UINT8_MAX);
}

TESTS_MAIN(TEST(unbroken_proof_opens), TEST(a_break_begins_it_anew), TEST(a_release_is_of_what_is_closed_now),
           TEST(a_release_ends_the_hold_first), TEST(a_release_is_of_all_that_is_closed_now), TEST(a_word_is_told_and_saved),
           TEST(each_word_is_newer_than_the_one_before), TEST(a_word_to_close_is_reason_enough),
           TEST(a_word_to_close_waits_for_nothing), TEST(only_the_last_hour_counts))
