/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Blame against the truth, at the as_of of the very pairs that the observer has. Near the budget's edge it cannot be proven which of two
   overlapping majorities is the true one; then a node is rightly blamed if it is truly beyond every node that is in either. (With offsets of
   0, 0.9 and 1.8 budgets the one in the middle spares both others.) Two majorities that are proven to exclude each other are not unique. */
#include "check_private.h"

#include <stdio.h>
#include <stdlib.h>

#define STEPS 50000 /* of a search that the truth makes short */

struct truth {
        uint32_t n;
        uint64_t total, votes[SIM_NODES];
        uint64_t near[SIM_NODES]; /* who is truly within the budget of whom */
        uint64_t fresh, honest;
        int steps;
};

static bool majority(const struct truth *t, uint64_t votes)
{
        return 2 * votes > t->total;
}

/* The truth of a pair that the observer has a bound of; false when it has none, and so no as_of. */
static bool truth_of(const struct sim_check *c, uint32_t observer, uint32_t i, uint32_t j, int64_t *truth_ns)
{
        const struct tg_view *view = &c->sim->nodes[observer].core->view;
        uint32_t a = i < j ? i : j, b = i < j ? j : i;
        int sa = tg_view_find(view, a + 1), sb = tg_view_find(view, b + 1);
        const struct check_bound *bound = check_bound(c, observer, a, b);

        *truth_ns = bound->truth_ns;
        return sa >= 0 && sb >= 0 && view->pairs[sa][sb].bounded && bound->known;
}

static void find_truth(const struct sim_check *c, uint32_t observer, struct truth *t)
{
        const struct tg_node *core = c->sim->nodes[observer].core;

        *t = (struct truth){ .n = c->sim->n, .steps = STEPS };
        for (uint32_t i = 0; i < t->n; i++) {
                int slot = tg_view_find(&core->view, i + 1);

                t->votes[i] = c->sim->votes[i];
                /* of a node without a vote that is away votequorum tells nothing: it is taken for one with a vote */
                if (!t->votes[i] && slot >= 0 && !core->view.members[slot].present)
                        t->votes[i] = core->view.members[slot].votes;
                t->total += t->votes[i];
                t->fresh |= (uint64_t)(slot >= 0 && core->view.members[slot].fresh) << i;
                t->honest |= (uint64_t)!check_ever_lied(c, i) << i;
        }
        for (uint32_t i = 0; i < t->n; i++)
                for (uint32_t j = i + 1; j < t->n; j++) {
                        int64_t truth;

                        if (truth_of(c, observer, i, j, &truth) && llabs(truth) <= core->options.budget_ns) {
                                t->near[i] |= UINT64_C(1) << j;
                                t->near[j] |= UINT64_C(1) << i;
                        }
                }
}

static uint64_t votes_in(const struct truth *t, uint64_t set)
{
        uint64_t votes = 0;

        for (; set; set &= set - 1)
                votes += t->votes[__builtin_ctzll(set)];
        return votes;
}

/* Whether some of `set`, all near each other, hold a majority together with `votes`. */
static bool agree(struct truth *t, uint64_t set, uint64_t votes)
{
        int i;

        if (majority(t, votes))
                return true;
        if (t->steps-- <= 0 || !majority(t, votes + votes_in(t, set)))
                return false;
        i = __builtin_ctzll(set);
        set &= set - 1;
        return agree(t, set & t->near[i], votes + t->votes[i]) || agree(t, set, votes);
}

/* The nodes of `among` that are in some majority that truly agrees. */
static uint64_t in_majorities(struct truth *t, uint64_t among)
{
        uint64_t some = 0;

        for (uint32_t i = 0; i < t->n; i++)
                if (among >> i & 1 && agree(t, among & t->near[i], t->votes[i]))
                        some |= UINT64_C(1) << i;
        return some;
}

/* Some bound that the blame may rest on does not hold the truth, which breaks no promise. */
static bool rests_on_excused(const struct sim_check *c, uint32_t observer, uint64_t set)
{
        for (uint32_t a = 0; a < c->sim->n; a++)
                for (uint32_t b = a + 1; b < c->sim->n; b++)
                        if (set >> a & 1 && set >> b & 1) {
                                const struct check_bound *bound = check_bound(c, observer, a, b);

                                if (!bound->known || bound->excused)
                                        return true;
                        }
        return false;
}

static void name_set(uint64_t set, char *buf, size_t size)
{
        size_t at = 0;

        buf[0] = 0;
        for (; set && at + 8 < size; set &= set - 1)
                at += (size_t)snprintf(buf + at, size - at, "%sn%d", at ? "," : "", __builtin_ctzll(set) + 1);
}

static bool proven_apart(const struct sim_check *c, uint32_t observer, uint32_t i, uint32_t j)
{
        const struct tg_view *view = &c->sim->nodes[observer].core->view;
        int a = tg_view_find(view, i + 1), b = tg_view_find(view, j + 1);
        bool swapped;

        return a >= 0 && b >= 0 && tg_view_pair_of(view, a, b, &swapped)->verdict == TG_PAIR_BEYOND;
}

