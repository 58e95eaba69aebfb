/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Readings of the HA stack: each is of the cluster or of this node alone, and proves nothing of the other. */
#include "gate.h"
#include "property.h"

#define S TG_NS_PER_S

static struct tg_view view;
static struct tg_quorum quorum;
static struct tg_options options;
static struct tg_gate gate;

static struct tg_situation at(int64_t now_raw_ns)
{
        return (struct tg_situation){
                .view = &view, .options = &options, .quorum = &quorum, .connected = true, .self = 0, .now_raw_ns = now_raw_ns
        };
}

/* The order that is due is of that scope, and the reading finds that state. */
static void read_as(enum tg_gate_scope scope, enum tg_ha_state state, int64_t now_raw_ns)
{
        struct tg_situation s = at(now_raw_ns);
        struct tg_gate_order order;
        struct tg_gate_result result = { .verb = TG_GATE_STATUS, .outcome = TG_GATE_DONE, .state = state };

        assert_true(tg_gate_next_order(&gate, &order));
        assert_int_equal(order.verb, TG_GATE_STATUS);
        assert_int_equal(order.scope, scope);
        result.ticket = order.ticket;
        tg_gate_result(&gate, &s, &result);
}

/* An agent that begins orders a reading before it knows what is on its disk: it was about to close itself when it was killed. */
static void killed_when_closing_itself(void)
{
        struct tg_identity identity = { .node_id = 1 };
        struct tg_gate_registers registers = { .own.acted = TG_ACTED_TRIED };
        struct tg_situation s = at(100 * S);
        uint8_t bytes[TG_GATE_SAVED_MAX];

        memset(&gate, 0, sizeof gate);
        tg_options_default(&options);
        registers.records[0] =
                (struct tg_gate_record){ .stage = TG_STAGE_ISSUED, .scope = TG_GATE_CLUSTER, .owner_id = 1, .uuid = { 7 } };
        registers.own.uuid[0] = 7;
        tg_gate_start(&gate, &identity, 100 * S);
        tg_gate_ha_watch(&gate, &s);
        assert_true(tg_gate_restore(&gate, bytes, tg_gate_save(&registers, bytes)));
}

static void what_was_read_of_the_cluster_is_not_of_this_node(void **state)
{
        struct tg_situation s = at(102 * S);
        struct tg_gate_report told;

        (void)state;
        killed_when_closing_itself();
        read_as(TG_GATE_CLUSTER, TG_HA_OPEN, 101 * S);
        assert_false(tg_gate_ha_fits(&gate, 0));
        tg_gate_fill(&gate, &told, 101 * S);
        assert_int_equal(told.ha_state, TG_HA_UNKNOWN);
        tg_gate_ha_watch(&gate, &s); /* at once, and not when this one has grown old */
        read_as(TG_GATE_NODE, TG_HA_CLOSED, 101 * S);
        assert_true(tg_gate_ha_fits(&gate, 0));
        tg_gate_fill(&gate, &told, 101 * S);
        assert_int_equal(told.ha_state, TG_HA_CLOSED);
}

/* The command of the life before may still be on its way: until no run lasts any longer, nothing is concluded. */
static void a_run_of_the_life_before_is_waited_for(void **state)
{
        struct tg_situation early = at(102 * S), late = at(100 * S + TG_GATE_RUN_NS + S);

        (void)state;
        killed_when_closing_itself();
        read_as(TG_GATE_CLUSTER, TG_HA_OPEN, 101 * S);
        tg_gate_ha_watch(&gate, &early);
        read_as(TG_GATE_NODE, TG_HA_OPEN, 101 * S);
        tg_gate_step_self(&gate, &early);
        assert_false(gate.ordered);
        assert_int_equal(gate.reg.own.acted, TG_ACTED_TRIED);
        tg_gate_step_self(&gate, &late);
        read_as(TG_GATE_NODE, TG_HA_CLOSED, late.now_raw_ns);
        tg_gate_step_self(&gate, &late);
        assert_int_equal(gate.reg.own.acted, TG_ACTED_CLOSED); /* its own doing, and its own to undo */
}

