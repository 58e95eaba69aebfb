/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The arithmetic behind the bound of one pair. */
#pragma once

#include "document.h"
#include "page.h"

void tg_explain_pair(const struct tg_page *page, const struct tg_document *document, const struct tg_doc_pair *pair);
