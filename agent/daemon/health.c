/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See health.h. A colour is handed on once it has lasted, with the next reading of the HA stack, which is then asked for. */
#include "health.h"
#include "agent.h"
#include "executor.h"

#include "../gate/request.h"

#define LASTS_S 5

static int colour_of(enum tg_node_state state)
{
        static const int colours[] = {
                [TG_NODE_OK] = TG_HEALTH_GREEN,
                [TG_NODE_DRIFTING] = TG_HEALTH_YELLOW,
                [TG_NODE_BEYOND] = TG_HEALTH_RED,
                [TG_NODE_HOLDOVER] = TG_HEALTH_YELLOW,
                [TG_NODE_UNSYNCHRONISED] = TG_HEALTH_YELLOW,
                [TG_NODE_FOREIGN_SOURCE] = TG_HEALTH_YELLOW,
                [TG_NODE_LOCAL_CLOCK] = TG_HEALTH_YELLOW,
                [TG_NODE_UNPROVEN] = TG_HEALTH_LEAVE,
                [TG_NODE_MUTE] = TG_HEALTH_LEAVE,
        };

        return colours[state];
}

static void hand_on(struct tg_agent *agent, struct tg_health *health, int colour)
{
        health->told = colour;
        tg_executor_set_health(agent->executor, colour);
}

void tg_health_tick(struct tg_agent *agent, struct tg_health *health)
{
        struct tg_event look = { .type = TG_EVENT_ADMIN, .admin = { .look = true } };
        int colour = agent->options.gate_health ? colour_of(tg_node_own_state(agent->node)) : TG_HEALTH_LEAVE;

        /* each reading of the HA stack would tell it once more */
        if (!agent->options.gate_health && health->told != TG_HEALTH_LEAVE)
                hand_on(agent, health, TG_HEALTH_LEAVE);
        health->seconds = colour == health->seen ? health->seconds + 1 : 0;
        health->seen = colour;
        if (colour == TG_HEALTH_LEAVE || colour == health->told || health->seconds < LASTS_S)
                return;
        hand_on(agent, health, colour);
        tg_agent_event(agent, &look);
}
