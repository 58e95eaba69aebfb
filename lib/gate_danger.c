/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See gate_danger.h. */
#include <stdio.h>

#include <timeguard/bound.h>

#include "foes.h"
#include "gate_danger.h"
#include "pair.h"
#include "text.h"

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
        char bound[TG_BOUND_TEXT_MAX];

        out->evidence = (struct tg_evidence){ .node_id = s->view->members[a].id,
                                              .other_id = s->view->members[b].id,
                                              .has_offset = true,
                                              .offset_ns = pair->estimate_ns,
                                              .bound_low_ns = pair->offset.low_ns,
                                              .bound_high_ns = pair->offset.high_ns };
        snprintf(out->why, sizeof out->why, "%.60s is %s from %.60s, %s", s->view->members[a].name,
                 tg_bound_text(pair->offset.low_ns, pair->offset.high_ns, " to ", bound), s->view->members[b].name, why);
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

/* Votes of nodes that are not silent. Where none is, the part is quorate as it is: also by a qdevice, or as corosync breaks ties. */
static bool enough_report(const struct tg_situation *s, const struct tg_agreement *agreement)
{
        bool all = true;

        for (uint32_t i = 0; i < s->view->n; i++) {
                const struct tg_member *m = &s->view->members[s->view->order[i]];

                all &= m->fresh || !m->present;
        }
        return agreement->fresh_votes && (all || agreement->fresh_votes + s->quorum->qdevice_votes >= s->quorum->quorum);
}

/* Why it is not proven that all is well, or NULL; *mute: only as members are silent. */
static const char *find_doubt(const struct tg_watchfulness *w, const struct tg_situation *s,
                              const struct tg_agreement *agreement, char *buf, size_t size, bool *mute)
{
        const char *why = tg_situation_no_quorum(s);
        int64_t rate_ppb;

        *mute = false;
        if (why || !tg_situation_hears(s))
                return why ? why : TG_UNHEARD;
        if (!enough_report(s, agreement))
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
