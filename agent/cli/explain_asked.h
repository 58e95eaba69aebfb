/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a node's time sources said when the node asked them directly, beside chronyd. */
#pragma once

#include "document.h"
#include "page.h"

void tg_explain_asked(const struct tg_page *page, const struct tg_document *document, const struct tg_doc_node *node);
