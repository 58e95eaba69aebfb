/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See agree.h. Fresh nodes are placed on a line by the estimates, in the frame of the lowest fresh id (or of a node placed already, where
   that pair has no bound), and sorted. From each node as the leftmost, a sweep to the right takes in whoever is linked with all
   that were taken before: intervals of one width on a line form cliques of neighbours (Marzullo, Helly). `within` links give the
   proven sets; `not beyond` links give the sets that are possible in truth. Ties go to the lowest id by the order of the sweep. */
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

static void place(const struct tg_view *view, struct line *line, int slot)
{
        for (int i = 0; i < line->n; i++) {
                bool swapped;
                const struct tg_pair *pair = tg_view_pair_of(view, slot, line->nodes[i].slot, &swapped);

                if (!pair->bounded)
                        continue;
                line->nodes[line->n++] =
                        (struct placed){ slot, line->nodes[i].x_ns + (swapped ? -pair->estimate_ns : pair->estimate_ns) };
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

/* A node without any bound stands for itself: it can neither agree nor disagree. */
static void place_all(const struct tg_view *view, struct line *line)
{
        int before;

        line->n = 0;
        do {
                before = line->n;
                for (uint32_t i = 0; i < view->n; i++) {
                        int slot = view->order[i];

                        if (!view->members[slot].fresh || is_placed(line, slot))
                                continue;
                        if (!line->n)
                                line->nodes[line->n++] = (struct placed){ slot, 0 };
                        else
                                place(view, line, slot);
                }
        } while (line->n > before);
}

static void sort(struct line *line)
{
        for (int i = 1; i < line->n; i++) {
                struct placed p = line->nodes[i];
                int j = i;

                for (; j > 0 && line->nodes[j - 1].x_ns > p.x_ns; j--)
                        line->nodes[j] = line->nodes[j - 1];
                line->nodes[j] = p;
        }
}

static bool linked(const struct tg_view *view, int i, int j, bool proven)
{
        bool swapped;
        enum tg_pair_verdict verdict = tg_view_pair_of(view, i, j, &swapped)->verdict;

        return proven ? verdict == TG_PAIR_WITHIN : verdict != TG_PAIR_BEYOND;
}

/* Returns true when nobody was left out: then no sweep from further right finds anything but a part of this set. */
static bool sweep(const struct tg_view *view, const struct line *line, int from, bool proven, struct clique *out)
{
        int taken[TG_NODES_MAX], n = 0;

        memset(out, 0, sizeof *out);
        for (int k = from; k < line->n; k++) {
                int slot = line->nodes[k].slot, i = 0;

                while (i < n && linked(view, slot, taken[i], proven))
                        i++;
                if (i < n)
                        continue;
                taken[n++] = slot;
                out->has[slot] = true;
                out->votes += view->members[slot].votes;
        }
        return n == line->n - from;
}

static bool contains(const struct clique *whole, const struct clique *part)
{
        for (int i = 0; i < TG_NODES_MAX; i++)
                if (part->has[i] && !whole->has[i])
                        return false;
        return true;
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

static void find_sets(const struct tg_view *view, const struct line *line, struct tg_agreement *out)
{
        struct clique best = { 0 }, clique, possible = { 0 };
        bool all = false;
        uint64_t silent = out->total_votes > out->fresh_votes ? out->total_votes - out->fresh_votes : 0;

        for (int i = 0; i < line->n && !all; i++) {
                all = sweep(view, line, i, true, &clique);
                if (clique.votes > best.votes)
                        best = clique;
        }
        out->has_set = majority(out, best.votes);
        out->set_votes = best.votes;
        out->unique = out->has_set;
        all = false;
        for (int i = 0; i < line->n && !all; i++) {
                all = sweep(view, line, i, false, &clique);
                if (majority(out, clique.votes + silent))
                        out->majority_possible = true;
                if (!majority(out, clique.votes))
                        continue;
                if (contains(&possible, &clique))
                        continue;
                if (!contains(&clique, &best) || (possible.votes && !contains(&clique, &possible)))
                        out->unique = false;
                possible = clique;
        }
        if (out->has_set)
                memcpy(out->in_set, best.has, sizeof best.has);
}

static bool beyond_all(const struct tg_view *view, const struct tg_agreement *a, int slot)
{
        for (uint32_t i = 0; i < view->n; i++) {
                int other = view->order[i];

                if (a->in_set[other] && linked(view, slot, other, false))
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
        sort(&line);
        find_sets(view, &line, out);
        find_beyond(view, out);
        if (out->has_set)
                out->reference = last_reference(view, out);
        if (out->has_set && out->reference < 0)
                out->reference = median(view, &line, out);
}
