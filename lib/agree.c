/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See agree.h. From each node as the leftmost of the axis, a sweep to the right takes in whoever is proven within the budget of all
   that were taken before: intervals of one width on a line form cliques of neighbours (Marzullo, Helly). Of sets with as many votes the
   one with more live sources counts, so that a clock on its own does not drag the others' median along; then the first that is swept.
   A sweep may miss a set where the widths differ: one node with wide or false bounds could keep apart those that are proven to agree.
   So a larger set is searched for, and likewise which sets are possible in truth, which condemns (split) or spares. Both searches are
   bounded: where they would take too long, the best set so far counts, and a set counts as possible. */
#include <string.h>

#include "agree.h"
#include "axis.h"
#include "claim.h"
#include "foes.h"

/* Returns true when nobody was left out: then no sweep from further right finds anything but a part of this set. */
static bool sweep(const struct tg_view *view, const struct tg_axis *axis, int from, struct tg_clique *out)
{
        int taken[TG_NODES_MAX], n = 0;

        memset(out, 0, sizeof *out);
        for (int k = from; k < axis->n; k++) {
                int slot = axis->places[k].slot, i = 0;

                while (i < n && tg_view_verdict(view, slot, taken[i]) == TG_PAIR_WITHIN)
                        i++;
                if (i < n)
                        continue;
                taken[n++] = slot;
                out->has[slot] = true;
                out->votes += view->members[slot].votes;
        }
        return n == axis->n - from;
}

static void count_votes(const struct tg_view *view, struct tg_agreement *out)
{
        for (uint32_t i = 0; i < view->n; i++) {
                const struct tg_member *m = &view->members[view->order[i]];

                out->total_votes += m->configured || m->present ? m->votes : 0;
                out->fresh_votes += m->fresh ? m->votes : 0;
        }
}

static uint32_t live_sources(const struct tg_view *view, const struct tg_clique *clique)
{
        uint32_t n = 0;

        for (uint32_t i = 0; i < view->n; i++)
                n += clique->has[view->order[i]] && tg_has_live_source(&view->members[view->order[i]].report.chrony);
        return n;
}

static bool is_better(const struct tg_view *view, const struct tg_clique *a, const struct tg_clique *b)
{
        return a->votes != b->votes ? a->votes > b->votes : live_sources(view, a) > live_sources(view, b);
}

static void find_set(const struct tg_view *view, const struct tg_axis *axis, struct tg_agreement *out)
{
        struct tg_clique best = { 0 }, clique;
        struct tg_foes foes;
        bool all = false;

        for (int i = 0; i < axis->n && !all; i++) {
                all = sweep(view, axis, i, &clique);
                if (is_better(view, &clique, &best))
                        best = clique;
        }
        tg_foes_find(view, &foes, true);
        tg_foes_improve(&foes, &best);
        out->has_set = tg_is_majority(best.votes, out->total_votes);
        out->set_votes = best.votes;
        if (out->has_set)
                memcpy(out->in_set, best.has, sizeof best.has);
}

/* The set is unique when all nodes that can be of any majority may agree with each other. They need not be of the set: near the budget it is
   not proven which of them are. */
static void find_possible(const struct tg_view *view, struct tg_agreement *out)
{
        struct tg_foes foes;
        uint64_t silent = out->total_votes > out->fresh_votes ? out->total_votes - out->fresh_votes : 0, some = 0;

        tg_foes_find(view, &foes, false);
        out->majority_possible = tg_foes_may_agree(&foes, foes.fresh, silent, out->total_votes);
        out->unique = out->has_set;
        for (uint32_t i = 0; i < view->n && out->unique; i++)
                if ((foes.fresh & tg_foes_bit(i)) && tg_foes_may_agree_with(&foes, i, out->total_votes)) {
                        some |= tg_foes_bit(i);
                        out->possible[view->order[i]] = true;
                        out->unique = !(foes.of[i] & some);
                }
}

/* Beyond every node of the majority, whoever that is in truth. A node that has no bound yet, as it has just come, spares nobody. */
static bool beyond_all(const struct tg_view *view, const struct tg_agreement *a, int slot)
{
        for (uint32_t i = 0; i < view->n; i++) {
                int other = view->order[i];
                bool swapped;
                const struct tg_pair *pair;

                if (other == slot || (!a->in_set[other] && !a->possible[other]))
                        continue;
                pair = tg_view_pair_of(view, slot, other, &swapped);
                if (pair->verdict != TG_PAIR_BEYOND && (a->in_set[other] || pair->bounded))
                        return false;
        }
        return true;
}

static void find_beyond(const struct tg_view *view, struct tg_agreement *out)
{
        for (uint32_t i = 0; i < view->n; i++)
                for (uint32_t j = i + 1; j < view->n; j++) {
                        const struct tg_member *a = &view->members[view->order[i]], *b = &view->members[view->order[j]];

                        if (a->fresh && b->fresh && view->pairs[view->order[i]][view->order[j]].verdict == TG_PAIR_BEYOND)
                                out->any_beyond = true;
                }
        for (uint32_t i = 0; out->unique && i < view->n; i++) {
                int slot = view->order[i];

                out->beyond[slot] = view->members[slot].fresh && !out->in_set[slot] && beyond_all(view, out, slot);
        }
}

/* The lower median by votes of the set's members, in the order of their estimates. */
static int median(const struct tg_view *view, const struct tg_axis *axis, const struct tg_agreement *a)
{
        uint64_t sum = 0;

        for (int i = 0; i < axis->n; i++) {
                if (!a->in_set[axis->places[i].slot])
                        continue;
                sum += view->members[axis->places[i].slot].votes;
                if (2 * sum >= a->set_votes)
                        return axis->places[i].slot;
        }
        return -1;
}

/* The reference that the lowest fresh node last named, so that a node which has just come knows it too; -1 when it is not in the set. */
static int last_reference(const struct tg_view *view, const struct tg_agreement *a)
{
        for (uint32_t i = 0; i < view->n; i++) {
                const struct tg_member *m = &view->members[view->order[i]];
                int slot = m->fresh ? tg_view_find(view, m->report.reference_id) : -1;

                if (m->fresh)
                        return slot >= 0 && a->in_set[slot] ? slot : -1;
        }
        return -1;
}

void tg_agree(const struct tg_view *view, struct tg_agreement *out)
{
        struct tg_axis axis;

        memset(out, 0, sizeof *out);
        out->reference = -1;
        count_votes(view, out);
        tg_axis_place(view, &axis);
        find_set(view, &axis, out);
        find_possible(view, out);
        find_beyond(view, out);
        if (out->has_set)
                out->reference = last_reference(view, out);
        if (out->has_set && out->reference < 0)
                out->reference = median(view, &axis, out);
}
