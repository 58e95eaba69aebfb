/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* With gate.health: this node's colour in pacemaker's #health-time. Red is a node that is proven beyond the majority, which a majority never
   is; yellow what is wrong and proven, but no reason to move resources; what is not proven changes nothing. Where the option is
   turned off, what was told stays, for the administrator to delete. */
#pragma once

#include <stdint.h>

struct tg_agent;

struct tg_health {
        int told, seen; /* enum tg_gate_health: the last one that was handed on, and the one of the last seconds */
        uint32_t seconds;
};

/* Once a second. */
void tg_health_tick(struct tg_agent *agent, struct tg_health *health);
