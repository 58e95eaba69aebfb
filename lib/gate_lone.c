/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* When a breach is one node's: every pair beyond has it in it, it is beyond everybody, all others are proven within the gate limit of each other and
   hold a majority; and the time source, asked by it and by at least one of the others after the breach began, contradicts it alone. Two nodes
   that a bad source has stepped are a majority too: but then the third finds the source where its own clock is, or finds that the
   source has moved as no oscillator does. */
#include "foes.h"
#include "gate_danger.h"
#include "pair.h"

#define ACT_REPORTS  20 /* ... and then it has closed itself, or holds itself not for the lone one, as it knows more or less */
#define WAIT_REPORTS 20 /* the source may be asked every 16 s */

enum testimony { SAYS_NOTHING, SAYS_RIGHT, SAYS_WRONG, SAYS_LATER };

static bool is_within(const struct tg_situation *s, int i, int j)
{
        bool swapped;
        const struct tg_pair *pair = tg_view_pair_of(s->view, i, j, &swapped);

        return tg_view_is_proven(s->view, i, j) && tg_pair_judge(pair->offset, tg_gate_limit_ns(s->options)) == TG_PAIR_WITHIN;
}

static bool is_lone(const struct tg_watchfulness *w, const struct tg_situation *s, int slot, uint64_t total_votes)
{
        const struct tg_view *view = s->view;
        uint64_t others = 0;

        for (uint32_t i = 0; i < view->n; i++) {
                int a = view->order[i];

                if (a == slot || !view->members[a].fresh)
                        continue;
                if (!tg_gate_is_far(w, s, slot, a))
                        return false;
                others += view->members[a].votes;
                for (uint32_t j = i + 1; j < view->n; j++) {
                        int b = view->order[j];

                        if (b != slot && view->members[b].fresh && !is_within(s, a, b))
                                return false;
                }
        }
        return view->members[slot].fresh && tg_is_majority(others, total_votes);
}

/* What a source says of the clock of the node that asked it. */
static enum testimony hear(const struct tg_watchfulness *w, const struct tg_situation *s, int slot, const struct tg_asked *a)
{
        const struct tg_report *r = &s->view->members[slot].report;
        int64_t since = w->tracks.breach_raw_ns[slot];
        struct tg_interval ahead;

        if (a->state != TG_ASKED_OK || !tg_asked_ahead(a, r->raw_ns, &ahead.low_ns, &ahead.high_ns))
                return SAYS_NOTHING;
        if (a->raw_ns <= since)
                return SAYS_LATER;
        /* it must have been steady since before the breach: else it may be what moved */
        if (a->raw_ns - (int64_t)a->steady_s * TG_NS_PER_S >= since)
                return SAYS_NOTHING;
        switch (tg_pair_judge((struct tg_interval){ ahead.low_ns - r->c_ns, ahead.high_ns - r->c_ns },
                              tg_gate_limit_ns(s->options))) {
        case TG_PAIR_WITHIN:
                return SAYS_RIGHT;
        case TG_PAIR_BEYOND:
                return SAYS_WRONG;
        default:
                return SAYS_NOTHING;
        }
}

/* What the others were told by the source at that address. */
static enum testimony hear_others(const struct tg_watchfulness *w, const struct tg_situation *s, int lone,
                                  const struct tg_addr *addr)
{
        enum testimony heard = SAYS_NOTHING;

        for (uint32_t i = 0; i < s->view->n; i++) {
                int slot = s->view->order[i];

                if (slot == lone || !s->view->members[slot].fresh)
                        continue;
                for (int k = 0; k < w->n_asked[slot]; k++) {
                        enum testimony one = tg_addr_equal(&w->asked[slot][k].addr, addr) ? hear(w, s, slot, &w->asked[slot][k])
                                                                                          : SAYS_NOTHING;

                        if (one == SAYS_WRONG)
                                return SAYS_WRONG;
                        if (one == SAYS_LATER || heard == SAYS_NOTHING)
                                heard = one;
                }
        }
        return heard;
}

