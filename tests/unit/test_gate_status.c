/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the status says of the gate, and the reading of the HA stack that an administrator asks for: one node without a cluster. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <timeguard/node.h>

#include "gate_record.h"
#include "plain_look.h"

#define S TG_NS_PER_S

struct one {
        struct tg_node *node;
        int64_t t_ns;
        bool ordered;
        struct tg_gate_order order; /* the last one */
};

static void take_actions(struct one *o)
{
        struct tg_action action;

        while (tg_node_next_action(o->node, &action))
                if (action.type == TG_ACTION_GATE) {
                        o->ordered = true;
                        o->order = action.gate;
                }
}

static void happen(struct one *o, struct tg_event event)
{
        event.now = at(o->t_ns);
        tg_node_handle(o->node, &event);
        take_actions(o);
}

/* Looks ten times a second for so long; whether a reading was ordered meanwhile. */
static bool pass(struct one *o, int64_t for_ns)
{
        o->ordered = false;
        for (int64_t end_ns = o->t_ns + for_ns; o->t_ns < end_ns;) {
                o->t_ns += S / 10;
                happen(o, (struct tg_event){ .type = TG_EVENT_LOOK });
        }
        return o->ordered;
}

static void answer(struct one *o, uint32_t ticket)
{
        struct tg_gate_result result = { .ticket = ticket,
                                         .verb = TG_GATE_STATUS,
                                         .state = TG_HA_OPEN,
                                         .backend = TG_BACKEND_UNITS,
                                         .flags = TG_GATE_READY,
                                         .command = "systemctl stop",
                                         .detail = "all run" };

        happen(o, (struct tg_event){ .type = TG_EVENT_GATE_RESULT, .gate = &result });
}

static void say(struct one *o, enum tg_gate_word word, uint32_t left_s)
{
        happen(o, (struct tg_event){ .type = TG_EVENT_ADMIN, .admin = { .word = word, .left_s = left_s } });
}

static struct tg_gate_status status(struct one *o)
{
        struct tg_look now = at(o->t_ns);
        struct tg_gate_status gate;

        memset(&gate, 0xaa, sizeof gate);
        tg_node_gate_status(o->node, &now, &gate);
        return gate;
}

static int begin(void **state)
{
        static struct one one;
        struct tg_identity identity = { .node_id = 1, .pid = 2, .boot_id = { 3 } };
        struct tg_options options;
        struct tg_look now = at(1000 * S);

        one = (struct one){ .t_ns = 1000 * S };
        tg_options_default(&options);
        *state = &one;
        return tg_node_new(&one.node, &identity, &options, &now);
}

static int end(void **state)
{
        struct one *o = *state;

        tg_node_free(o->node);
        return 0;
}

static void before_anything_is_known(void **state)
{
        struct tg_gate_status gate = status(*state);

        assert_int_equal(gate.mode, TG_GATE_OBSERVE);
        assert_int_equal(gate.state, TG_GATE_IS_OPEN);
        assert_int_equal(gate.scope, TG_GATE_NOTHING);
        assert_false(gate.read || gate.has_read_age || gate.holds || gate.wants_closed || gate.has_opens || gate.would_close);
        assert_string_equal(gate.checks[0].name, "quorum");
        assert_false(gate.checks[0].met);
        assert_string_equal(gate.checks[0].why, "this agent has no connection to corosync");
        assert_string_equal(gate.checks[TG_GATE_CHECKS - 1].name, "ha-stack");
        assert_string_equal(gate.checks[TG_GATE_CHECKS - 1].why, "the HA stack has not been read yet");
        assert_true(gate.checks[3].met); /* no hold */
        assert_string_equal(gate.checks[3].why, "");
}

static void a_reading_and_its_age(void **state)
{
        struct one *o = *state;
        struct tg_gate_status gate;

        assert_true(pass(o, 2 * S));
        answer(o, o->order.ticket);
        pass(o, 5 * S);
        gate = status(o);
        assert_true(gate.read && gate.has_read_age);
        assert_in_range(gate.read_age_ns, 5 * S, 8 * S);
        assert_int_equal(gate.ha.backend, TG_BACKEND_UNITS);
        assert_string_equal(gate.ha.command, "systemctl stop");
        assert_true(gate.checks[TG_GATE_CHECKS - 1].met);
}

