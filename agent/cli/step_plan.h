/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a step of the own node's clock to its source would be. */
#pragma once

#include "document.h"
#include "page.h"

struct tg_step_plan {
        const struct tg_doc_asked *source; /* by the node's own question; NULL: none answers */
        bool needed;                       /* it is farther away than the budget, or may be */
        size_t n_others;                   /* nodes that their sources are certainly farther away from than the budget */
};

void tg_step_plan_make(struct tg_step_plan *plan, const struct tg_document *document);
/* Source, present and target time, and what will be done. */
void tg_step_plan_print(const struct tg_page *page, const struct tg_document *document, const struct tg_step_plan *plan);
/* "n2, n3" */
#define TG_STEP_OTHERS_MAX 256
const char *tg_step_plan_others(const struct tg_document *document, char buf[static TG_STEP_OTHERS_MAX]);
