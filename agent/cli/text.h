/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Text from outside, made fit for a terminal. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Reads one code point of UTF-8 from s[0..len), len > 0. Returns the bytes that it takes; a byte that is no UTF-8 takes 1 and
   gives TG_TEXT_BAD. */
#define TG_TEXT_BAD UINT32_MAX
size_t tg_text_next(const char *s, size_t len, uint32_t *code);

/* True for what a terminal might obey, or what would make a line look like another: controls, bidirectional and invisible
   marks, bytes that are no UTF-8. */
bool tg_text_is_unsafe(uint32_t code);

/* Writes s[0..len) to dst with '?' for each unsafe code point, and with `ascii_only` for every code point beyond ASCII. dst holds
   len + 1 bytes. */
void tg_text_clean(char *dst, const char *s, size_t len, bool ascii_only);

/* Columns of one code point on a terminal: 0 to 2. */
int tg_text_code_width(uint32_t code);
/* Columns of a text that is free of unsafe code points. */
int tg_text_width(const char *s);
