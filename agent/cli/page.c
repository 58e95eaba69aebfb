/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A screen being written. No line is longer than the width: words move to the next line, and a word longer than a line is cut
   into lines. Escape sequences come from here and from nowhere else. */
#include <langinfo.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "page.h"
#include "text.h"

#define NARROWEST 30
#define WIDEST    1000

static const char *const inks[TG_INKS] = {
        [TG_INK_PLAIN] = "",          [TG_INK_STRONG] = "\033[1m", [TG_INK_GOOD] = "\033[1;32m",
        [TG_INK_WARN] = "\033[1;33m", [TG_INK_BAD] = "\033[1;31m",
};

static int clamp_width(long width)
{
        return width < NARROWEST ? NARROWEST : width > WIDEST ? WIDEST : (int)width;
}

static bool is_set(const char *name)
{
        const char *value = getenv(name);

        return value && *value;
}

void tg_page_probe(struct tg_page *page)
{
        const char *columns = getenv("COLUMNS"), *term = getenv("TERM");
        bool terminal = isatty(STDOUT_FILENO);
        struct winsize size = { 0 };
        char *end;
        long width = columns ? strtol(columns, &end, 10) : 0;

        if (terminal && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0)
                size = (struct winsize){ 0 };
        if (width <= 0 || *end)
                width = size.ws_col ? size.ws_col : terminal ? 80 : 0;
        page->width = width ? clamp_width(width) : 0;
        page->height = size.ws_row;
        page->color = terminal && !is_set("NO_COLOR") && term && *term && strcmp(term, "dumb") != 0;
        page->utf8 = !strcmp(nl_langinfo(CODESET), "UTF-8");
}

const char *tg_page_ink(const struct tg_page *page, enum tg_ink ink)
{
        return page->color ? inks[ink] : "";
}

const char *tg_page_ink_end(const struct tg_page *page, enum tg_ink ink)
{
        return page->color && ink != TG_INK_PLAIN ? "\033[0m" : "";
}

const char *tg_page_plus_minus(const struct tg_page *page)
{
        return page->utf8 ? "\u00b1" : "+-";
}

char *tg_page_text(const struct tg_page *page, const char *text)
{
        size_t len = strlen(text);
        char *copy = malloc(len + 1);

        if (copy)
                tg_text_clean(copy, text, len, !page->utf8);
        return copy;
}

/* Where the next character goes. */
struct pen {
        const struct tg_page *page;
        int column, hang;
        bool fresh; /* nothing on this line but the indent */
};

static void pen_newline(struct pen *pen)
{
        fprintf(pen->page->out, "\n%*s", pen->hang, "");
        pen->column = pen->hang;
        pen->fresh = true;
}

static void pen_word(struct pen *pen, const char *word, size_t len)
{
        const int limit = pen->page->width;
        int width = 0;

        for (size_t at = 0, n; at < len; at += n) {
                uint32_t code;

                n = tg_text_next(word + at, len - at, &code);
                width += tg_text_code_width(code);
        }
        if (limit && !pen->fresh && pen->column + 1 + width > limit)
                pen_newline(pen);
        if (!pen->fresh) {
                fputc(' ', pen->page->out);
                pen->column++;
        }
        for (size_t at = 0, n; at < len; at += n) {
                uint32_t code;

                n = tg_text_next(word + at, len - at, &code);
                if (limit && pen->column + tg_text_code_width(code) > limit && pen->column > pen->hang)
                        pen_newline(pen);
                fwrite(word + at, 1, n, pen->page->out);
                pen->column += tg_text_code_width(code);
                pen->fresh = false;
        }
}

static void pen_text(struct pen *pen, const char *text)
{
        while (*text) {
                size_t len = strcspn(text, " ");

                if (len > 0)
                        pen_word(pen, text, len);
                text += len;
                text += *text == ' ';
        }
}

void tg_page_prose(const struct tg_page *page, int hang, enum tg_ink ink, const char *lead, const char *format, ...)
{
        struct pen pen = { .page = page, .column = 0, .hang = page->width && hang > page->width / 2 ? 2 : hang, .fresh = true };
        char *text = NULL, *shown;
        va_list args;
        int r;

        va_start(args, format);
        r = vasprintf(&text, format, args);
        va_end(args);
        if (r < 0)
                return;
        shown = tg_page_text(page, text);
        free(text);
        if (!shown)
                return;
        pen.column = (int)strspn(lead, " ");
        fprintf(page->out, "%*s%s", pen.column, "", tg_page_ink(page, ink));
        pen_text(&pen, lead);
        fputs(tg_page_ink_end(page, ink), page->out);
        if (pen.column < pen.hang) {
                fprintf(page->out, "%*s", pen.hang - pen.column, "");
                pen.column = pen.hang;
                pen.fresh = true;
        }
        pen_text(&pen, shown);
        fputc('\n', page->out);
        free(shown);
}

void tg_page_gap(const struct tg_page *page)
{
        fputc('\n', page->out);
}
