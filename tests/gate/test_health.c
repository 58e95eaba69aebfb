/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The colour of #health-time: which state has which, how long it must last, and what is told when the option is turned off. The rest of the agent is
   played here. */
#include "agent.h"
#include "executor.h"
#include "property.h"

#include "../../agent/gate/request.h"

static enum tg_node_state state_now;
static int n_told, told, n_looks;

enum tg_node_state tg_node_own_state(const struct tg_node *node)
{
        (void)node;
        return state_now;
}

void tg_executor_set_health(struct tg_executor *x, int health)
{
        (void)x;
        n_told++;
        told = health;
}

void tg_agent_event(struct tg_agent *agent, struct tg_event *event)
{
        (void)agent;
        assert_int_equal(event->type, TG_EVENT_ADMIN);
        assert_true(event->admin.look);
        n_looks++;
}

static struct tg_agent agent;

static void begin(void)
{
        agent = (struct tg_agent){ .options = { .gate_health = true } };
        n_told = n_looks = 0;
        told = TG_HEALTH_LEAVE;
}

static void pass(enum tg_node_state state, int seconds)
{
        state_now = state;
        for (int i = 0; i < seconds; i++)
                tg_health_tick(&agent, &agent.health);
}

static void only_beyond_is_red(void **state)
{
        static const struct {
                enum tg_node_state state;
                enum tg_gate_health colour;
        } cases[] = {
                { TG_NODE_BEYOND, TG_HEALTH_RED },         { TG_NODE_DRIFTING, TG_HEALTH_YELLOW },
                { TG_NODE_HOLDOVER, TG_HEALTH_YELLOW },    { TG_NODE_UNSYNCHRONISED, TG_HEALTH_YELLOW },
                { TG_NODE_LOCAL_CLOCK, TG_HEALTH_YELLOW }, { TG_NODE_FOREIGN_SOURCE, TG_HEALTH_YELLOW },
                { TG_NODE_OK, TG_HEALTH_GREEN },
        };

        (void)state;
        for (size_t i = 0; i < COUNT_OF(cases); i++) {
                begin();
                pass(cases[i].state, 10);
                assert_int_equal(told, cases[i].colour);
                assert_int_equal(n_told, 1);
                assert_int_equal(n_looks, 1);
                /* not proven, or not heard of: as it was */
                pass(TG_NODE_UNPROVEN, 10);
                pass(TG_NODE_MUTE, 10);
                assert_int_equal(n_told, 1);
        }
}

static void a_colour_has_to_last(void **state)
{
        (void)state;
        begin();
        pass(TG_NODE_OK, 10);
        for (int i = 0; i < 20; i++) {
                pass(TG_NODE_BEYOND, 4);
                pass(TG_NODE_OK, 4);
        }
        assert_int_equal(n_told, 1);
        pass(TG_NODE_BEYOND, 5);
        assert_int_equal(n_told, 1);
        pass(TG_NODE_BEYOND, 1);
        assert_int_equal(told, TG_HEALTH_RED);
}

static void off_is_told_no_more(void **state)
{
        (void)state;
        begin();
        agent.options.gate_health = false;
        pass(TG_NODE_BEYOND, 10);
        assert_int_equal(n_told, 0);
        agent.options.gate_health = true;
        pass(TG_NODE_BEYOND, 10);
        assert_int_equal(told, TG_HEALTH_RED);
        agent.options.gate_health = false;
        pass(TG_NODE_BEYOND, 10);
        assert_int_equal(told, TG_HEALTH_LEAVE);
        assert_int_equal(n_told, 2);
        assert_int_equal(n_looks, 1);
        agent.options.gate_health = true;
        pass(TG_NODE_BEYOND, 10);
        assert_int_equal(told, TG_HEALTH_RED);
        assert_int_equal(n_looks, 2);
}

TESTS_MAIN(TEST(only_beyond_is_red), TEST(a_colour_has_to_last), TEST(off_is_told_no_more))
