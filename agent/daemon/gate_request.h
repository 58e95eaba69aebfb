/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The core's order as timeguard-gate gets it: with what the options, the topology and the own name add to it. */
#pragma once

#include <timeguard/gate.h>

struct tg_agent;

/* Puts down the request file of an order; `health` is enum tg_gate_health. Returns 0 or -errno. */
int tg_gate_request_write(const struct tg_agent *agent, const struct tg_gate_order *order, int health);
