/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads a story: each statement goes by one table to the function that takes its arguments and changes the simulation, or keeps what is
   to happen and to be seen. A function returns false when the arguments do not fit; the table's form then says what is allowed. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "story.h"

bool story_fail(struct story *story, int line, const char *format, ...)
{
        va_list args;
        int n;

        if (story->why[0])
                return false;
        n = snprintf(story->why, sizeof story->why, "%s:%d: ", story->path, line);
        va_start(args, format);
        vsnprintf(story->why + n, sizeof story->why - (size_t)n, format, args);
        va_end(args);
        if (story->sim)
                sim_trouble(story->sim, "the story failed");
        return false;
}

static void reach(struct story *story, int64_t t_ns)
{
        if (t_ns > story->end_ns)
                story->end_ns = t_ns;
}

/* ---- what happens ---- */

static bool take_groups(const struct story *story, char *args, uint64_t groups[4])
{
        char *save;
        int n = 0;

        for (char *group = strtok_r(args, "|", &save); group; group = strtok_r(NULL, "|", &save), n++) {
                char *word;
                uint64_t nodes;

                while (n < 4 && (word = story_word(&group))) {
                        if (!story_nodes(story, word, &nodes))
                                return false;
                        groups[n] |= nodes;
                }
        }
        return n >= 1 && n <= 4;
}

/* One argument of a fault, by its letter of the form. */
static bool take_argument(struct story *story, char letter, char **args, struct sim_fault *fault)
{
        char *rest = *args;

        switch (letter) {
        case 'G':
                *args = rest + strlen(rest);
                return take_groups(story, rest, fault->groups);
        case 'T':
                *args = rest + strlen(rest);
                story_copy(fault->text, sizeof fault->text, rest);
                return rest[0];
        case 'N':
                return story_nodes(story, story_word(args), &fault->nodes);
        case 'S':
                return story_server(story, story_word(args), &fault->server);
        case 'D':
                return story_offset(story_word(args), &fault->value);
        case 'P':
                return story_rate(story_word(args), &fault->value);
        default:
                return false;
        }
}

static bool no_such_fault(struct story *story, const char *name)
{
        char names[1200] = "";

        for (int i = 0; i < sim_fault_kinds_n; i++)
                snprintf(names + strlen(names), sizeof names - strlen(names), " %s", sim_fault_kinds[i].name);
        return story_fail(story, story->line, "there is no fault '%s'; there are%s", name, names);
}

/* "for 5s" at the end, which is cut off. */
static bool take_for(struct story *story, char *args, const struct sim_fault_kind *kind, int64_t *for_ns)
{
        char *at = strstr(args, "for ");

        if (!at || (at != args && at[-1] != ' '))
                return !kind->timed || story_fail(story, story->line, "'%s' wants 'for LENGTH' at its end", kind->name);
        if (!kind->undo || !story_length(at + 4, for_ns) || !*for_ns)
                return story_fail(story, story->line, "'%s' %s 'for LENGTH' at its end", kind->name,
                                  kind->undo ? "wants" : "cannot be undone and takes no");
        while (at > args && at[-1] == ' ')
                at--;
        *at = 0;
        return true;
}

static bool take_at(struct story *story, char *args)
{
        struct sim_fault *fault = &story->faults[story->n_faults].fault;
        char *when = story_word(&args), *name = story_word(&args);
        const struct sim_fault_kind *kind;

        if (story->n_faults == STORY_FAULTS)
                return story_fail(story, story->line, "more than %d faults", STORY_FAULTS);
        *fault = (struct sim_fault){ 0 };
        if (!story_length(when, &fault->t_ns) || !name)
                return false;
        fault->kind = sim_fault_find(name);
        if (fault->kind < 0)
                return no_such_fault(story, name);
        kind = &sim_fault_kinds[fault->kind];
        if (!take_for(story, args, kind, &fault->for_ns))
                return false;
        for (const char *letter = kind->form; *letter; letter++)
                if (!take_argument(story, *letter, &args, fault))
                        return story_fail(story, story->line, "'%s' wants %s (see fault.h); it tells: %s", name, kind->form,
                                          kind->meaning);
        if (*args)
                return story_fail(story, story->line, "'%s' is too much for '%s'", args, name);
        if (!strcmp(name, "follow") && strcmp(fault->text, "nothing") != 0 && !story_sources(story, fault->text))
                return story_fail(story, story->line, "'%s' is neither servers and nodes (s1,s2 or n3) nor nothing",
                                  fault->text);
        reach(story, fault->t_ns + fault->for_ns);
        story->faults[story->n_faults++].line = story->line;
        return true;
}

