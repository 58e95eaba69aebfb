/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is said of the gate: what it would do, why it does not, what is blocked and for how long, and what has failed. */
#include "gate_hands.h"

#define WHOLE (TG_GATE_READY | TG_GATE_WHOLE)

static struct tg_alerts alerts;

static void say(void)
{
        memset(&alerts, 0, sizeof alerts);
        tg_alerts_begin(&alerts);
        tg_gate_alert(&scene.gate, &scene.s, &alerts);
}

/* As it stands now. */
static bool says(enum tg_alert_id id)
{
        say();
        return alerts.marks[id][TG_ALERT_CLUSTER_SLOT] & TG_ALERT_NOW;
}

static bool says_of(enum tg_alert_id id, const char *words)
{
        return says(id) && strstr(alerts.cases[id][TG_ALERT_CLUSTER_SLOT].evidence.reason, words);
}

static void danger(enum tg_gate_mode mode)
{
        hands_begin(3, WHOLE);
        scene.options.gate_mode = mode;
        hands_read(0, TG_HA_OPEN);
}

static void what_it_would_do_is_said_while_observing(void **state)
{
        (void)state;
        danger(TG_GATE_OBSERVE);
        snprintf(scene.gate.ha[0].result.command, sizeof scene.gate.ha[0].result.command, "disarm");
        assert_true(says_of(TG_ALERT_GATE_WOULD_CLOSE, "the cluster by 'disarm'"));
        assert_true(scene.gate.would_close && !says(TG_ALERT_GATE_BLOCKED));
        danger(TG_GATE_ENFORCE);
        assert_false(says(TG_ALERT_GATE_WOULD_CLOSE) || scene.gate.would_close);
        danger(TG_GATE_OBSERVE);
        scene.gate.finding.waits = true; /* a source may still say whose it is */
        assert_false(says(TG_ALERT_GATE_WOULD_CLOSE));
        danger(TG_GATE_OBSERVE);
        hands_read(0, TG_HA_CLOSED); /* it is closed already */
        assert_false(says(TG_ALERT_GATE_WOULD_CLOSE));
        danger(TG_GATE_OBSERVE);
        hands_record(0, TG_STAGE_INTENT, true); /* by an administrator's word */
        assert_false(says(TG_ALERT_GATE_WOULD_CLOSE));
}

static void where_one_does_not_know_the_command_for_all(void **state)
{
        (void)state;
        danger(TG_GATE_OBSERVE);
        snprintf(scene.gate.ha[0].result.command, sizeof scene.gate.ha[0].result.command, "disarm");
        scene_report(2)->gate.flags = TG_GATE_READY;
        assert_true(says_of(TG_ALERT_GATE_WOULD_CLOSE, "its own, as not every node knows 'disarm'"));
        scene.gate.ha[0].result.flags = TG_GATE_READY; /* nor this one */
        assert_true(says_of(TG_ALERT_GATE_WOULD_CLOSE, "the cluster by 'disarm'"));
}

/* A disarm of somebody else's, which waits for a node that does not come. */
static void what_others_close_and_never_is(void **state)
{
        (void)state;
        danger(TG_GATE_ENFORCE);
        hands_look(0, TG_HA_CLOSING);
        scene.s.now_raw_ns += 30 * S;
        hands_look(0, TG_HA_CLOSING);
        scene.s.now_raw_ns += 30 * S;
        assert_false(says(TG_ALERT_GATE_BLOCKED));
        scene.s.now_raw_ns++;
        assert_true(says_of(TG_ALERT_GATE_BLOCKED, "what somebody else began to close does not come to be closed"));
        hands_look(0, TG_HA_CLOSED);
        scene.s.now_raw_ns += 100 * S;
        assert_false(says(TG_ALERT_GATE_BLOCKED));
        hands_look(0, TG_HA_CLOSING);
        scene.s.now_raw_ns += 100 * S;
        assert_true(says(TG_ALERT_GATE_BLOCKED));
        hands_record(0, TG_STAGE_ISSUED, true); /* ours, and what may be, say so themselves */
        assert_false(says(TG_ALERT_GATE_BLOCKED));
        hands_record(0, TG_STAGE_UNCLEAR, true);
        assert_false(says(TG_ALERT_GATE_BLOCKED));
}

