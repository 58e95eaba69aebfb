/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See foes.h. Branch and bound: of a node with a foe, first the sets with it and then those without it; a branch ends where even one of
   each two foes would not be enough. Whoever sends the worst reports makes that long, so the steps are counted. */
#include "foes.h"

#define SEARCH_STEPS 2000 /* of one evaluation, each about as long as a sweep */

static uint64_t votes_at(const struct tg_foes *foes, int place)
{
        return foes->view->members[foes->view->order[place]].votes;
}

void tg_foes_find(const struct tg_view *view, struct tg_foes *foes, bool proven)
{
        *foes = (struct tg_foes){ .view = view, .steps = SEARCH_STEPS };
        for (uint32_t i = 0; i < view->n; i++)
                foes->fresh |= view->members[view->order[i]].fresh ? tg_foes_bit(i) : 0;
        for (uint32_t i = 0; i < view->n; i++)
                for (uint32_t j = i + 1; j < view->n; j++) {
                        enum tg_pair_verdict verdict = tg_view_verdict(view, view->order[i], view->order[j]);

                        if (!(foes->fresh & tg_foes_bit(i)) || !(foes->fresh & tg_foes_bit(j)) ||
                            (proven ? verdict == TG_PAIR_WITHIN : verdict != TG_PAIR_BEYOND))
                                continue;
                        foes->of[i] |= tg_foes_bit(j);
                        foes->of[j] |= tg_foes_bit(i);
                }
}

/* At most so many votes of `set` can agree: of two foes only one. *foe gets a node with a foe, or -1 when all may agree. */
static uint64_t votes_at_most(const struct tg_foes *foes, uint64_t set, int *foe)
{
        uint64_t votes = 0;

        *foe = -1;
        while (set) {
                int i = __builtin_ctzll(set), j;
                uint64_t a = votes_at(foes, i), b = 0;

                set &= set - 1;
                if (foes->of[i] & set) {
                        j = __builtin_ctzll(foes->of[i] & set);
                        b = votes_at(foes, j);
                        set &= ~tg_foes_bit((uint32_t)j);
                        *foe = i;
                }
                votes += a > b ? a : b;
        }
        return votes;
}

static void improve(struct tg_foes *foes, uint64_t set, struct tg_clique *best)
{
        int foe;
        uint64_t votes;

        if (foes->steps-- <= 0 || (votes = votes_at_most(foes, set, &foe)) <= best->votes)
                return;
        if (foe >= 0) {
                improve(foes, set & ~foes->of[foe], best);
                improve(foes, set & ~tg_foes_bit((uint32_t)foe), best);
                return;
        }
        *best = (struct tg_clique){ .votes = votes };
        for (uint32_t i = 0; i < foes->view->n; i++)
                best->has[foes->view->order[i]] = set & tg_foes_bit(i);
}

void tg_foes_improve(struct tg_foes *foes, struct tg_clique *best)
{
        improve(foes, foes->fresh, best);
}

bool tg_foes_may_agree(struct tg_foes *foes, uint64_t set, uint64_t more, uint64_t total)
{
        int foe;

        if (foes->steps-- <= 0)
                return true;
        if (!tg_is_majority(votes_at_most(foes, set, &foe) + more, total))
                return false;
        return foe < 0 || tg_foes_may_agree(foes, set & ~foes->of[foe], more, total) ||
               tg_foes_may_agree(foes, set & ~tg_foes_bit((uint32_t)foe), more, total);
}

bool tg_foes_may_agree_with(struct tg_foes *foes, uint32_t place, uint64_t total)
{
        uint64_t others = foes->fresh & ~tg_foes_bit(place) & ~foes->of[place];

        return tg_foes_may_agree(foes, others, votes_at(foes, (int)place), total);
}