static void a_hold_runs_down(void **state)
{
        struct one *o = *state;

        say(o, TG_WORD_HOLD, 60);
        assert_true(status(o).holds);
        assert_int_equal(status(o).state, TG_GATE_IS_HELD);
        assert_false(status(o).checks[3].met);
        pass(o, 20 * S);
        assert_int_equal(status(o).hold.left_s, 40);
        pass(o, 41 * S);
        assert_false(status(o).holds);
        assert_int_equal(status(o).state, TG_GATE_IS_OPEN);
        say(o, TG_WORD_HOLD, UINT32_MAX);
        pass(o, 20 * S);
        assert_int_equal(status(o).hold.left_s, UINT32_MAX);
        say(o, TG_WORD_RELEASE, 0);
        assert_false(status(o).holds);
        say(o, TG_WORD_CLOSE, 60);
        assert_true(status(o).wants_closed);
        assert_false(status(o).holds);
}

static void a_look_is_had_at_once(void **state)
{
        struct one *o = *state;

        assert_true(pass(o, 2 * S));
        answer(o, o->order.ticket);
        assert_false(pass(o, 60 * S));
        happen(o, (struct tg_event){ .type = TG_EVENT_ADMIN, .admin = { .look = true } });
        assert_true(o->ordered || pass(o, S));
        assert_false(status(o).holds);
        answer(o, o->order.ticket);
        assert_false(pass(o, 60 * S)); /* once */
}

static void a_look_during_a_reading_wants_another(void **state)
{
        struct one *o = *state;
        uint32_t earlier;

        assert_true(pass(o, 2 * S));
        earlier = o->order.ticket;
        happen(o, (struct tg_event){ .type = TG_EVENT_ADMIN, .admin = { .look = true } });
        assert_false(pass(o, 2 * S)); /* one at a time */
        answer(o, earlier);
        assert_true(o->order.ticket != earlier || pass(o, S));
        assert_int_not_equal(o->order.ticket, earlier);
}

static void the_line_of_truth_names_a_closed_gate(void **state)
{
        struct one *o = *state;
        struct tg_gate_registers registers = { .records[0] = { .uuid = { 1 },
                                                               .ring_seq = 4,
                                                               .serial = 1,
                                                               .owner_id = 1,
                                                               .scope = TG_GATE_CLUSTER,
                                                               .stage = TG_STAGE_VERIFIED,
                                                               .whole = 1 } };
        uint8_t saved[TG_GATE_SAVED_MAX];
        char line[256];

        assert_int_equal(strncmp(tg_node_summary(o->node, line, sizeof line), "unproven: ", 10), 0);
        assert_true(tg_node_restore(o->node, saved, tg_gate_save(&registers, saved)));
        tg_node_summary(o->node, line, sizeof line);
        assert_int_equal(strncmp(line, "gate closed, no failover; unproven: ", 36), 0);
        assert_int_equal(status(o).state, TG_GATE_IS_CLOSED);
        assert_int_equal(status(o).scope, TG_GATE_CLUSTER);
}

/* Its record is over, or was lost: what this node has stopped is told all the same. */
static void what_this_node_has_closed_is_told(void **state)
{
        struct one *o = *state;
        struct tg_gate_registers registers = { .own = { .acted = TG_ACTED_CLOSED, .uuid = { 1 } } };
        uint8_t saved[TG_GATE_SAVED_MAX];

        assert_false(status(o).owes);
        assert_true(tg_node_restore(o->node, saved, tg_gate_save(&registers, saved)));
        assert_true(status(o).owes);
        assert_int_equal(status(o).state, TG_GATE_IS_CLOSED);
        assert_int_equal(status(o).scope, TG_GATE_NODE);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(before_anything_is_known, begin, end),
                cmocka_unit_test_setup_teardown(a_reading_and_its_age, begin, end),
                cmocka_unit_test_setup_teardown(a_hold_runs_down, begin, end),
                cmocka_unit_test_setup_teardown(a_look_is_had_at_once, begin, end),
                cmocka_unit_test_setup_teardown(a_look_during_a_reading_wants_another, begin, end),
                cmocka_unit_test_setup_teardown(the_line_of_truth_names_a_closed_gate, begin, end),
                cmocka_unit_test_setup_teardown(what_this_node_has_closed_is_told, begin, end),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
