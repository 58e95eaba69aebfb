/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The certain bound of one pair from the reports of both. */
#pragma once

#include "view.h"

enum tg_pair_result {
        TG_PAIR_NEW,           /* a new bound stands in *out */
        TG_PAIR_NOTHING,       /* the reports at hand prove nothing new */
        TG_PAIR_CONTRADICTORY, /* the two directions exclude each other */
};

/* a must be the member with the lower id; ab is a's echo about b, ba is b's about a. *out changes only for TG_PAIR_NEW, and then
   verdict and stale are not touched. */
enum tg_pair_result tg_pair_bound(const struct tg_member *a, const struct tg_member *b, const struct tg_half *ab,
                                  const struct tg_half *ba, struct tg_pair *out);
enum tg_pair_verdict tg_pair_judge(struct tg_interval offset, int64_t budget_ns);