/* RIGHT here: the sources agree that the lone node, and nobody else, is wrong. */
static enum testimony examine(const struct tg_watchfulness *w, const struct tg_situation *s, int lone)
{
        enum testimony verdict = SAYS_NOTHING;

        for (int i = 0; i < w->n_asked[lone]; i++) {
                const struct tg_asked *a = &w->asked[lone][i];
                enum testimony own = hear(w, s, lone, a), others = hear_others(w, s, lone, &a->addr);

                if (own == SAYS_RIGHT || others == SAYS_WRONG)
                        return SAYS_WRONG;
                if (own == SAYS_WRONG && others == SAYS_RIGHT)
                        verdict = SAYS_RIGHT;
                else if ((own == SAYS_LATER && others != SAYS_NOTHING) || (own == SAYS_WRONG && others == SAYS_LATER))
                        verdict = verdict == SAYS_NOTHING ? SAYS_LATER : verdict;
        }
        return verdict;
}

/* The HA manager and the lowest id judge everybody else: gating such a node alone would leave the danger. */
static bool may_be_alone(const struct tg_situation *s, int slot)
{
        for (uint32_t i = 0; i < s->view->n; i++)
                if (s->view->members[s->view->order[i]].present)
                        return s->view->order[i] != slot && !(s->view->members[slot].report.gate.flags & TG_GATE_MASTER);
        return false;
}

/* It was moved a while ago, before or in this breach. */
static bool has_moved(const struct tg_watchfulness *w, const struct tg_situation *s, int slot)
{
        return w->moves[slot].sum_ns > tg_gate_limit_ns(s->options) / 4 &&
               s->view->members[slot].report.raw_ns - w->moves[slot].raw_ns <= TG_GATE_STILL_NS;
}

/* Others were moved, by their source perhaps, and this one stood still: they went away from it. */
static bool was_left(const struct tg_watchfulness *w, const struct tg_situation *s, int slot)
{
        if (has_moved(w, s, slot))
                return false;
        for (uint32_t i = 0; i < s->view->n; i++)
                if (s->view->order[i] != slot && s->view->members[s->view->order[i]].fresh &&
                    has_moved(w, s, s->view->order[i]))
                        return true;
        return false;
}

static int least_confirmed(const struct tg_watchfulness *w, const struct tg_situation *s, int lone)
{
        int least = UINT8_MAX;

        for (uint32_t i = 0; i < s->view->n; i++) {
                int slot = s->view->order[i];

                if (slot != lone && s->view->members[slot].fresh &&
                    tg_track_of(&w->tracks, s->view, lone, slot)->beyond < least)
                        least = tg_track_of(&w->tracks, s->view, lone, slot)->beyond;
        }
        return least;
}

/* It closes itself, or has. */
static bool does_act(const struct tg_situation *s, int slot)
{
        const struct tg_member *m = &s->view->members[slot];

        return tg_stage_is_live(m->report.gate.records[1].stage) && m->report.gate.records[1].target_id == m->id;
}

void tg_gate_find_lone(const struct tg_watchfulness *w, const struct tg_situation *s, const struct tg_agreement *agreement,
                       struct tg_finding *out)
{
        for (uint32_t i = 0; i < s->view->n; i++) {
                int slot = s->view->order[i];
                enum testimony verdict;

                if (!is_lone(w, s, slot, agreement->total_votes) || !may_be_alone(s, slot) || was_left(w, s, slot))
                        continue;
                verdict = examine(w, s, slot);
                if (verdict == SAYS_RIGHT &&
                    (does_act(s, slot) || s->options->gate_mode == TG_GATE_OBSERVE ||
                     least_confirmed(w, s, slot) < s->options->gate_confirm + WAIT_REPORTS + ACT_REPORTS)) {
                        out->scope = TG_GATE_NODE;
                        out->lone = slot;
                }
                out->waits = verdict == SAYS_LATER && least_confirmed(w, s, slot) < s->options->gate_confirm + WAIT_REPORTS;
                return;
        }
}
