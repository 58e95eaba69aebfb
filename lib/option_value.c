/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reading and writing the values of options, one function a type; lists are in option_list.c. Text in, checked value out; nothing is
   clamped. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "option_list.h"
#include "option_value.h"
#include "text.h"

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

/* The i-th of the words, and its length; NULL past the last. */
static const char *choice_at(const struct tg_option *option, int64_t i, size_t *length)
{
        const char *word = option->choices;

        for (; *word && i > 0; i--) {
                word += strcspn(word, " ");
                word += strspn(word, " ");
        }
        *length = strcspn(word, " ");
        return *length ? word : NULL;
}

static int set_choice(void *field, const struct tg_option *option, const char *text, char *detail)
{
        const char *word;
        size_t length;

        (void)detail;
        for (int64_t i = 0; (word = choice_at(option, i, &length)); i++)
                if (strlen(text) == length && !memcmp(text, word, length)) {
                        *(int64_t *)field = i;
                        return 0;
                }
        return -EINVAL;
}

static const struct {
        int (*set)(void *field, const struct tg_option *option, const char *text, char *detail);
} types[] = {
        [TG_OPTION_DURATION] = { set_duration },   [TG_OPTION_INTEGER] = { set_number },
        [TG_OPTION_MODE] = { set_number },         [TG_OPTION_BOOL] = { set_bool },
        [TG_OPTION_PATH] = { set_path },           [TG_OPTION_MATCHES] = { tg_option_matches_set },
        [TG_OPTION_SETS] = { tg_option_sets_set }, [TG_OPTION_UNITS] = { tg_option_units_set },
        [TG_OPTION_CHOICE] = { set_choice },
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
        case TG_OPTION_UNITS:
                snprintf(buf, size, "names of systemd units with their suffix, such as pve-ha-lrm.service, at most %" PRId64,
                         option->max);
                break;
        case TG_OPTION_CHOICE:
                snprintf(buf, size, "one of: %s", option->choices);
                break;
        }
        return buf;
}

const char *tg_options_text(const struct tg_options *options, const struct tg_option *option, char *buf, size_t size)
{
        const void *field = (const char *)options + option->offset;
        const char *word;
        size_t length;

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
                tg_option_matches_text(field, buf, size);
                break;
        case TG_OPTION_SETS:
                tg_option_sets_text(field, buf, size);
                break;
        case TG_OPTION_UNITS:
                tg_option_units_text(field, buf, size);
                break;
        case TG_OPTION_CHOICE:
                word = choice_at(option, *(const int64_t *)field, &length);
                snprintf(buf, size, "%.*s", (int)length, word ? word : "");
                break;
        }
        return buf;
}
