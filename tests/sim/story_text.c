/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Words and numbers of a story. */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "story.h"

char *story_word(char **rest)
{
        char *word = *rest + strspn(*rest, " \t"), *end = word + strcspn(word, " \t");

        if (!*word)
                return NULL;
        *rest = end + strspn(end, " \t");
        *end = 0;
        return word;
}

void story_copy(char *to, size_t size, const char *from)
{
        snprintf(to, size, "%.*s", (int)size - 1, from);
}

/* A number and the unit after it; false when the word does not begin with one. */
static bool number(const char *word, double *value, const char **unit)
{
        char *end;

        if (!isdigit((unsigned char)*word))
                return false;
        *value = strtod(word, &end);
        *unit = end;
        return true;
}

bool story_length(const char *word, int64_t *ns)
{
        static const struct {
                const char *unit;
                double ns;
        } units[] = { { "us", 1e3 }, { "ms", 1e6 }, { "s", 1e9 }, { "m", 60e9 }, { "h", 3600e9 }, { "d", 86400e9 } };
        double value;
        const char *unit;

        if (!word || !number(word, &value, &unit) || value > 1e6)
                return false;
        for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
                if (!strcmp(unit, units[i].unit)) {
                        *ns = llround(value * units[i].ns);
                        return true;
                }
        return false;
}

bool story_offset(const char *word, int64_t *ns)
{
        int64_t length;

        if (!word || (*word != '+' && *word != '-') || !story_length(word + 1, &length))
                return false;
        *ns = *word == '-' ? -length : length;
        return true;
}

bool story_rate(const char *word, int64_t *ppb)
{
        double value;
        const char *unit;
        bool negative = word && *word == '-';

        if (!word || !number(word + (negative || *word == '+'), &value, &unit) || strcmp(unit, "ppm") != 0 || value > 1e6)
                return false;
        *ppb = llround(negative ? -value * 1e3 : value * 1e3);
        return true;
}

bool story_integer(const char *word, int64_t *out)
{
        char *end;
        long long value;

        if (!word || !(isdigit((unsigned char)*word) || (*word == '-' && isdigit((unsigned char)word[1]))))
                return false;
        value = strtoll(word, &end, 10);
        if (*end)
                return false;
        *out = value;
        return true;
}

bool story_span(const char *word, int64_t *from_ns, int64_t *to_ns)
{
        char copy[64];
        char *dots;
        int64_t from, to;

        if (!word)
                return false;
        story_copy(copy, sizeof copy, word);
        dots = strstr(copy, "..");
        if (!dots)
                return false;
        *dots = 0;
        if (!story_length(copy, &from) || !story_length(dots + 2, &to) || to < from)
                return false;
        *from_ns = from;
        *to_ns = to;
        return true;
}

/* "n3" at *p, which moves on. */
static bool one_node(const struct story *story, const char **p, uint32_t *index)
{
        char *end;
        unsigned long id;

        if (**p != 'n' || !isdigit((unsigned char)(*p)[1]))
                return false;
        id = strtoul(*p + 1, &end, 10);
        if (id < 1 || id > story->n)
                return false;
        *p = end;
        *index = (uint32_t)id - 1;
        return true;
}

bool story_node(const struct story *story, const char *word, uint32_t *index)
{
        uint32_t i;

        if (!word || !one_node(story, &word, &i) || *word)
                return false;
        *index = i;
        return true;
}

static uint64_t all_nodes(const struct story *story)
{
        return story->n == 64 ? ~UINT64_C(0) : (UINT64_C(1) << story->n) - 1;
}

bool story_nodes(const struct story *story, const char *word, uint64_t *out)
{
        uint64_t set = 0;
        uint32_t first, last;

        if (word && !strcmp(word, "all")) {
                *out = all_nodes(story);
                return true;
        }
        while (word && one_node(story, &word, &first)) {
                last = first;
                if (*word == '-' && (word++, !one_node(story, &word, &last) || last < first))
                        return false;
                for (; first <= last; first++)
                        set |= UINT64_C(1) << first;
                if (!*word) {
                        *out = set;
                        return true;
                }
                if (*word++ != ',')
                        return false;
        }
        return false;
}

bool story_server(const struct story *story, const char *word, uint8_t *index)
{
        int64_t number;

        if (!word || *word != 's' || !story_integer(word + 1, &number) || number < 1 || number > story->sim->n_servers)
                return false;
        *index = (uint8_t)(number - 1);
        return true;
}

bool story_sources(const struct story *story, const char *text)
{
        char copy[64], *save = NULL;
        uint8_t server;
        uint32_t node;

        story_copy(copy, sizeof copy, text);
        for (char *word = strtok_r(copy, ",", &save); word; word = strtok_r(NULL, ",", &save))
                if (!story_server(story, word, &server) && !story_node(story, word, &node))
                        return false;
        return copy[0];
}
