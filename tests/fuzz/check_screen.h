/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the CLI may write, whatever it was told. */
#pragma once

#include "cli/page.h"

/* Lines no wider than the page, nothing that a terminal would obey but the page's own inks. */
void fuzz_check_screen(const struct tg_page *page, const char *text, size_t len);
