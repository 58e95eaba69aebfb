/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The gate in few words, for every screen that speaks of it. */
#pragma once

#include <stdio.h>

#include "document.h"
#include "page.h"

bool tg_gate_say_has(size_t n, const char *const *words, const char *word);

/* A closing is left alone that may have been timeguard's, and may have been an administrator's. */
bool tg_gate_say_is_unclear(const struct tg_doc_gate *gate);
/* The line that must come first where nothing fails over; nothing where HA actions pass. Returns whether there was one. */
bool tg_gate_say_first(const struct tg_page *page, const struct tg_document *document);
/* "open, observe, proxmox; 3 of 3 watchdogs armed". */
void tg_gate_say_line(const struct tg_page *page, int hang, const struct tg_document *document);

/* Parts of it: "held by n2 for 20 min", "2 of 3 watchdogs armed", "opens in 9 min". */
void tg_gate_say_hold(FILE *out, const struct tg_doc_gate_word *hold);
void tg_gate_say_watchdogs(FILE *out, const struct tg_document *document);
void tg_gate_say_opening(FILE *out, const struct tg_doc_gate *gate);
