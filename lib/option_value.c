/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reading and writing the values of options, one pair of functions a type. Text in, checked value out; nothing is clamped. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "option_value.h"
#include "text.h"

#define BLANKS " \t,"

static const struct {
        const char *suffix;
        int64_t ns;
} units[] = {
        { "d", 86400 * TG_NS_PER_S }, { "h", 3600 * TG_NS_PER_S }, { "min", 60 * TG_NS_PER_S }, { "m", 60 * TG_NS_PER_S },
        { "s", TG_NS_PER_S },         { "ms", TG_NS_PER_MS },      { "us", TG_NS_PER_US },      { "ns", 1 },
};

int tg_duration_parse(const char *text, int64_t *ns)
{
        char *end;
        double value;

        if (text[0] < '0' || text[0] > '9')
                return -EINVAL;
        value = strtod(text, &end);
        if (strspn(text, "0123456789.") != (size_t)(end - text))
                return -EINVAL;
        if (!*end && value == 0) {
                *ns = 0;
                return 0;
        }
        while (*end == ' ')
                end++;
        for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
                if (!strcmp(end, units[i].suffix)) {
                        value *= (double)units[i].ns;
                        if (value > 9e18)
                                return -EINVAL;
                        *ns = (int64_t)(value + 0.5);
                        return 0;
                }
        return -EINVAL;
}

const char *tg_duration_text(int64_t ns, char *buf, size_t size)
{
        size_t i = 0;

        if (ns == 0)
                return snprintf(buf, size, "0s"), buf;
        while (ns % units[i].ns || !strcmp(units[i].suffix, "min"))
                i++;
        snprintf(buf, size, "%" PRId64 "%s", ns / units[i].ns, units[i].suffix);
        return buf;
}

static int in_range(const struct tg_option *option, int64_t value, int64_t *out)
{
        if (value < option->min || value > option->max)
                return -EINVAL;
        *out = value;
        return 0;
}

static int parse_number(const char *text, int base, int64_t *value)
{
        char *end;

        if (text[0] < '0' || text[0] > '9')
                return -EINVAL;
        errno = 0;
        *value = strtoll(text, &end, base);
        return errno || *end ? -EINVAL : 0;
}

static int set_duration(void *field, const struct tg_option *option, const char *text, char *detail)
{
        int64_t ns;

        if (tg_duration_parse(text, &ns) < 0) {
                snprintf(detail, TG_OPTION_ERROR_MAX, "no number with a unit");
                return -EINVAL;
        }
        return in_range(option, ns, field);
}

static int set_number(void *field, const struct tg_option *option, const char *text, char *detail)
{
        int64_t value;

        if (parse_number(text, option->type == TG_OPTION_MODE ? 8 : 10, &value) < 0) {
                snprintf(detail, TG_OPTION_ERROR_MAX, "no number");
                return -EINVAL;
        }
        return in_range(option, value, field);
}

static int set_bool(void *field, const struct tg_option *option, const char *text, char *detail)
{
        static const char *const words[2][4] = { { "no", "false", "off", "0" }, { "yes", "true", "on", "1" } };

        (void)option, (void)detail;
        for (int value = 0; value < 2; value++)
                for (size_t i = 0; i < 4; i++)
                        if (!strcasecmp(text, words[value][i])) {
                                *(bool *)field = value;
                                return 0;
                        }
        return -EINVAL;
}

static int set_path(void *field, const struct tg_option *option, const char *text, char *detail)
{
        (void)option;
        if (text[0] != '/') {
                snprintf(detail, TG_OPTION_ERROR_MAX, "no absolute path");
                return -EINVAL;
        }
        if (strlen(text) >= TG_PATH_MAX) {
                snprintf(detail, TG_OPTION_ERROR_MAX, "too long");
                return -EINVAL;
        }
        tg_copy(field, TG_PATH_MAX, text);
        return 0;
}

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

static int set_matches(void *field, const struct tg_option *option, const char *text, char *detail)
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

static int set_sets(void *field, const struct tg_option *option, const char *text, char *detail)
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

static const struct {
        int (*set)(void *field, const struct tg_option *option, const char *text, char *detail);
} types[] = {
        [TG_OPTION_DURATION] = { set_duration }, [TG_OPTION_INTEGER] = { set_number }, [TG_OPTION_MODE] = { set_number },
        [TG_OPTION_BOOL] = { set_bool },         [TG_OPTION_PATH] = { set_path },      [TG_OPTION_MATCHES] = { set_matches },
        [TG_OPTION_SETS] = { set_sets },
};

int tg_option_value_set(struct tg_options *options, const struct tg_option *option, const char *text,
                        char detail[static TG_OPTION_ERROR_MAX])
{
        return types[option->type].set((char *)options + option->offset, option, text, detail);
}

const char *tg_option_allowed(const struct tg_option *option, char *buf, size_t size)
{
        char low[32], high[32];

        switch (option->type) {
        case TG_OPTION_DURATION:
                snprintf(buf, size, "a duration from %s to %s, such as 500ms, 1s or 2h",
                         tg_duration_text(option->min, low, sizeof low), tg_duration_text(option->max, high, sizeof high));
                break;
        case TG_OPTION_INTEGER:
                snprintf(buf, size, "a whole number from %" PRId64 " to %" PRId64, option->min, option->max);
                break;
        case TG_OPTION_MODE:
                snprintf(buf, size, "permissions from 0%" PRIo64 " to 0%" PRIo64, (uint64_t)option->min, (uint64_t)option->max);
                break;
        case TG_OPTION_BOOL:
                snprintf(buf, size, "yes or no");
                break;
        case TG_OPTION_PATH:
                snprintf(buf, size, "an absolute path of at most %d bytes", TG_PATH_MAX - 1);
                break;
        case TG_OPTION_MATCHES:
                snprintf(buf, size, "addresses, prefixes, names or refclock:ID, at most %" PRId64, option->max);
                break;
        case TG_OPTION_SETS:
                snprintf(buf, size, "two or more addresses or refclock:ID on a line, at most %" PRId64 " in all", option->max);
                break;
        }
        return buf;
}

static void match_text(const struct tg_source_match_list *list, char *buf, size_t size)
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

static void set_text(const struct tg_source_set_list *list, char *buf, size_t size)
{
        char addr[TG_ADDR_TEXT_MAX];
        size_t used = 0;

        for (uint32_t i = 0; i < list->n && used < size; i++) {
                const char *between = !i ? "" : list->entries[i].set == list->entries[i - 1].set ? " " : " | ";

                used += (size_t)snprintf(buf + used, size - used, "%s%s", between, tg_addr_text(&list->entries[i].addr, addr));
        }
}

const char *tg_options_text(const struct tg_options *options, const struct tg_option *option, char *buf, size_t size)
{
        const void *field = (const char *)options + option->offset;

        buf[0] = 0;
        switch (option->type) {
        case TG_OPTION_DURATION:
                return tg_duration_text(*(const int64_t *)field, buf, size);
        case TG_OPTION_INTEGER:
                snprintf(buf, size, "%" PRId64, *(const int64_t *)field);
                break;
        case TG_OPTION_MODE:
                snprintf(buf, size, "0%" PRIo64, *(const uint64_t *)field);
                break;
        case TG_OPTION_BOOL:
                snprintf(buf, size, "%s", *(const bool *)field ? "yes" : "no");
                break;
        case TG_OPTION_PATH:
                snprintf(buf, size, "%s", (const char *)field);
                break;
        case TG_OPTION_MATCHES:
                match_text(field, buf, size);
                break;
        case TG_OPTION_SETS:
                set_text(field, buf, size);
                break;
        }
        return buf;
}
