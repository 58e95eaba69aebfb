/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See gate_watch.h. */
#include <stdlib.h>

#include "gate_watch.h"

#define MOVED_NS      (10 * TG_NS_PER_S)
#define MOVED_MOST_NS (86400 * TG_NS_PER_S) /* more is no more to anybody, and a liar may say anything */
#define MOVES_PPB     10000000
#define UNTOLD_NS     (50 * TG_NS_PER_S) /* thrice as long as a source goes untold that has nothing new to say (report_own.c) */

int64_t tg_gate_limit_ns(const struct tg_options *options)
{
        return options->gate_offset_limit_ns > options->budget_ns ? options->gate_offset_limit_ns : options->budget_ns;
}

static void follow_correction(struct tg_correction *c, const struct tg_chrony_sample *chrony, int64_t limit_ns)
{
        int64_t pending_ns = -tg_chrony_float_ns(chrony->tracking.correction_s); /* wire: negative, where the clock is fast */
        int8_t side = pending_ns < -limit_ns ? 1 : pending_ns > limit_ns ? -1 : 0;

        if (chrony->state != TG_CHRONY_OK || !side) {
                *c = (struct tg_correction){ 0 };
                return;
        }
        if (c->n && c->side == side && c->ref_time_ns == chrony->tracking.ref_time_ns &&
            c->last_offset_s == chrony->tracking.last_offset_s)
                return;
        c->n = c->side != side ? 1 : c->n < UINT8_MAX ? (uint8_t)(c->n + 1) : c->n;
        c->side = side;
        c->ref_time_ns = chrony->tracking.ref_time_ns;
        c->last_offset_s = chrony->tracking.last_offset_s;
}

/* A source that a node tells of no more is none of its sources any more. */
static void drop_untold(struct tg_watchfulness *w, int slot, int64_t raw_ns)
{
        for (int i = 0; i < w->n_asked[slot]; i++) {
                int64_t age = raw_ns - w->told_raw_ns[slot][i];
                int last;

                if (age >= 0 && age <= UNTOLD_NS)
                        continue;
                last = --w->n_asked[slot];
                w->asked[slot][i] = w->asked[slot][last];
                w->told_raw_ns[slot][i--] = w->told_raw_ns[slot][last];
        }
}

/* What a node was told by its sources: one of them a report. */
static void take_asked(struct tg_watchfulness *w, int slot, const struct tg_asked *asked, int64_t raw_ns)
{
        int oldest = 0;

        drop_untold(w, slot, raw_ns);
        if (asked->state == TG_ASKED_NEVER)
                return;
        for (int i = 0; i < w->n_asked[slot]; i++) {
                if (tg_addr_equal(&w->asked[slot][i].addr, &asked->addr)) {
                        w->asked[slot][i] = *asked;
                        w->told_raw_ns[slot][i] = raw_ns;
                        return;
                }
                if (w->asked[slot][i].raw_ns < w->asked[slot][oldest].raw_ns)
                        oldest = i;
        }
        if (w->n_asked[slot] < TG_ASK_SOURCES)
                oldest = w->n_asked[slot]++;
        w->asked[slot][oldest] = *asked;
        w->told_raw_ns[slot][oldest] = raw_ns;
}

static void follow_moves(struct tg_moves *m, const struct tg_report *report)
{
        int64_t took = report->raw_ns - m->seen_raw_ns, by_ns = 0;

        if (report->raw_ns - m->raw_ns > TG_GATE_STILL_NS || took < 0)
                m->sum_ns = 0;
        if (report->steps != m->steps)
                by_ns += llabs(report->last_step_ns);
        if ((report->slew_ppb > MOVES_PPB || report->slew_ppb < -MOVES_PPB) && took > 0 && took < MOVED_NS)
                by_ns += llabs(report->slew_ppb) * (took / 1000) / 1000000;
        if (by_ns)
                m->raw_ns = report->raw_ns;
        m->sum_ns += by_ns < MOVED_MOST_NS - m->sum_ns ? by_ns : MOVED_MOST_NS - m->sum_ns;
        m->seen_raw_ns = report->raw_ns;
        m->seq = report->seq;
        m->steps = report->steps;
}

void tg_watch_deliver(struct tg_watchfulness *w, const struct tg_view *view, const struct tg_options *options, int slot)
{
        const struct tg_report *report = &view->members[slot].report;

        tg_tracks_deliver(&w->tracks, view, slot, tg_gate_limit_ns(options), options->boot_grace_ns);
        /* another agent, which has asked nobody yet; its clock may have been stepped before it began */
        if (report->seq < w->moves[slot].seq) {
                w->n_asked[slot] = 0;
                w->corrections[slot] = (struct tg_correction){ 0 };
        }
        follow_moves(&w->moves[slot], report);
        follow_correction(&w->corrections[slot], &report->chrony, options->gate_step_limit_ns);
        take_asked(w, slot, &report->asked, report->raw_ns);
}

void tg_watch_forget(struct tg_watchfulness *w, int slot)
{
        for (int i = 0; i < TG_NODES_MAX; i++)
                w->tracks.of[slot][i] = w->tracks.of[i][slot] = (struct tg_track){ 0 };
        w->tracks.breach_raw_ns[slot] = 0;
        w->corrections[slot] = (struct tg_correction){ 0 };
        w->n_asked[slot] = 0;
        w->moves[slot] = (struct tg_moves){ 0 };
}
