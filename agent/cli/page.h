/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A screen being written: prose that wraps to the width, and the few colours there are. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum tg_ink { TG_INK_PLAIN, TG_INK_STRONG, TG_INK_GOOD, TG_INK_WARN, TG_INK_BAD, TG_INKS };

struct tg_page {
        FILE *out;
        int width;  /* columns; 0: no limit, nothing wraps */
        int height; /* lines; 0: no limit */
        bool color;
        bool utf8;
};

/* What standard output can show: COLUMNS, the terminal's size, the locale, NO_COLOR and TERM. Not a terminal and no COLUMNS: no
   limit, one fact a line, for grep. `out` is left to the caller. */
void tg_page_probe(struct tg_page *page);

/* The escape sequence of an ink, "" without colours; and what ends it. */
const char *tg_page_ink(const struct tg_page *page, enum tg_ink ink);
const char *tg_page_ink_end(const struct tg_page *page, enum tg_ink ink);
/* "+-", or the sign for it. */
const char *tg_page_plus_minus(const struct tg_page *page);

/* Writes `lead`, words of our own, in its ink after the blanks that it begins with, padded to `hang`, and then the text from wherever
   it came; lines that follow are indented by `hang`. */
void tg_page_prose(const struct tg_page *page, int hang, enum tg_ink ink, const char *lead, const char *format, ...)
        __attribute__((format(printf, 5, 6)));
void tg_page_gap(const struct tg_page *page);

/* Text as this page can show it: a copy with '?' for what the locale cannot. To be freed. NULL: out of memory. */
char *tg_page_text(const struct tg_page *page, const char *text);
