/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who cannot be of one set with whom, and the search for sets of nodes without foes among them. A set of nodes is 64 bits by their
   place in the view's order, that of their ids, never by slot: so every node searches alike. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "view.h"

/* A set of nodes that are pairwise no foes. */
struct tg_clique {
        uint64_t votes;
        bool has[TG_NODES_MAX]; /* by slot */
};

struct tg_foes {
        const struct tg_view *view;
        uint64_t of[TG_NODES_MAX];
        uint64_t fresh;
        int steps; /* left for all searches among these foes */
};
_Static_assert(TG_NODES_MAX <= 64, "a set of nodes is 64 bits");

static inline uint64_t tg_foes_bit(uint32_t place)
{
        return UINT64_C(1) << place;
}

static inline bool tg_is_majority(uint64_t votes, uint64_t of_all)
{
        return 2 * votes > of_all;
}

/* Foes are pairs proven beyond, or, with `proven`, all that are not proven within. */
void tg_foes_find(const struct tg_view *view, struct tg_foes *foes, bool proven);
/* Looks for a set of fresh nodes without foes that has more votes than `best`; out of steps, the best so far stays. */
void tg_foes_improve(struct tg_foes *foes, struct tg_clique *best);
/* Whether some nodes of `set`, no two of them foes, have a majority of `total` together with `more` votes; out of steps: true. */
bool tg_foes_may_agree(struct tg_foes *foes, uint64_t set, uint64_t more, uint64_t total);
/* The same with one node among them for certain. */
bool tg_foes_may_agree_with(struct tg_foes *foes, uint32_t place, uint64_t total);
