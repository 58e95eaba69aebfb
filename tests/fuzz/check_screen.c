/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See check_screen.h. */
#include <string.h>

#include "check_screen.h"
#include "cli/text.h"
#include "fuzz.h"

/* The length of the ink or of its end that text begins with, or 0. */
static size_t ink_len(const struct tg_page *page, const char *text, size_t len)
{
        for (int ink = TG_INK_STRONG; page->color && ink < TG_INKS; ink++) {
                const char *const marks[] = { tg_page_ink(page, (enum tg_ink)ink), tg_page_ink_end(page, (enum tg_ink)ink),
                                              "\033[m" };

                for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++)
                        if (strlen(marks[i]) <= len && !memcmp(marks[i], text, strlen(marks[i])))
                                return strlen(marks[i]);
        }
        return 0;
}

void fuzz_check_screen(const struct tg_page *page, const char *text, size_t len)
{
        int column = 0;

        for (size_t at = 0, n; at < len; at += n) {
                uint32_t code;

                n = ink_len(page, text + at, len - at);
                if (n > 0)
                        continue;
                n = tg_text_next(text + at, len - at, &code);
                if (code == '\n') {
                        column = 0;
                        continue;
                }
                FUZZ_REQUIRE(!tg_text_is_unsafe(code), "code point 0x%x at %zu of: %.*s", code, at, (int)len, text);
                FUZZ_REQUIRE(page->utf8 || code < 0x7f, "code point 0x%x on a page without UTF-8", code);
                column += tg_text_code_width(code);
                FUZZ_REQUIRE(!page->width || column <= page->width, "a line of %d columns on a page of %d:\n%.*s", column,
                             page->width, (int)len, text);
        }
}