static void check_blamed(struct sim_check *c, uint32_t observer, struct truth *t, uint32_t z, uint64_t set)
{
        uint64_t honest_set = set & t->honest, some;
        char names[256], ambiguous[256];

        if (rests_on_excused(c, observer, honest_set | UINT64_C(1) << z))
                return;
        c->counts.checked[SIM_CHECK_BLAME]++;
        name_set(set, names, sizeof names);
        if (!majority(t, votes_in(t, set)))
                sim_trouble(c->sim, "blame: n%u blames n%u by {%s}, who hold %llu of %llu votes", observer + 1, z + 1, names,
                            (unsigned long long)votes_in(t, set), (unsigned long long)t->total);
        for (uint32_t i = 0; i < t->n; i++)
                if (honest_set >> i & 1 && t->near[z] >> i & 1)
                        sim_trouble(c->sim, "blame: n%u blames n%u by {%s}, but it is truly %lld ns from n%u", observer + 1,
                                    z + 1, names, (long long)check_bound(c, observer, z < i ? z : i, z < i ? i : z)->truth_ns,
                                    i + 1);
        some = in_majorities(t, t->fresh & t->honest);
        if (t->steps <= 0 || (!some && set != honest_set))
                return;
        name_set(some, ambiguous, sizeof ambiguous);
        for (uint32_t i = 0; i < t->n; i++) {
                uint64_t against = some & ~t->near[i] & ~(UINT64_C(1) << i);

                if (!(some >> i & 1))
                        continue;
                if (t->near[z] >> i & 1)
                        sim_trouble(c->sim,
                                    "blame: n%u blames n%u by {%s}, but n%u may be of a majority and is truly %lld ns from it",
                                    observer + 1, z + 1, names, i + 1,
                                    (long long)check_bound(c, observer, z < i ? z : i, z < i ? i : z)->truth_ns);
                for (; against; against &= against - 1)
                        if (proven_apart(c, observer, i, (uint32_t)__builtin_ctzll(against)))
                                sim_trouble(
                                        c->sim,
                                        "blame: n%u blames n%u by {%s}, but of {%s}, any of whom may be of a majority, n%u is "
                                        "proven beyond n%d",
                                        observer + 1, z + 1, names, ambiguous, i + 1, __builtin_ctzll(against) + 1);
        }
        if (!some)
                sim_trouble(c->sim, "blame: n%u blames n%u by {%s}, but no majority truly agrees", observer + 1, z + 1, names);
}

void check_blame(struct sim_check *c, uint32_t observer)
{
        const struct tg_node *core = c->sim->nodes[observer].core;
        struct truth t = { .n = 0 };
        uint64_t set = 0;

        for (uint32_t i = 0; i < core->view.n; i++) {
                int slot = core->view.order[i];
                uint32_t z = core->view.members[slot].id - 1;

                if (core->verdict.nodes[slot].state != TG_NODE_BEYOND || !core->view.members[slot].fresh || z >= c->sim->n ||
                    check_ever_lied(c, z))
                        continue;
                if (!t.n) {
                        find_truth(c, observer, &t);
                        for (uint32_t k = 0; k < core->view.n; k++)
                                if (core->verdict.agreement.in_set[core->view.order[k]])
                                        set |= UINT64_C(1) << (core->view.members[core->view.order[k]].id - 1);
                }
                check_blamed(c, observer, &t, z, set);
        }
}

/* The core says that no set of fresh nodes, with all that are silent, can hold a majority. */
void check_split(struct sim_check *c, uint32_t observer)
{
        const struct tg_node *core = c->sim->nodes[observer].core;
        struct truth t;
        uint64_t some;
        char names[256];

        if (core->verdict.cluster != TG_CLUSTER_SPLIT || core->verdict.agreement.majority_possible)
                return;
        find_truth(c, observer, &t);
        if (t.fresh & ~t.honest)
                return;
        for (uint32_t a = 0; a < t.n; a++)
                for (uint32_t b = a + 1; b < t.n; b++)
                        if (t.fresh >> a & 1 && t.fresh >> b & 1 && check_bound(c, observer, a, b)->excused)
                                return;
        c->counts.checked[SIM_CHECK_PROOF]++;
        some = in_majorities(&t, t.fresh);
        name_set(some, names, sizeof names);
        if (some)
                sim_trouble(c->sim, "proof: n%u says split, but a majority of {%s} truly agrees", observer + 1, names);
        if (!core->quorum.quorate || !majority(&t, votes_in(&t, t.fresh)))
                sim_trouble(c->sim, "proof: n%u says split with %llu of %llu votes here, %s", observer + 1,
                            (unsigned long long)votes_in(&t, t.fresh), (unsigned long long)t.total,
                            core->quorum.quorate ? "quorate" : "not quorate");
}