/* Somebody else starts what this node has stopped, and stops it again before it ran: from then on that is his. */
static void what_is_being_opened_was_opened(void **state)
{
        (void)state;
        killed_when_closing_itself();
        read_as(TG_GATE_CLUSTER, TG_HA_OPEN, 101 * S);
        gate.reg.own.acted = TG_ACTED_CLOSED;
        for (int i = 0; i < 2; i++) {
                struct tg_situation s = at((102 + 4 * i) * S);

                assert_false(gate.own_was_open);
                tg_gate_ha_watch(&gate, &s);
                read_as(TG_GATE_NODE, TG_HA_OPENING, s.now_raw_ns);
        }
        assert_true(gate.own_was_open);
}

static uint8_t ordered_backend(void)
{
        struct tg_gate_order order;

        assert_true(tg_gate_next_order(&gate, &order));
        return order.backend;
}

/* What was closed by one backend is read and opened by it, whatever is configured by then; what another one sees says nothing of it. */
static void the_backend_that_closed_it(void **state)
{
        struct tg_situation s = at(101 * S);

        (void)state;
        killed_when_closing_itself();
        gate.reg.records[0].backend = TG_BACKEND_PACEMAKER;
        options.gate_backend = TG_BACKEND_NONE;
        gate.ordered = gate.has_order = false;
        tg_gate_ha_watch(&gate, &s);
        assert_int_equal(ordered_backend(), TG_BACKEND_PACEMAKER);
        gate.ha[0] = (struct tg_ha_reading){ .known = true, .scope = TG_GATE_NODE, .result.backend = TG_BACKEND_UNITS };
        assert_false(tg_gate_ha_fits(&gate, 0));
        gate.ha[0].result.backend = TG_BACKEND_PACEMAKER;
        assert_true(tg_gate_ha_fits(&gate, 0));
        gate.ha[0].known = gate.ordered = false; /* who has closed nothing itself looks on, too */
        gate.reg.own.acted = TG_ACTED_NOT;
        tg_gate_ha_watch(&gate, &s);
        assert_int_equal(ordered_backend(), TG_BACKEND_PACEMAKER);
        gate.reg.own.acted = TG_ACTED_TRIED;
        gate.ordered = false;
        gate.ha[0].known = true;
        /* the record is over: what this node has done to itself is still its own backend's */
        gate.reg.records[0].stage = TG_STAGE_UNDONE;
        gate.reg.own.backend = TG_BACKEND_UNITS;
        assert_false(tg_gate_ha_fits(&gate, 0));
        tg_gate_order_run(&gate, &s, 0, TG_GATE_OPEN);
        assert_int_equal(ordered_backend(), TG_BACKEND_UNITS);
        gate.reg.own.acted = TG_ACTED_NOT;
        tg_gate_order_run(&gate, &s, 0, TG_GATE_STATUS);
        assert_int_equal(ordered_backend(), TG_BACKEND_AUTO);
}

/* Where each acts for itself its own prior counts, which is not that of the record's writer. */
static void each_node_has_a_prior_of_its_own(void **state)
{
        struct tg_situation s = at(101 * S);

        (void)state;
        killed_when_closing_itself();
        strcpy(gate.reg.records[0].prior, "theirs");
        strcpy(gate.reg.own.prior, "mine");
        tg_gate_order_run(&gate, &s, 0, TG_GATE_STATUS);
        assert_string_equal(gate.order.prior, "mine");
        gate.reg.own.acted = TG_ACTED_NOT;
        tg_gate_order_run(&gate, &s, 0, TG_GATE_STATUS);
        assert_string_equal(gate.order.prior, "");
        gate.reg.records[0].whole = 1;
        tg_gate_order_run(&gate, &s, 0, TG_GATE_STATUS);
        assert_string_equal(gate.order.prior, "theirs");
}

TESTS_MAIN(TEST(what_was_read_of_the_cluster_is_not_of_this_node), TEST(a_run_of_the_life_before_is_waited_for),
           TEST(what_is_being_opened_was_opened), TEST(the_backend_that_closed_it), TEST(each_node_has_a_prior_of_its_own))