/* The command that closes a node is known to it alone, once it has read what it would run. */
static void who_would_close_itself(void **state)
{
        (void)state;
        for (int lone = 0; lone < 3; lone += 2) {
                danger(TG_GATE_OBSERVE);
                scene.gate.finding.scope = TG_GATE_NODE;
                scene.gate.finding.lone = lone;
                assert_int_equal(says(TG_ALERT_GATE_WOULD_CLOSE), lone != 0);
                assert_true(scene.gate.would_close);
                hands_read(1, TG_HA_OPEN);
                snprintf(scene.gate.ha[1].result.command, sizeof scene.gate.ha[1].result.command, "stop");
                assert_true(says_of(TG_ALERT_GATE_WOULD_CLOSE,
                                    lone ? "n3, whose own agent says by which command" : "n1 by 'stop'"));
                hands_record(1, TG_STAGE_VERIFIED, true)->target_id = (uint32_t)lone + 1;
                assert_false(says(TG_ALERT_GATE_WOULD_CLOSE) || scene.gate.would_close);
                assert_true(says_of(TG_ALERT_GATE_CLOSED, lone ? "for n3" : "for n1"));
                scene.gate.finding.scope = TG_GATE_CLUSTER; /* there is more to close than that node */
                scene.gate.finding.lone = -1;
                assert_true(says(TG_ALERT_GATE_WOULD_CLOSE));
        }
}

static void why_it_does_not_close(void **state)
{
        (void)state;
        danger(TG_GATE_ENFORCE);
        assert_false(says(TG_ALERT_GATE_BLOCKED));
        scene.quorum.quorate = false;
        assert_true(says_of(TG_ALERT_GATE_BLOCKED, "has no quorum"));
        assert_true(scene.gate.blocked[0]);
        scene.options.gate_mode = TG_GATE_OBSERVE;
        assert_false(says(TG_ALERT_GATE_BLOCKED) || says(TG_ALERT_GATE_WOULD_CLOSE));
        assert_true(scene.gate.blocked[0]);
        scene.gate.finding.danger = TG_DANGER_WORD; /* he has asked for it */
        assert_true(says(TG_ALERT_GATE_BLOCKED));
        hands_calm(0);
        assert_false(says(TG_ALERT_GATE_BLOCKED) || scene.gate.blocked[0]);
}

static void what_is_closed_is_said_and_how_long(void **state)
{
        (void)state;
        for (int i = 0; i < 2; i++) { /* an hour later the same */
                int64_t begun;

                danger(TG_GATE_ENFORCE);
                scene.s.now_raw_ns += i * 3600 * S;
                begun = scene.s.now_raw_ns;
                hands_record(0, TG_STAGE_ISSUED, true);
                assert_false(says(TG_ALERT_GATE_CLOSED));
                hands_record(0, TG_STAGE_VERIFIED, true);
                assert_true(says_of(TG_ALERT_GATE_CLOSED, "no failover; "));
                scene.gate.ha[0].result.flags |= TG_GATE_FENCING;
                assert_true(says_of(TG_ALERT_GATE_CLOSED, "no failover (fencing still active); "));
                scene.s.now_raw_ns = begun + scene.options.gate_max_hold_ns;
                hands_record(0, TG_STAGE_OPENING, true);
                assert_true(says(TG_ALERT_GATE_CLOSED));
                assert_false(says(TG_ALERT_GATE_MAX_HOLD));
                scene.s.now_raw_ns++;
                assert_true(says(TG_ALERT_GATE_MAX_HOLD));
                hands_record(0, TG_STAGE_UNDONE, true);
                assert_false(says(TG_ALERT_GATE_MAX_HOLD) || says(TG_ALERT_GATE_CLOSED));
                hands_record(0, TG_STAGE_VERIFIED, true); /* closed anew is closed since now */
                assert_false(says(TG_ALERT_GATE_MAX_HOLD));
        }
}

/* It was away when the others opened themselves, or is not proven well yet. */
static void a_node_is_left_closed(void **state)
{
        (void)state;
        danger(TG_GATE_ENFORCE);
        scene_report(2)->gate.flags |= TG_GATE_OURS;
        hands_record(0, TG_STAGE_ISSUED, false);
        assert_false(says(TG_ALERT_GATE_CLOSED));
        hands_record(0, TG_STAGE_UNDONE, false);
        assert_true(says_of(TG_ALERT_GATE_CLOSED, "blocked for n3: no failover; "));
        scene_mute(2);
        assert_false(says(TG_ALERT_GATE_CLOSED));
        scene_member(2);
        assert_false(says(TG_ALERT_GATE_CLOSED));
}

