/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Numbers and sentences for people. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define TG_NUMBER_MAX 24

/* "12.3 us", "-101 ms", "1.20 s", "3 min 5 s": three digits, a unit that fits. Returns buf. */
const char *tg_ns_text(int64_t ns, char buf[static TG_NUMBER_MAX]);
/* The same with a plus before positive numbers: for offsets. */
const char *tg_offset_text(int64_t ns, char buf[static TG_NUMBER_MAX]);
/* Copies text into buf, cut to what fits; returns buf. */
static inline char *tg_copy(char *buf, size_t size, const char *text)
{
        size_t n = 0;

        for (; n < size - 1 && text[n]; n++)
                buf[n] = text[n];
        buf[n] = 0;
        return buf;
}

/* Appends printf-formatted text to buf of `size` bytes; cuts quietly at the end. */
void tg_append(char *buf, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));
