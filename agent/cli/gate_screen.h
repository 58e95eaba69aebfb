/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The screens of `timeguard gate` and `timeguard gate test`. */
#pragma once

#include "document.h"
#include "page.h"

/* Each returns 0 or -ENOMEM. */
int tg_gate_screen_print(const struct tg_page *page, const struct tg_document *document);
int tg_gate_screen_test(const struct tg_page *page, const struct tg_document *document);