/* ---- what must be seen ---- */

/* [seen-by NODES] FACT */
static bool take_fact(struct story *story, char *args, struct story_fact *fact)
{
        if (story->n_facts == STORY_FACTS)
                return story_fail(story, story->line, "more than %d facts", STORY_FACTS);
        fact->line = story->line;
        if (!strncmp(args, "seen-by ", 8)) {
                story_word(&args);
                if (!story_nodes(story, story_word(&args), &fact->seen_by))
                        return false;
        }
        if (!story_fact_parse(story, args, fact))
                return false;
        story->facts[story->n_facts++] = *fact;
        return true;
}

static bool take_by(struct story *story, char *args)
{
        struct story_fact fact = { 0 };

        if (!story_length(story_word(&args), &fact.to_ns))
                return false;
        reach(story, fact.to_ns);
        return take_fact(story, args, &fact);
}

static bool take_from(struct story *story, char *args)
{
        struct story_fact fact = { .always = true };
        char *from = story_word(&args), *to = story_word(&args), *end = story_word(&args);

        if (!story_length(from, &fact.from_ns) || !to || strcmp(to, "to") != 0 || !story_length(end, &fact.to_ns) ||
            fact.to_ns < fact.from_ns)
                return false;
        reach(story, fact.to_ns);
        return take_fact(story, args, &fact);
}

static bool take_never(struct story *story, char *args)
{
        struct story_fact fact = { .always = true, .to_ns = INT64_MAX };

        if (!take_fact(story, args, &fact))
                return false;
        story->facts[story->n_facts - 1].negated ^= true;
        return true;
}

static bool take_until(struct story *story, char *args)
{
        int64_t end;

        if (!story_length(args, &end))
                return false;
        reach(story, end);
        return true;
}

static bool take_alerts(struct story *story, char *args)
{
        story->in_alerts = true;
        return !*args;
}

static const struct story_statement statements[] = {
        { "at", "TIME FAULT ARGUMENTS", take_at, false },
        { "by", "TIME [seen-by NODES] [not] FACT", take_by, false },
        { "from", "TIME to TIME [seen-by NODES] [not] FACT", take_from, false },
        { "never", "[seen-by NODES] FACT", take_never, false },
        { "until", "TIME", take_until, false },
        { "alerts", "and one alert a line after it", take_alerts, false },
        { NULL, NULL, NULL, false },
};

static void make_sim(struct story *story)
{
        if (story->sim)
                return;
        story->sim = sim_new(story->n, story->seed);
        story->installed = 0;
        for (uint32_t i = 0; i < story->n; i++)
                story->installed |= UINT64_C(1) << i;
}

static bool take_statement(struct story *story, char *text)
{
        static const struct story_statement *const tables[] = { story_setup_statements, statements };
        char *word = story_word(&text), names[400] = "";

        for (size_t t = 0; t < sizeof tables / sizeof tables[0]; t++)
                for (const struct story_statement *s = tables[t]; s->name; s++) {
                        snprintf(names + strlen(names), sizeof names - strlen(names), " %s", s->name);
                        if (strcmp(word, s->name) != 0)
                                continue;
                        if (!s->early)
                                make_sim(story);
                        else if (story->sim)
                                return story_fail(story, story->line, "'%s' must stand before all that is about nodes", word);
                        return s->take(story, text) || story_fail(story, story->line, "'%s' wants: %s", s->name, s->form);
                }
        return story_fail(story, story->line, "there is no statement '%s'; there are%s", word, names);
}

bool story_read(struct story *story)
{
        char line[1024];
        FILE *file = fopen(story->path, "re");
        bool ok = true;

        if (!file)
                return story_fail(story, 0, "%s", strerror(errno));
        while (ok && fgets(line, sizeof line, file)) {
                size_t end;

                story->line++;
                line[strcspn(line, "#\n")] = 0;
                for (end = strlen(line); end && strchr(" \t", line[end - 1]); end--)
                        line[end - 1] = 0;
                if (line[strspn(line, " \t")])
                        ok = story->in_alerts ? story_alert_parse(story, line) : take_statement(story, line);
        }
        fclose(file);
        make_sim(story);
        return ok && !story->why[0];
}
