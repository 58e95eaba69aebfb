/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See gate_danger.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "foes.h"
#include "gate_danger.h"
#include "pair.h"
#include "text.h"

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

static const struct tg_pair *pair_of(const struct tg_situation *s, int i, int j)
{
        bool swapped;

        return tg_view_pair_of(s->view, i, j, &swapped);
}

static bool both_fresh(const struct tg_situation *s, int i, int j)
{
        return s->view->members[i].fresh && s->view->members[j].fresh;
}

bool tg_gate_is_far(const struct tg_watchfulness *w, const struct tg_situation *s, int i, int j)
{
        const struct tg_pair *pair = pair_of(s, i, j);

        return both_fresh(s, i, j) && pair->bounded && !pair->stale && pair->verdict == TG_PAIR_BEYOND &&
               tg_track_of(&w->tracks, s->view, i, j)->beyond >= s->options->gate_confirm;
}

bool tg_gate_any_far_without(const struct tg_watchfulness *w, const struct tg_situation *s, int slot)
{
        for (uint32_t i = 0; i < s->view->n; i++)
                for (uint32_t j = i + 1; j < s->view->n; j++) {
                        int a = s->view->order[i], b = s->view->order[j];

                        if (a != slot && b != slot && tg_gate_is_far(w, s, a, b))
                                return true;
                }
        return false;
}

static bool crosses(const struct tg_watchfulness *w, const struct tg_situation *s, int i, int j, int64_t *rate_ppb)
{
        return both_fresh(s, i, j) && tg_view_is_proven(s->view, i, j) &&
               tg_track_crosses(tg_track_of(&w->tracks, s->view, i, j), tg_gate_limit_ns(s->options),
                                s->options->gate_horizon_ns, rate_ppb);
}

static void tell_pair(const struct tg_situation *s, int a, int b, struct tg_finding *out, const char *why)
{
        const struct tg_pair *pair = &s->view->pairs[a][b];
        char low[TG_NUMBER_MAX], high[TG_NUMBER_MAX];

        out->evidence = (struct tg_evidence){ .node_id = s->view->members[a].id,
                                              .other_id = s->view->members[b].id,
                                              .has_offset = true,
                                              .offset_ns = pair->estimate_ns,
                                              .bound_low_ns = pair->offset.low_ns,
                                              .bound_high_ns = pair->offset.high_ns };
        snprintf(out->why, sizeof out->why, "%.60s is %s to %s from %.60s, %s", s->view->members[a].name,
                 tg_offset_text(pair->offset.low_ns, low), tg_offset_text(pair->offset.high_ns, high), s->view->members[b].name,
                 why);
}

/* The pairs of the fresh nodes, each once, by id. */
static bool next_pair(const struct tg_situation *s, uint32_t *i, uint32_t *j)
{
        if (++*j >= s->view->n) {
                ++*i;
                *j = *i + 1;
        }
        return *j < s->view->n;
}

static void find_breach(const struct tg_watchfulness *w, const struct tg_situation *s, struct tg_finding *out)
{
        uint64_t farthest = 0;
        char limit[TG_NUMBER_MAX], why[TG_NUMBER_MAX * 3];

        snprintf(why, sizeof why, "beyond the gate limit of %s", tg_ns_text(tg_gate_limit_ns(s->options), limit));
        for (uint32_t i = 0, j = 0; next_pair(s, &i, &j);) {
                int a = s->view->order[i], b = s->view->order[j];

                out->suspect |= both_fresh(s, a, b) && tg_track_of(&w->tracks, s->view, a, b)->beyond;
                if (!tg_gate_is_far(w, s, a, b) || (uint64_t)tg_interval_farthest_ns(s->view->pairs[a][b].offset) <= farthest)
                        continue;
                farthest = (uint64_t)tg_interval_farthest_ns(s->view->pairs[a][b].offset);
                out->danger = TG_DANGER_BREACH;
                out->scope = TG_GATE_CLUSTER;
                tell_pair(s, a, b, out, why);
        }
}

/* The votes that are not of the largest group in which nobody is, or will soon be, beyond another. */
static uint64_t votes_in_doubt(const struct tg_foes *of, uint64_t fresh_votes)
{
        struct tg_foes foes = *of;
        struct tg_clique best = { 0 };

        tg_foes_improve(&foes, &best);
        return fresh_votes > best.votes ? fresh_votes - best.votes : 0;
}

static void find_early(const struct tg_watchfulness *w, const struct tg_situation *s, const struct tg_agreement *agreement,
                       struct tg_finding *out)
{
        struct tg_foes foes = { .view = s->view, .steps = 2000 };
        int64_t margin = tg_quorum_margin(s->quorum), rate_ppb = 0, fastest = 0;
        int a = -1, b = -1;
        uint64_t doubt;
        char why[128];

