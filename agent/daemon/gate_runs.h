/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Runs of timeguard-gate@.service, as systemd tells of them: started, ended, and which are under way. Nothing is kept here but the calls to
   the bus; what follows from an answer is the executor's business. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "bus.h"

struct tg_gate_runs;

/* All are called from the loop; each may call anything below. */
struct tg_gate_runs_events {
        void (*up)(void *data);   /* a new connection: what was known of runs is not known any more */
        void (*down)(void *data); /* it is lost: no answer will come to what was asked */
        /* The job is queued; or it is not, and `fault` says why. */
        void (*started)(void *data, const sd_bus_error *fault);
        void (*limit)(void *data, int64_t limit_ns);
        /* Of any unit; `result` is systemd's word. */
        void (*ended)(void *data, const char *unit, const char *result);
        /* The answer to a look: how many runs are under way, or why that is not known. */
        void (*looked)(void *data, const char *fault, size_t n_ours, size_t n_others);
        void *data;
};

/* Returns 0 or -errno; *out is set only on success. `up` may be called before it returns. */
int tg_gate_runs_new(struct tg_gate_runs **out, struct tg_bus *bus, const struct tg_gate_runs_events *events);
struct tg_gate_runs *tg_gate_runs_free(struct tg_gate_runs *runs); /* accepts NULL, returns NULL; before the bus is freed */

/* Each asks, and its event comes with the answer, in bounded time. Returns 0 or -errno: then no answer comes. */
int tg_gate_runs_start(struct tg_gate_runs *runs, const char *unit);
int tg_gate_runs_ask_limit(struct tg_gate_runs *runs, const char *unit); /* no event where the unit is gone already */
int tg_gate_runs_look(struct tg_gate_runs *runs, const char *ours);
/* Answers to a start and a limit are not wanted any longer. */
void tg_gate_runs_forget(struct tg_gate_runs *runs);
