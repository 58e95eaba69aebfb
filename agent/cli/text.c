/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Text from outside: UTF-8 taken apart by hand, so that the result depends on no locale, and everything that a terminal could
   obey replaced. Nothing else of the CLI decides what is safe to print. */
#include <string.h>
#include <wchar.h>

#include "text.h"

static const struct {
        uint32_t first, last;
} unsafe_ranges[] = {
        { 0x0, 0x1f },      { 0x7f, 0x9f },     { 0xad, 0xad },       { 0x61c, 0x61c },        { 0x180e, 0x180e },
        { 0x200b, 0x200f }, { 0x2028, 0x202e }, { 0x2060, 0x206f },   { 0xd800, 0xf8ff },      { 0xfeff, 0xfeff },
        { 0xfff0, 0xfffb }, { 0xfffe, 0xffff }, { 0xe0000, 0xe0fff }, { 0xf0000, UINT32_MAX },
};

/* Length and smallest code point of a sequence by its first byte. */
static size_t sequence_len(unsigned char first, uint32_t *code, uint32_t *smallest)
{
        static const struct {
                unsigned char mask, mark;
                uint32_t smallest;
        } forms[] = { { 0x80, 0x00, 0 }, { 0xe0, 0xc0, 0x80 }, { 0xf0, 0xe0, 0x800 }, { 0xf8, 0xf0, 0x10000 } };

        for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
                if ((first & forms[i].mask) == forms[i].mark) {
                        *code = first & (unsigned char)~forms[i].mask;
                        *smallest = forms[i].smallest;
                        return i + 1;
                }
        return 0;
}

size_t tg_text_next(const char *s, size_t len, uint32_t *code)
{
        uint32_t value = 0, smallest = 0;
        size_t n = sequence_len((unsigned char)s[0], &value, &smallest);

        *code = TG_TEXT_BAD;
        if (n == 0 || n > len)
                return 1;
        for (size_t i = 1; i < n; i++) {
                if (((unsigned char)s[i] & 0xc0) != 0x80)
                        return 1;
                value = value << 6 | ((unsigned char)s[i] & 0x3f);
        }
        if (value < smallest || value > 0x10ffff)
                return 1;
        *code = value;
        return n;
}

bool tg_text_is_unsafe(uint32_t code)
{
        for (size_t i = 0; i < sizeof unsafe_ranges / sizeof *unsafe_ranges; i++)
                if (code >= unsafe_ranges[i].first && code <= unsafe_ranges[i].last)
                        return true;
        return false;
}

void tg_text_clean(char *dst, const char *s, size_t len, bool ascii_only)
{
        while (len > 0) {
                uint32_t code;
                size_t n = tg_text_next(s, len, &code);

                if (tg_text_is_unsafe(code) || (ascii_only && code > 0x7e)) {
                        *dst++ = '?';
                } else {
                        memcpy(dst, s, n);
                        dst += n;
                }
                s += n;
                len -= n;
        }
        *dst = '\0';
}

int tg_text_code_width(uint32_t code)
{
        int width = code < 0x7f ? 1 : wcwidth((wchar_t)code);

        return width < 0 ? 1 : width;
}

int tg_text_width(const char *s)
{
        size_t len = strlen(s);
        int width = 0;

        while (len > 0) {
                uint32_t code;
                size_t n = tg_text_next(s, len, &code);

                width += tg_text_code_width(code);
                s += n;
                len -= n;
        }
        return width;
}
