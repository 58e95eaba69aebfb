/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The screen of `timeguard status`. */
#pragma once

#include "document.h"
#include "page.h"

/* Returns 0 or -ENOMEM. */
int tg_status_print(const struct tg_page *page, const struct tg_document *document);