        for (uint32_t i = 0; i < s->view->n; i++)
                foes.fresh |= s->view->members[s->view->order[i]].fresh ? tg_foes_bit(i) : 0;
        for (uint32_t i = 0, j = 0; next_pair(s, &i, &j);) {
                int sa = s->view->order[i], sb = s->view->order[j];

                if (!crosses(w, s, sa, sb, &rate_ppb))
                        continue;
                foes.of[i] |= tg_foes_bit(j);
                foes.of[j] |= tg_foes_bit(i);
                if (a < 0 || (rate_ppb < 0 ? -rate_ppb : rate_ppb) > fastest) {
                        fastest = rate_ppb < 0 ? -rate_ppb : rate_ppb;
                        a = sa;
                        b = sb;
                }
        }
        if (a < 0)
                return;
        out->suspect = true;
        doubt = votes_in_doubt(&foes, agreement->fresh_votes);
        if (!s->quorum->quorate || (int64_t)doubt <= margin)
                return;
        out->danger = TG_DANGER_EARLY;
        out->scope = TG_GATE_CLUSTER;
        snprintf(why, sizeof why,
                 "goes on by at least %lld us/s, and with that %llu votes are in doubt where the quorum can spare %lld",
                 (long long)(fastest / 1000), (unsigned long long)doubt, (long long)margin);
        tell_pair(s, a, b, out, why);
}

/* Why it is not proven that all is well, or NULL; *mute: only as members are silent. */
static const char *find_doubt(const struct tg_watchfulness *w, const struct tg_situation *s,
                              const struct tg_agreement *agreement, char *buf, size_t size, bool *mute)
{
        int64_t rate_ppb;

        *mute = false;
        if (!s->connected || !s->quorum->provider || !s->quorum->quorate || !tg_situation_hears(s))
                return "the cluster is not quorate";
        /* of two nodes under two_node, or one and a qdevice, the one that is left is enough */
        if (agreement->fresh_votes + s->quorum->qdevice_votes < s->quorum->quorum || !agreement->fresh_votes)
                return "the nodes that report would not be quorate by themselves";
        for (uint32_t i = 0, j = 0; next_pair(s, &i, &j);) {
                int a = s->view->order[i], b = s->view->order[j];
                const struct tg_pair *pair = &s->view->pairs[a][b];

                if (!both_fresh(s, a, b) || (tg_view_is_proven(s->view, a, b) &&
                                             tg_pair_judge(pair->offset, tg_gate_limit_ns(s->options)) == TG_PAIR_WITHIN &&
                                             !crosses(w, s, a, b, &rate_ppb)))
                        continue;
                snprintf(buf, size, "%.60s and %.60s are not proven to stay within the gate limit of each other",
                         s->view->members[a].name, s->view->members[b].name);
                return buf;
        }
        for (uint32_t i = 0; i < s->view->n; i++) {
                const struct tg_member *m = &s->view->members[s->view->order[i]];

                if (!m->present || m->fresh)
                        continue;
                snprintf(buf, size, "%.60s is mute", m->name);
                *mute = true;
                return buf;
        }
        return NULL;
}

void tg_gate_find(const struct tg_watchfulness *w, const struct tg_situation *s, const struct tg_agreement *agreement,
                  struct tg_finding *out)
{
        uint64_t pending;
        const char *doubt;
        bool mute;

        *out = (struct tg_finding){ .lone = -1 };
        find_breach(w, s, out);
        pending = tg_gate_pending_votes(w, s, out->step_why, sizeof out->step_why);
        out->suspect |= pending > 0;
        out->pending = s->quorum->provider && pending && pending >= s->quorum->quorum;
        if (out->danger == TG_DANGER_BREACH) {
                tg_gate_find_lone(w, s, agreement, out);
        } else {
                find_early(w, s, agreement, out);
                if (out->danger == TG_DANGER_NONE && out->pending) {
                        out->danger = TG_DANGER_PENDING;
                        out->scope = TG_GATE_CLUSTER;
                        tg_copy(out->why, sizeof out->why, out->step_why);
                }
        }
        doubt = find_doubt(w, s, agreement, out->why_not, sizeof out->why_not, &mute);
        if (!doubt && pending)
                doubt = out->step_why;
        out->calm = out->danger == TG_DANGER_NONE && !doubt;
        out->quiet = out->danger == TG_DANGER_NONE && !pending && (!doubt || mute);
        if (doubt && doubt != out->why_not)
                tg_copy(out->why_not, sizeof out->why_not, doubt);
}
