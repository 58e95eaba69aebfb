/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See agree.h. Fresh nodes are placed on a line by the estimates, in the frame of the lowest fresh id (or of a node placed already, where
   that pair has no bound), and sorted. From each node as the leftmost, a sweep to the right takes in whoever is proven within the budget
   of all that were taken before: intervals of one width on a line form cliques of neighbours (Marzullo, Helly). Ties go to the lowest
   id by the order of the sweep.
   A sweep may miss a set where the widths differ: one node with wide or false bounds could keep apart those that are proven to agree.
   So a larger set is searched for, and likewise which sets are possible in truth, which condemns (split) or spares. Both searches are
   bounded: where they would take too long, the best set so far counts, and a set counts as possible. Nodes go by their place in the
   order of ids, never by slot, so that every node searches alike. */
#include <string.h>

#include "agree.h"

struct placed {
        int slot;
        int64_t x_ns; /* estimated offset from the frame's node */
};

struct line {
        int n;
        struct placed nodes[TG_NODES_MAX];
};

struct clique {
        uint64_t votes;
        bool has[TG_NODES_MAX];
};

#define FAR_NS       (INT64_MAX / TG_NODES_MAX)
#define SEARCH_STEPS 2000 /* of one evaluation, each about as long as a sweep */

/* Who cannot be of one set with whom. A set of nodes is 64 bits, by their place in the view's order. */
struct search {
        const struct tg_view *view;
        uint64_t foes[TG_NODES_MAX];
        uint64_t fresh;
        int steps;
};
_Static_assert(TG_NODES_MAX <= 64, "a set of nodes is 64 bits");

/* As far as it matters for the order: the sum along all nodes stays in range, whatever some of them say. */
static int64_t near(int64_t estimate_ns)
{
        return estimate_ns > FAR_NS ? FAR_NS : estimate_ns < -FAR_NS ? -FAR_NS : estimate_ns;
}

static void place(const struct tg_view *view, struct line *line, int slot)
{
        for (int i = 0; i < line->n; i++) {
                bool swapped;
                const struct tg_pair *pair = tg_view_pair_of(view, slot, line->nodes[i].slot, &swapped);

                if (!pair->bounded)
                        continue;
                line->nodes[line->n++] =
                        (struct placed){ slot, line->nodes[i].x_ns + near(swapped ? -pair->estimate_ns : pair->estimate_ns) };
                return;
        }
}

static bool is_placed(const struct line *line, int slot)
{
        for (int i = 0; i < line->n; i++)
                if (line->nodes[i].slot == slot)
                        return true;
        return false;
}

/* Places whoever has a bound with one that stands; returns the lowest that has not, or -1. */
static int place_bounded(const struct tg_view *view, struct line *line)
{
        int before, left;

        do {
                before = line->n;
                left = -1;
                for (uint32_t i = 0; i < view->n; i++) {
                        int slot = view->order[i];

                        if (!view->members[slot].fresh || is_placed(line, slot))
                                continue;
                        place(view, line, slot);
                        if (left < 0 && !is_placed(line, slot))
                                left = slot;
                }
        } while (line->n > before);
        return left;
}

/* Nodes without a bound to those that stand begin a frame of their own: where it lies does not matter, as no set can reach across. */
static void place_all(const struct tg_view *view, struct line *line)
{
        int left;

        line->n = 0;
        while ((left = place_bounded(view, line)) >= 0)
                line->nodes[line->n++] = (struct placed){ left, 0 };
}

static bool stands_after(const struct tg_view *view, const struct placed *a, const struct placed *b)
{
        return a->x_ns != b->x_ns ? a->x_ns > b->x_ns : view->members[a->slot].id > view->members[b->slot].id;
}

static void sort(const struct tg_view *view, struct line *line)
{
        for (int i = 1; i < line->n; i++) {
                struct placed p = line->nodes[i];
                int j = i;

                for (; j > 0 && stands_after(view, &line->nodes[j - 1], &p); j--)
                        line->nodes[j] = line->nodes[j - 1];
                line->nodes[j] = p;
        }
}

static enum tg_pair_verdict verdict_of(const struct tg_view *view, int i, int j)
{
        bool swapped;

        return tg_view_pair_of(view, i, j, &swapped)->verdict;
}

/* Returns true when nobody was left out: then no sweep from further right finds anything but a part of this set. */
static bool sweep(const struct tg_view *view, const struct line *line, int from, struct clique *out)
{
        int taken[TG_NODES_MAX], n = 0;

        memset(out, 0, sizeof *out);
        for (int k = from; k < line->n; k++) {
                int slot = line->nodes[k].slot, i = 0;

                while (i < n && verdict_of(view, slot, taken[i]) == TG_PAIR_WITHIN)
                        i++;
                if (i < n)
                        continue;
                taken[n++] = slot;
                out->has[slot] = true;
                out->votes += view->members[slot].votes;
        }
        return n == line->n - from;
}

static bool majority(const struct tg_agreement *a, uint64_t votes)
{
        return 2 * votes > a->total_votes;
}

static void count_votes(const struct tg_view *view, struct tg_agreement *out)
{
        for (uint32_t i = 0; i < view->n; i++) {
                const struct tg_member *m = &view->members[view->order[i]];

                out->total_votes += m->configured || m->present ? m->votes : 0;
                out->fresh_votes += m->fresh ? m->votes : 0;
        }
}

static uint64_t bit(uint32_t place)
{
        return UINT64_C(1) << place;
}

