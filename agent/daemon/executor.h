/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Carries out the core's orders to the gate: writes the request file, has systemd start timeguard-gate@VERB-TICKET.service, waits for the
   end of that, and hands on the result file. One order at a time, each with exactly one result, in bounded time. */
#pragma once

#include <timeguard/gate.h>

struct tg_agent;
struct tg_bus;
struct tg_executor;

/* Of the agent it uses the loop, the options gate.*, the topology and the own node id, each as they are when an order comes. `done` is called
   from the loop, and may give the next order. Returns 0 or -errno; *out is set only on success. */
int tg_executor_new(struct tg_executor **out, struct tg_agent *agent, struct tg_bus *bus,
                    void (*done)(void *data, const struct tg_gate_result *result), void *data);
/* Accepts NULL, returns NULL. A run that is under way goes on; the next agent waits for its end before it gives one of its own. To be called
   before the bus is freed. */
struct tg_executor *tg_executor_free(struct tg_executor *x);

/* Returns 0, or -EBUSY while an order is under way. */
int tg_executor_run(struct tg_executor *x, const struct tg_gate_order *order);

/* The colour of pacemaker's #health-time from the next order on: TG_HEALTH_LEAVE (request.h) at first. */
void tg_executor_set_health(struct tg_executor *x, int health);
