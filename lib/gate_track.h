/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pairs over time, for the gate: for how many seconds in a row a pair was proven beyond the gate limit, and whether its proven rate leads
   there. A function of the reports in the order of their delivery. Offsets are of a from b, positive: a is ahead. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "view.h"

#define TG_TRACK_BOUNDS 6 /* kept of a pair: five moves */

struct tg_track {
        uint8_t n;
        uint8_t beyond;     /* seconds in a row whose bounds were beyond the limit, saturating */
        int64_t counted_ns; /* on RAW(a): the newest of them */
        bool as_of_on_b;
        int64_t as_of_raw_ns;                       /* of the newest bound, to know the next one by */
        uint32_t steps;                             /* of both clocks when the bounds below began */
        int64_t at_ns[TG_TRACK_BOUNDS];             /* on RAW(a), oldest first */
        struct tg_interval offset[TG_TRACK_BOUNDS]; /* no step lies between them */
};

struct tg_tracks {
        struct tg_track of[TG_NODES_MAX][TG_NODES_MAX]; /* [a][b], a the slot with the lower id */
        int64_t breach_raw_ns
                [TG_NODES_MAX]; /* RAW of the node, in its report, when a pair with it was first beyond; 0: none is */
};

/* After the view took a report of slot. Nodes that booted less than grace_ns ago prove nothing. */
void tg_tracks_deliver(struct tg_tracks *tracks, const struct tg_view *view, int slot, int64_t limit_ns, int64_t grace_ns);
static inline const struct tg_track *tg_track_of(const struct tg_tracks *tracks, const struct tg_view *view, int i, int j)
{
        return view->members[i].id < view->members[j].id ? &tracks->of[i][j] : &tracks->of[j][i];
}

/* Both ends of the bound moved outward, away from zero, over the bounds kept, and going on at the least rate that this proves the whole bound is beyond the limit
   within horizon_ns. *rate_ppb gets that rate, its sign that of the offset. */
bool tg_track_crosses(const struct tg_track *track, int64_t limit_ns, int64_t horizon_ns, int64_t *rate_ppb);