/* When nothing is wrong any more, what it still waits for is said, in both alerts. */
static void what_closed_waits_for(void **state)
{
        static const char *const words[] = { "opens when that has lasted", "opens at 'timeguard gate release'",
                                             "an administrator has asked for it" };

        (void)state;
        for (int i = 0; i < 3; i++) {
                danger(TG_GATE_ENFORCE);
                hands_record(0, TG_STAGE_VERIFIED, true);
                hands_calm(0);
                scene.options.gate_release_ack = i == 1;
                if (i == 2)
                        tg_gate_admin(&scene.gate, &scene.s, TG_WORD_CLOSE, UINT32_MAX);
                assert_true(says_of(TG_ALERT_GATE_CLOSED, words[i]));
                scene.s.now_raw_ns += scene.options.gate_max_hold_ns + 1;
                assert_true(says_of(TG_ALERT_GATE_MAX_HOLD, words[i]));
        }
}

static void what_has_failed(void **state)
{
        (void)state;
        danger(TG_GATE_ENFORCE);
        assert_false(says(TG_ALERT_GATE_FAILED));
        tg_gate_failed(&scene.gate, &scene.s, 0, "no such command");
        assert_true(says_of(TG_ALERT_GATE_FAILED, "no such command (tried 1 times)"));
        danger(TG_GATE_ENFORCE);
        scene.gate.save_failed = true;
        assert_true(says_of(TG_ALERT_GATE_FAILED, "cannot be written"));
        danger(TG_GATE_ENFORCE);
        scene.gate.finding.pending = true;
        snprintf(scene.gate.finding.step_why, sizeof scene.gate.finding.step_why, "the source is ahead");
        assert_true(says_of(TG_ALERT_PENDING_STEP, "the source is ahead"));
}

static void whose_it_is(void **state)
{
        (void)state;
        danger(TG_GATE_ENFORCE);
        tg_gate_taken(&scene.gate, &scene.s);
        assert_true(says(TG_ALERT_GATE_TAKEN));
        scene.gate.reg.hold.left_s = 0;
        assert_false(says(TG_ALERT_GATE_TAKEN));
        danger(TG_GATE_ENFORCE);
        tg_gate_admin(&scene.gate, &scene.s, TG_WORD_HOLD, UINT32_MAX);
        assert_false(says(TG_ALERT_GATE_TAKEN));
        danger(TG_GATE_ENFORCE);
        hands_record(0, TG_STAGE_UNCLEAR, true);
        assert_false(says(TG_ALERT_GATE_UNCLEAR)); /* it is open: nothing is blocked */
        hands_read(0, TG_HA_CLOSED);
        assert_true(says(TG_ALERT_GATE_UNCLEAR));
        danger(TG_GATE_ENFORCE);
        hands_record(1, TG_STAGE_UNCLEAR, true)->target_id = 3; /* of another node, which alone could read it */
        assert_true(says(TG_ALERT_GATE_UNCLEAR));
}

/* The last proof may have come with another node's report: the own one, upon which it acts, is sent at once. */
static void proof_is_acted_upon_at_once(void **state)
{
        (void)state;
        scene_new(3);
        tg_gate_judge(&scene.gate, &scene.s, &scene.agreement, &alerts);
        scene.gate.wants_report = false;
        scene_apart(1, 2, 6 * S);
        tg_gate_judge(&scene.gate, &scene.s, &scene.agreement, &alerts);
        assert_true(scene.gate.wants_report);
        scene.gate.wants_report = false;
        tg_gate_judge(&scene.gate, &scene.s, &scene.agreement, &alerts);
        assert_false(scene.gate.wants_report);
}

TESTS_MAIN(TEST(what_it_would_do_is_said_while_observing), TEST(where_one_does_not_know_the_command_for_all),
           TEST(what_others_close_and_never_is), TEST(who_would_close_itself), TEST(why_it_does_not_close),
           TEST(what_is_closed_is_said_and_how_long), TEST(what_closed_waits_for), TEST(a_node_is_left_closed),
           TEST(what_has_failed), TEST(whose_it_is), TEST(proof_is_acted_upon_at_once))
