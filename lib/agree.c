/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See agree.h. From each node as the leftmost of the axis, a sweep to the right takes in whoever is proven within the budget of all
   that were taken before: intervals of one width on a line form cliques of neighbours (Marzullo, Helly). Of sets with as many votes the
   one with more live sources counts, so that a clock on its own does not drag the others' median along; then one that is clearly
   narrower, so that it leaves out who is at the edge and not somebody in the middle; then the first that is swept.
   A sweep may miss a set where the widths differ: one node with wide or false bounds could keep apart those that are proven to agree.
   So a larger set is searched for, and likewise which sets are possible in truth, which condemns (split) or spares. Both searches are
   bounded: where they would take too long, the best set so far counts, and a set counts as possible. */
#include <string.h>

#include "agree.h"
#include "axis.h"
#include "claim.h"
#include "foes.h"

#define CLEARLY 10 /* a share of the budget that tells two places on the axis apart */

struct candidate {
        struct tg_clique set;
        uint32_t n, live; /* members, and those with a live source */
        uint64_t width_ns;
};

/* Returns true when nobody was left out: then no sweep from further right finds anything but a part of this set. */
static bool sweep(const struct tg_view *view, const struct tg_axis *axis, int from, struct candidate *out)
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
                out->set.has[slot] = true;
                out->set.votes += view->members[slot].votes;
                out->width_ns = (uint64_t)axis->places[k].x_ns - (uint64_t)axis->places[from].x_ns;
                out->n++;
                out->live += tg_has_live_source(&view->members[slot].report.chrony);
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

static bool is_better(const struct tg_view *view, const struct candidate *a, const struct candidate *b)
{
        if (a->set.votes != b->set.votes)
                return a->set.votes > b->set.votes;
        if (a->live != b->live)
                return a->live > b->live;
        return a->n != b->n ? a->n > b->n : a->width_ns + (uint64_t)view->budget_ns / CLEARLY < b->width_ns;
}

static void find_set(const struct tg_view *view, const struct tg_axis *axis, struct tg_agreement *out)
{
        struct candidate best = { 0 }, next;
        struct tg_foes foes;
        bool all = false;

        for (int i = 0; i < axis->n && !all; i++) {
                all = sweep(view, axis, i, &next);
                if (is_better(view, &next, &best))
                        best = next;
        }
        tg_foes_find(view, &foes, true);
        tg_foes_improve(&foes, &best.set);
        out->has_set = tg_is_majority(best.set.votes, out->total_votes);
        out->set_votes = best.set.votes;
        if (out->has_set)
                memcpy(out->in_set, best.set.has, sizeof best.set.has);
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

/* Of the set, those with a live source if there are such: a clock on its own is no measure of the others. */
static void find_measures(const struct tg_view *view, const struct tg_agreement *a, struct tg_clique *out)
{
        bool live = false;

        *out = (struct tg_clique){ 0 };
        for (uint32_t i = 0; i < view->n; i++)
                live |= a->in_set[view->order[i]] && tg_has_live_source(&view->members[view->order[i]].report.chrony);
        for (uint32_t i = 0; i < view->n; i++) {
                int slot = view->order[i];

                out->has[slot] = a->in_set[slot] && (!live || tg_has_live_source(&view->members[slot].report.chrony));
                out->votes += out->has[slot] ? view->members[slot].votes : 0;
        }
}

/* The lower median by votes of those, in the order of their estimates. */
static int median(const struct tg_view *view, const struct tg_axis *axis, const struct tg_clique *of)
{
        uint64_t sum = 0;

        for (int i = 0; i < axis->n; i++) {
                if (!of->has[axis->places[i].slot])
                        continue;
                sum += view->members[axis->places[i].slot].votes;
                if (2 * sum >= of->votes)
                        return axis->places[i].slot;
        }
        return -1;
}

/* The reference that the lowest fresh node last named, so that a node which has just come knows it too. */
static int last_reference(const struct tg_view *view)
{
        for (uint32_t i = 0; i < view->n; i++)
                if (view->members[view->order[i]].fresh)
                        return tg_view_find(view, view->members[view->order[i]].report.reference_id);
        return -1;
}

/* Most of them lie clearly to one side of it: then it, and not all of them, went there. */
static bool is_astray(const struct tg_view *view, const struct tg_axis *axis, const struct tg_clique *of, int slot)
{
        int64_t x_ns = 0, near_ns = view->budget_ns / CLEARLY;
        uint64_t behind = 0, ahead = 0;

        for (int i = 0; i < axis->n; i++)
                x_ns = axis->places[i].slot == slot ? axis->places[i].x_ns : x_ns;
        for (int i = 0; i < axis->n; i++) {
                const struct tg_axis_place *place = &axis->places[i];

                if (!of->has[place->slot])
                        continue;
                behind += place->x_ns < x_ns - near_ns ? view->members[place->slot].votes : 0;
                ahead += place->x_ns > x_ns + near_ns ? view->members[place->slot].votes : 0;
        }
        return tg_is_majority(behind, of->votes) || tg_is_majority(ahead, of->votes);
}

static int find_reference(const struct tg_view *view, const struct tg_axis *axis, const struct tg_agreement *a)
{
        struct tg_clique measures;
        int last = last_reference(view);

        find_measures(view, a, &measures);
        return last >= 0 && measures.has[last] && !is_astray(view, axis, &measures, last) ? last
                                                                                          : median(view, axis, &measures);
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
                out->reference = find_reference(view, &axis, out);
}
