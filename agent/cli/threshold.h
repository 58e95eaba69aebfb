/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What offsets mean to those who read the wall clock: one table of thresholds. */
#pragma once

#include "document.h"
#include "page.h"

/* A line for the farthest proven offset; none where it is below all thresholds. */
void tg_threshold_print(const struct tg_page *page, int hang, const struct tg_document *document);
