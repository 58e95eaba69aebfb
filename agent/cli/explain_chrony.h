/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a node's chronyd says, and the claim that follows from it. */
#pragma once

#include "document.h"
#include "page.h"

/* Returns 0 or -ENOMEM. */
int tg_explain_chrony(const struct tg_page *page, const struct tg_doc_node *node);
