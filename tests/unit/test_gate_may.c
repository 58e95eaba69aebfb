/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What forbids closing, each by itself. */
#include "gate_scene.h"

static void ready(void)
{
        scene_new(3);
        scene.gate.ha[0] = (struct tg_ha_reading){ .known = true,
                                                   .scope = TG_GATE_CLUSTER,
                                                   .result = { .state = TG_HA_OPEN, .flags = TG_GATE_READY | TG_GATE_WHOLE } };
}

/* Which of the checks is not met, the first of them; "" all are. */
static const char *forbids(void)
{
        static struct tg_gate_check checks[TG_GATE_CHECKS];
        char buf[TG_REASON_MAX];
        const char *why = tg_gate_may_not(&scene.gate, &scene.s, buf, sizeof buf), *first = "";

        tg_gate_check_all(&scene.gate, &scene.s, checks);
        for (int i = TG_GATE_CHECKS - 1; i >= 0; i--)
                if (!checks[i].met) {
                        first = checks[i].name;
                        assert_non_null(why);
                }
        assert_int_equal(why == NULL, !*first);
        return first;
}

static void all_is_well(void **state)
{
        (void)state;
        ready();
        assert_string_equal(forbids(), "");
}

static void without_quorum(void **state)
{
        (void)state;
        ready();
        scene.quorum.quorate = false;
        assert_string_equal(forbids(), "quorum");
        ready();
        scene.quorum.ring.seq = 12; /* the members of the next ring are not known yet */
        assert_string_equal(forbids(), "quorum");
        ready();
        scene.s.connected = false;
        assert_string_equal(forbids(), "quorum");
}

static void unheard_or_just_booted(void **state)
{
        (void)state;
        ready();
        scene_mute(0);
        assert_string_equal(forbids(), "corosync");
        ready();
        scene_report(0)->boot_ns = scene.options.boot_grace_ns - 1;
        assert_string_equal(forbids(), "boot-grace");
        scene_report(0)->boot_ns++;
        assert_string_equal(forbids(), "");
}

static void held(void **state)
{
        (void)state;
        ready();
        tg_gate_admin(&scene.gate, &scene.s, TG_WORD_HOLD, 60);
        assert_string_equal(forbids(), "hold");
        scene.s.now_raw_ns += 60 * S;
        assert_string_equal(forbids(), "");
        tg_gate_taken(&scene.gate, &scene.s); /* until it is released, however long that takes */
        scene.s.now_raw_ns += 1000000 * S;
        assert_string_equal(forbids(), "hold");
        assert_true(scene.gate.reg.hold.taken);
        tg_gate_admin(&scene.gate, &scene.s, TG_WORD_RELEASE, UINT32_MAX);
        assert_string_equal(forbids(), "");
}

static void differing(void **state)
{
        (void)state;
        ready();
        scene_report(2)->fingerprint++;
        assert_string_equal(forbids(), "configuration");
        scene_mute(2); /* what it would do is not known, and it does nothing */
        assert_string_equal(forbids(), "");
        ready();
        for (int i = 0; i < 3; i++)
                scene_report(i)->gate_version++; /* and this agent does not know that logic */
        assert_string_equal(forbids(), "configuration");
}

static void the_ha_stack(void **state)
{
        struct tg_ha_reading *ha = &scene.gate.ha[0];

        (void)state;
        ready();
        scene.options.gate_backend = TG_BACKEND_NONE;
        assert_string_equal(forbids(), "ha-stack");
        ready();
        ha->known = false;
        assert_string_equal(forbids(), "ha-stack");
        ready();
        ha->result.state = TG_HA_UNUSED;
        assert_string_equal(forbids(), "ha-stack");
        ready();
        ha->result.state = TG_HA_UNKNOWN;
        assert_string_equal(forbids(), "ha-stack");
        ready();
        ha->result.flags = TG_GATE_WHOLE;
        assert_string_equal(forbids(), "ha-stack");
        ready();
        ha->result.flags |= TG_GATE_BUSY;
        assert_string_equal(forbids(), "ha-stack");
}

TESTS_MAIN(TEST(all_is_well), TEST(without_quorum), TEST(unheard_or_just_booted), TEST(held), TEST(differing),
           TEST(the_ha_stack))
