/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the gate remembers of each node beside its last report: how its pairs have moved (gate_track.h), what its chronyd has been about to correct, how
   its clock was moved, and what its sources told it. A function of the reports in the order of their delivery; times are the node's RAW. */
#pragma once

#include <stdint.h>

#include <timeguard/gate.h>
#include <timeguard/ntp.h>
#include <timeguard/options.h>

#include "gate_track.h"
#include "view.h"

/* chronyd's corrections of one node, as its reports tell them. */
struct tg_correction {
        int64_t ref_time_ns;
        tg_chrony_float last_offset_s;
        int8_t side; /* of the pending correction beyond the limit: 1: the clock will be set forward */
        uint8_t n;   /* distinct updates in a row */
};

/* Of one node's clock: steps, and slews far faster than what corrects an oscillator. */
struct tg_moves {
        int64_t seen_raw_ns; /* its RAW in the report before ... */
        uint32_t seq;        /* ... and its number */
        uint32_t steps;      /* ... and its count */
        int64_t raw_ns;      /* when it was last moved */
        int64_t sum_ns;      /* by how much in all, since it last stood still for long */
};

struct tg_watchfulness {
        struct tg_tracks tracks;
        struct tg_correction corrections[TG_NODES_MAX];
        struct tg_moves moves[TG_NODES_MAX];
        uint8_t n_asked[TG_NODES_MAX];
        struct tg_asked asked[TG_NODES_MAX][TG_ASK_SOURCES];
        int64_t told_raw_ns[TG_NODES_MAX][TG_ASK_SOURCES]; /* when, on the RAW of the node */
};

#define TG_GATE_STILL_NS (600 * TG_NS_PER_S)

/* The gate limit: never less than the budget. */
int64_t tg_gate_limit_ns(const struct tg_options *options);
/* After the view took a report of slot. */
void tg_watch_deliver(struct tg_watchfulness *w, const struct tg_view *view, const struct tg_options *options, int slot);
/* The slot has another node now. */
void tg_watch_forget(struct tg_watchfulness *w, int slot);
