/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The screen of `timeguard explain NODE`: the evidence behind a node's state. */
#pragma once

#include "document.h"
#include "page.h"

/* The node of that name or id, NULL when there is none. */
const struct tg_doc_node *tg_explain_find(const struct tg_document *document, const char *name);
/* Returns 0 or -ENOMEM. */
int tg_explain_print(const struct tg_page *page, const struct tg_document *document, const struct tg_doc_node *node);
