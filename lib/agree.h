/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who agrees with whom: the agreeing set, the nodes to blame, the split, the reference. A pure function of a view's pairs. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "view.h"

struct tg_agreement {
        uint64_t total_votes; /* node votes of all configured nodes, a qdevice's left out */
        uint64_t fresh_votes; /* of those whose reports are fresh */
        bool has_set;         /* the set below is pairwise within and holds a majority of total_votes */
        uint64_t set_votes;
        bool unique;                 /* ... and no other set could, whatever the unproven pairs are in truth */
        bool in_set[TG_NODES_MAX];   /* by slot */
        bool possible[TG_NODES_MAX]; /* may be of a majority, as far as is proven; complete where the set is unique */
        bool beyond[TG_NODES_MAX]; /* to blame: proven beyond every member of the unique set, and of whoever else may be one */
        bool any_beyond;           /* some pair is proven beyond */
        bool majority_possible;    /* some set could still hold a majority */
        int reference;             /* slot; -1 without a set */
};

/* The reference is the lower median of the set's members with a live source (of all, where nobody has one). The one that the lowest fresh node
   last reported stays it while it is among these and they do not lie, for the most part, farther than a tenth of the budget to one side. */
void tg_agree(const struct tg_view *view, struct tg_agreement *out);
