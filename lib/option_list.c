/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See option_list.h. A line is added whole or not at all. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "option_list.h"
#include "text.h"

#define BLANKS " \t,"

static bool is_name(const char *text)
{
        static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";

        return strlen(text) < TG_NAME_MAX && text[0] && text[strspn(text, letters)] == 0 &&
               strspn(text, "0123456789.") < strlen(text);
}

/* Cuts the next entry out of *rest; false at the end. */
static bool next_entry(const char **rest, char out[static TG_NAME_MAX], bool *too_long)
{
        size_t n;

        *rest += strspn(*rest, BLANKS);
        n = strcspn(*rest, BLANKS);
        *too_long = n >= TG_NAME_MAX;
        snprintf(out, TG_NAME_MAX, "%.*s", (int)n, *rest);
        *rest += n;
        return n > 0;
}

int tg_option_matches_set(void *field, const struct tg_option *option, const char *text, char *detail)
{
        struct tg_source_match_list list = *(struct tg_source_match_list *)field;
        char entry[TG_NAME_MAX];
        bool too_long;

        while (next_entry(&text, entry, &too_long)) {
                struct tg_source_match match = { 0 };

                if (list.n == (uint32_t)option->max) {
                        snprintf(detail, TG_OPTION_ERROR_MAX, "more than %" PRId64 " entries", option->max);
                        return -EINVAL;
                }
                if (tg_prefix_parse(entry, &match.prefix) < 0 && is_name(entry))
                        tg_copy(match.name, sizeof match.name, entry);
                if (too_long || (!match.prefix.addr.family && !match.name[0])) {
                        snprintf(detail, TG_OPTION_ERROR_MAX, "not '%s'", entry);
                        return -EINVAL;
                }
                list.entries[list.n++] = match;
        }
        *(struct tg_source_match_list *)field = list;
        return 0;
}

void tg_option_matches_text(const struct tg_source_match_list *list, char *buf, size_t size)
{
        char addr[TG_ADDR_TEXT_MAX];
        size_t used = 0;

        for (uint32_t i = 0; i < list->n && used < size; i++) {
                const struct tg_source_match *m = &list->entries[i];
                const char *blank = i ? " " : "";

                if (m->name[0])
                        used += (size_t)snprintf(buf + used, size - used, "%s%s", blank, m->name);
                else if (m->prefix.addr.family == TG_ADDR_REFCLOCK)
                        used += (size_t)snprintf(buf + used, size - used, "%s%s", blank, tg_addr_text(&m->prefix.addr, addr));
                else
                        used += (size_t)snprintf(buf + used, size - used, "%s%s/%u", blank, tg_addr_text(&m->prefix.addr, addr),
                                                 m->prefix.length);
        }
}

int tg_option_sets_set(void *field, const struct tg_option *option, const char *text, char *detail)
{
        struct tg_source_set_list list = *(struct tg_source_set_list *)field;
        uint32_t before = list.n;
        char entry[TG_NAME_MAX];
        bool too_long;

        while (next_entry(&text, entry, &too_long)) {
                struct tg_source_set_entry one = { .set = (uint8_t)list.n_sets };

                if (list.n == (uint32_t)option->max) {
                        snprintf(detail, TG_OPTION_ERROR_MAX, "more than %" PRId64 " addresses", option->max);
                        return -EINVAL;
                }
                if (too_long || tg_addr_parse(entry, &one.addr) < 0) {
                        snprintf(detail, TG_OPTION_ERROR_MAX, "not '%s'", entry);
                        return -EINVAL;
                }
                for (uint32_t i = 0; i < list.n; i++)
                        if (tg_addr_equal(&list.entries[i].addr, &one.addr)) {
                                snprintf(detail, TG_OPTION_ERROR_MAX, "'%s' stands twice", entry);
                                return -EINVAL;
                        }
                list.entries[list.n++] = one;
        }
        if (list.n == before + 1) {
                snprintf(detail, TG_OPTION_ERROR_MAX, "a set needs two");
                return -EINVAL;
        }
        list.n_sets += list.n > before;
        *(struct tg_source_set_list *)field = list;
        return 0;
}

void tg_option_sets_text(const struct tg_source_set_list *list, char *buf, size_t size)
{
        char addr[TG_ADDR_TEXT_MAX];
        size_t used = 0;

        for (uint32_t i = 0; i < list->n && used < size; i++) {
                const char *between = !i ? "" : list->entries[i].set == list->entries[i - 1].set ? " " : " | ";

                used += (size_t)snprintf(buf + used, size - used, "%s%s", between, tg_addr_text(&list->entries[i].addr, addr));
        }
}

static bool is_unit(const char *text)
{
        static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_@:\\";
        const char *dot = strrchr(text, '.');

        return text[strspn(text, letters)] == 0 && text[0] != '.' && dot && dot[1];
}

int tg_option_units_set(void *field, const struct tg_option *option, const char *text, char *detail)
{
        struct tg_unit_list list = *(struct tg_unit_list *)field;
        char entry[TG_NAME_MAX];
        bool too_long;

        while (next_entry(&text, entry, &too_long)) {
                if (list.n == (uint32_t)option->max) {
                        snprintf(detail, TG_OPTION_ERROR_MAX, "more than %" PRId64 " units", option->max);
                        return -EINVAL;
                }
                if (too_long || !is_unit(entry)) {
                        snprintf(detail, TG_OPTION_ERROR_MAX, "not '%s'", entry);
                        return -EINVAL;
                }
                tg_copy(list.names[list.n++], TG_NAME_MAX, entry);
        }
        *(struct tg_unit_list *)field = list;
        return 0;
}

void tg_option_units_text(const struct tg_unit_list *list, char *buf, size_t size)
{
        size_t used = 0;

        for (uint32_t i = 0; i < list->n && used < size; i++)
                used += (size_t)snprintf(buf + used, size - used, "%s%s", i ? " " : "", list->names[i]);
}
