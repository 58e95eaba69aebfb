/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See gate_track.h. */
#include <string.h>

#include "gate_track.h"
#include "pair.h"

#define RATE_MOST 1e6 /* ns a ns, to be told */
#define APART_NS  (800 * TG_NS_PER_MS)

static bool is_new(const struct tg_track *track, const struct tg_pair *pair)
{
        return !track->n || track->as_of_on_b != pair->as_of_on_b || track->as_of_raw_ns != pair->as_of_raw_ns;
}

static void push(struct tg_track *track, const struct tg_pair *pair)
{
        /* what moved before a step says nothing of a rate, nor does a bound that is not later */
        if (track->n && (track->steps != pair->steps || pair->as_of_on_a_ns <= track->at_ns[track->n - 1]))
                track->n = 0;
        track->steps = pair->steps;
        track->as_of_on_b = pair->as_of_on_b;
        track->as_of_raw_ns = pair->as_of_raw_ns;
        /* a rate is one of seconds, not of the two in which chronyd corrects a little */
        if (track->n && pair->as_of_on_a_ns - track->at_ns[track->n - 1] < APART_NS)
                return;
        if (track->n == TG_TRACK_BOUNDS) {
                memmove(track->at_ns, track->at_ns + 1, (TG_TRACK_BOUNDS - 1) * sizeof track->at_ns[0]);
                memmove(track->offset, track->offset + 1, (TG_TRACK_BOUNDS - 1) * sizeof track->offset[0]);
                track->n--;
        }
        track->at_ns[track->n] = pair->as_of_on_a_ns;
        track->offset[track->n++] = pair->offset;
}

/* Events bring reports beside those of the second, and each report of either node a bound: those of one second are one proof. */
static void count(struct tg_track *track, const struct tg_pair *pair, int64_t limit_ns)
{
        if (tg_pair_judge(pair->offset, limit_ns) != TG_PAIR_BEYOND) {
                track->beyond = 0;
        } else if (!track->beyond || pair->as_of_on_a_ns - track->counted_ns >= APART_NS) {
                track->beyond = track->beyond < UINT8_MAX ? (uint8_t)(track->beyond + 1) : track->beyond;
                track->counted_ns = pair->as_of_on_a_ns;
        }
}

static void follow(struct tg_track *track, const struct tg_pair *pair, int64_t limit_ns)
{
        if (!pair->bounded) {
                *track = (struct tg_track){ 0 };
        } else if (is_new(track, pair)) {
                push(track, pair);
                count(track, pair, limit_ns);
        }
}

static bool in_grace(const struct tg_member *m, int64_t grace_ns)
{
        return m->report.boot_ns < grace_ns;
}

static void mark_breach(struct tg_tracks *tracks, const struct tg_view *view, int slot)
{
        bool any = false;

        for (uint32_t i = 0; i < view->n; i++)
                any |= view->order[i] != slot && tg_track_of(tracks, view, slot, view->order[i])->beyond;
        if (!any)
                tracks->breach_raw_ns[slot] = 0;
        else if (!tracks->breach_raw_ns[slot])
                tracks->breach_raw_ns[slot] = view->members[slot].report.raw_ns;
}

void tg_tracks_deliver(struct tg_tracks *tracks, const struct tg_view *view, int slot, int64_t limit_ns, int64_t grace_ns)
{
        for (uint32_t i = 0; i < view->n; i++) {
                int other = view->order[i];
                struct tg_track *track;

                if (other == slot)
                        continue;
                track = view->members[slot].id < view->members[other].id ? &tracks->of[slot][other] : &tracks->of[other][slot];
                if (in_grace(&view->members[slot], grace_ns) || in_grace(&view->members[other], grace_ns))
                        *track = (struct tg_track){ 0 };
                else
                        follow(track,
                               view->members[slot].id < view->members[other].id ? &view->pairs[slot][other]
                                                                                : &view->pairs[other][slot],
                               limit_ns);
                mark_breach(tracks, view, other);
        }
        mark_breach(tracks, view, slot);
}

bool tg_track_crosses(const struct tg_track *track, int64_t limit_ns, int64_t horizon_ns, int64_t *rate_ppb)
{
        struct tg_interval first = track->offset[0], last = track->offset[TG_TRACK_BOUNDS - 1];
        int64_t took = track->at_ns[TG_TRACK_BOUNDS - 1] - track->at_ns[0];
        double moved, rate; /* a liar's bounds may lie farther apart than an int64 holds */
        bool ahead = last.low_ns > 0;

        if (track->n < TG_TRACK_BOUNDS || took <= 0 || (!ahead && last.high_ns >= 0))
                return false;
        if (!ahead) { /* the other side is the same, mirrored */
                first = (struct tg_interval){ -first.high_ns, -first.low_ns };
                last = (struct tg_interval){ -last.high_ns, -last.low_ns };
        }
        moved = (double)last.low_ns - (double)first.high_ns; /* both ends did, by at least that */
        /* outward is away from zero: a clock that is being set right runs fast too, and ends a little on the other side */
        if (last.low_ns <= -first.low_ns || moved <= 0)
                return false;
        rate = moved / (double)took;
        *rate_ppb = (int64_t)(rate < RATE_MOST ? rate * 1e9 : RATE_MOST * 1e9) * (ahead ? 1 : -1);
        return (double)last.low_ns + rate * (double)horizon_ns > (double)limit_ns;
}
