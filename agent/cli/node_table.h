/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One row a node: NODE STATE SOURCE STRATUM OFFSET BOUND RATE REACH AGE FORECAST. */
#pragma once

#include "document.h"
#include "page.h"

/* Returns 0 or -ENOMEM. */
int tg_node_table_print(const struct tg_page *page, const struct tg_document *document);
