/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the delivered reports say of all members: the last reports, the echoes between any two nodes, and the pair bounds that follow.
   A function of the reports in the order of their delivery, so that every node of a partition holds the same view. The own node's
   receipts enter only through its own report when that comes back. Slots are private numbers; `order` lists them by node id. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <timeguard/limits.h>
#include <timeguard/quorum.h>
#include <timeguard/report.h>
#include <timeguard/snapshot.h>

#include "interval.h"

#define TG_POINTS 4 /* reports of a node whose clock part is kept */

/* The clock part of one report. */
struct tg_point {
        int64_t raw_ns;
        int64_t c_ns, half_ns;   /* REALTIME - RAW at raw_ns, give or take half_ns */
        struct tg_interval hull; /* of c since hull_since_raw_ns */
        int64_t hull_since_raw_ns;
        int64_t steady_since_raw_ns; /* no step from then to raw_ns */
        uint32_t steps;              /* ... and so many before */
};

/* The newest echo of one node about another: D = RAW(from) - RAW(to). */
struct tg_half {
        bool valid;
        int64_t upper_ns, measured_raw_ns; /* D <= upper_ns when RAW(from) was measured_raw_ns */
        int64_t sent_raw_ns;               /* RAW(from) of the report that held it */
        bool has_estimate;
        int64_t estimate_ns; /* D at sent_raw_ns, likely */
        bool has_rate;
        int32_t rate_ppb; /* of D */
        uint32_t rate_error_ppb;
        uint32_t rho_ppm;
        bool has_heard; /* c of `from` was heard_c_ns at its RAW heard_raw_ns, give or take TG_HEARD_HALF_NS */
        int64_t heard_raw_ns, heard_c_ns;
};

struct tg_pair {
        bool bounded, stale, contradicted;
        enum tg_pair_verdict verdict;
        struct tg_interval offset; /* REALTIME(a) - REALTIME(b) at as_of; a has the lower id */
        int64_t estimate_ns;
        bool has_rate;
        int64_t rate_ppb, rate_error_ppb;
        bool as_of_on_b; /* which RAW as_of_raw_ns is: b's instead of a's */
        int64_t as_of_raw_ns;
        int64_t as_of_on_a_ns;       /* as_of on RAW(a), likely: orders the bounds of a pair */
        struct tg_interval raw;      /* RAW(a) - RAW(b) at as_of */
        struct tg_interval a_c, b_c; /* REALTIME - RAW of each at as_of */
        int64_t a_age_ns, b_age_ns;  /* of the one-way bounds that a and b measured */
        uint32_t rho_ppm;
        uint32_t steps; /* of both clocks, before as_of */
};

struct tg_member {
        bool used;
        uint32_t id;
        char name[TG_NAME_MAX];
        uint8_t n_addresses;
        struct tg_addr addresses[TG_ADDRESSES_MAX];
        bool configured, present; /* in the nodelist; in the ring */
        uint32_t votes;
        uint32_t pid, agents; /* of its agent in the process group; 0: none */
        bool heard;           /* report holds its newest report */
        bool fresh;           /* ... and that is not too old, by local time */
        bool leaving;
        bool kept; /* an alert about it stands: its slot is not given away before that is cleared */
        struct tg_report report;
        uint32_t heard_pid;     /* of the agent that sent it */
        int64_t heard_raw_ns;   /* own RAW when it came */
        bool stepped;           /* its clock was stepped ... */
        int64_t stepped_raw_ns; /* ... as was heard at this own RAW */
        uint32_t epoch_tag;
        uint8_t n_points;
        struct tg_point points[TG_POINTS]; /* oldest first */
};

struct tg_view {
        uint32_t n; /* used slots */
        uint8_t order[TG_NODES_MAX];
        struct tg_member members[TG_NODES_MAX];
        struct tg_half halves[TG_NODES_MAX][TG_NODES_MAX]; /* [from][to] */
        struct tg_pair pairs[TG_NODES_MAX][TG_NODES_MAX];  /* [a][b], a the slot with the lower id */
        struct tg_ring_id ring;
        int64_t budget_ns;
        int64_t patience_ns; /* a bound that lags its nodes' reports by more is no longer judged by */
};

enum tg_view_change {
        TG_VIEW_EPOCH = 1 << 0,         /* the sender began a new epoch */
        TG_VIEW_STEPPED = 1 << 1,       /* its step counter moved on */
        TG_VIEW_VERDICT = 1 << 2,       /* a pair was proven beyond, or is no longer */
        TG_VIEW_CONTRADICTION = 1 << 3, /* a pair of the sender contradicted itself */
};

/* The slot of a node id, or -1. */
int tg_view_find(const struct tg_view *view, uint32_t id);
/* The same, made if there is room; -1 when there is none. */
int tg_view_slot(struct tg_view *view, uint32_t id);
/* The pair of two slots; *swapped tells that a of the pair is j. */
struct tg_pair *tg_view_pair(struct tg_view *view, int i, int j);
const struct tg_pair *tg_view_pair_of(const struct tg_view *view, int i, int j, bool *swapped);
static inline enum tg_pair_verdict tg_view_verdict(const struct tg_view *view, int i, int j)
{
        bool swapped;

        return tg_view_pair_of(view, i, j, &swapped)->verdict;
}

/* The pair has a bound that says something of the present. */
bool tg_view_is_proven(const struct tg_view *view, int i, int j);

/* Takes a delivered, checked report; returns a set of enum tg_view_change. The report is copied. */
unsigned tg_view_deliver(struct tg_view *view, int slot, const struct tg_report *report, int64_t now_raw_ns);
/* Totem formed another ring: bounds wait for a fresh message each way, verdicts stand as stale. */
void tg_view_ring(struct tg_view *view, struct tg_ring_id ring);
/* The member fell silent or left: nothing of it may be judged any more. */
void tg_view_silence(struct tg_view *view, int slot);
/* Judges all pairs anew, after the budget changed. */
void tg_view_judge(struct tg_view *view);