static uint64_t votes_at(const struct search *s, int place)
{
        return s->view->members[s->view->order[place]].votes;
}

/* Foes are pairs proven beyond, or, with `proven`, all that are not proven within. */
static void find_foes(const struct tg_view *view, struct search *s, bool proven)
{
        *s = (struct search){ .view = view, .steps = SEARCH_STEPS };
        for (uint32_t i = 0; i < view->n; i++)
                s->fresh |= view->members[view->order[i]].fresh ? bit(i) : 0;
        for (uint32_t i = 0; i < view->n; i++)
                for (uint32_t j = i + 1; j < view->n; j++) {
                        enum tg_pair_verdict verdict = verdict_of(view, view->order[i], view->order[j]);

                        if (!(s->fresh & bit(i)) || !(s->fresh & bit(j)) ||
                            (proven ? verdict == TG_PAIR_WITHIN : verdict != TG_PAIR_BEYOND))
                                continue;
                        s->foes[i] |= bit(j);
                        s->foes[j] |= bit(i);
                }
}

/* At most so many votes of `set` can agree: of two foes only one. *foe gets a node with a foe, or -1 when all may agree. */
static uint64_t votes_at_most(const struct search *s, uint64_t set, int *foe)
{
        uint64_t votes = 0;

        *foe = -1;
        while (set) {
                int i = __builtin_ctzll(set), j;
                uint64_t a = votes_at(s, i), b = 0;

                set &= set - 1;
                if (s->foes[i] & set) {
                        j = __builtin_ctzll(s->foes[i] & set);
                        b = votes_at(s, j);
                        set &= ~bit((uint32_t)j);
                        *foe = i;
                }
                votes += a > b ? a : b;
        }
        return votes;
}

/* Looks within `set` for one without foes that has more votes than the best so far. */
static void improve(struct search *s, uint64_t set, struct clique *best)
{
        int foe;
        uint64_t votes;

        if (s->steps-- <= 0 || (votes = votes_at_most(s, set, &foe)) <= best->votes)
                return;
        if (foe >= 0) {
                improve(s, set & ~s->foes[foe], best);
                improve(s, set & ~bit((uint32_t)foe), best);
                return;
        }
        *best = (struct clique){ .votes = votes };
        for (uint32_t i = 0; i < s->view->n; i++)
                best->has[s->view->order[i]] = set & bit(i);
}

static void find_set(const struct tg_view *view, const struct line *line, struct tg_agreement *out)
{
        struct clique best = { 0 }, clique;
        struct search s;
        bool all = false;

        for (int i = 0; i < line->n && !all; i++) {
                all = sweep(view, line, i, &clique);
                if (clique.votes > best.votes)
                        best = clique;
        }
        find_foes(view, &s, true);
        improve(&s, s.fresh, &best);
        out->has_set = majority(out, best.votes);
        out->set_votes = best.votes;
        if (out->has_set)
                memcpy(out->in_set, best.has, sizeof best.has);
}

/* Whether some nodes of `set`, no two of them foes, have a majority together with `more` votes. */
static bool may_agree(struct search *s, const struct tg_agreement *a, uint64_t set, uint64_t more)
{
        int foe;

        if (s->steps-- <= 0)
                return true;
        if (!majority(a, votes_at_most(s, set, &foe) + more))
                return false;
        return foe < 0 || may_agree(s, a, set & ~s->foes[foe], more) || may_agree(s, a, set & ~bit((uint32_t)foe), more);
}

static bool may_agree_with(struct search *s, const struct tg_agreement *a, uint32_t place)
{
        uint64_t others = s->fresh & ~bit(place) & ~s->foes[place];

        return may_agree(s, a, others, votes_at(s, (int)place));
}

/* The set is unique when all nodes that can be of any majority may agree with each other. */
static void find_possible(const struct tg_view *view, struct tg_agreement *out)
{
        struct search s;
        uint64_t silent = out->total_votes > out->fresh_votes ? out->total_votes - out->fresh_votes : 0, some = 0;

        find_foes(view, &s, false);
        out->majority_possible = may_agree(&s, out, s.fresh, silent);
        out->unique = out->has_set;
        for (uint32_t i = 0; i < view->n && out->unique; i++)
                if ((s.fresh & bit(i)) && may_agree_with(&s, out, i)) {
                        some |= bit(i);
                        out->unique = !(s.foes[i] & some);
                }
}

static bool beyond_all(const struct tg_view *view, const struct tg_agreement *a, int slot)
{
        for (uint32_t i = 0; i < view->n; i++) {
                int other = view->order[i];

                if (a->in_set[other] && verdict_of(view, slot, other) != TG_PAIR_BEYOND)
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
static int median(const struct tg_view *view, const struct line *line, const struct tg_agreement *a)
{
        uint64_t sum = 0;

        for (int i = 0; i < line->n; i++) {
                if (!a->in_set[line->nodes[i].slot])
                        continue;
                sum += view->members[line->nodes[i].slot].votes;
                if (2 * sum >= a->set_votes)
                        return line->nodes[i].slot;
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
        struct line line;

        memset(out, 0, sizeof *out);
        out->reference = -1;
        count_votes(view, out);
        place_all(view, &line);
        sort(view, &line);
        find_set(view, &line, out);
        find_possible(view, out);
        find_beyond(view, out);
        if (out->has_set)
                out->reference = last_reference(view, out);
        if (out->has_set && out->reference < 0)
                out->reference = median(view, &line, out);
}
