/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The transitions that a story expects, and those that the nodes tell. Each expectation is met once by each node that is to see it; a
   transition that meets none fails the story. */
#include <stdio.h>
#include <string.h>

#include "story.h"

static bool wants(struct story *story, const char *what)
{
        return story_fail(story, story->line, "%s; an alert is: NAME [NODES] raised T..T|before [cleared T..T] [seen-by NODES]",
                          what);
}

static bool expect(struct story *story, const struct story_alert *alert, uint64_t subjects)
{
        for (uint32_t i = 0; i <= story->n; i++) {
                bool meant = i ? subjects & UINT64_C(1) << (i - 1) : !subjects;

                if (!meant)
                        continue;
                if (story->n_alerts == STORY_ALERTS)
                        return story_fail(story, story->line, "more than %d alerts", STORY_ALERTS);
                story->alerts[story->n_alerts] = *alert;
                story->alerts[story->n_alerts++].subject = i;
        }
        if (alert->to_ns > story->end_ns)
                story->end_ns = alert->to_ns;
        return true;
}

/* NAME [NODES] */
static const struct tg_alert_kind *kind_of(struct story *story, char **text, uint64_t *subjects)
{
        const char *word = story_word(text);
        const struct tg_alert_kind *kind = tg_alert_kind_named(word);
        char names[900] = "";

        if (!kind) {
                for (int i = 0; i < TG_ALERT_COUNT; i++)
                        snprintf(names + strlen(names), sizeof names - strlen(names), " %s",
                                 tg_alert_kind((enum tg_alert_id)i)->name);
                story_fail(story, story->line, "there is no alert '%s'; there are%s", word, names);
                return NULL;
        }
        *subjects = 0;
        if (kind->scope == TG_SCOPE_NODE && !story_nodes(story, story_word(text), subjects)) {
                wants(story, "a node's alert names its NODES");
                return NULL;
        }
        return kind;
}

/* whatever NODES|NAME... */
static bool parse_whatever(struct story *story, char *text)
{
        char *word;
        uint64_t nodes;

        while ((word = story_word(&text))) {
                const struct tg_alert_kind *kind = tg_alert_kind_named(word);

                if (kind)
                        story->whatever_kinds |= UINT64_C(1) << kind->id;
                else if (story_nodes(story, word, &nodes))
                        story->whatever_nodes |= nodes;
                else
                        return story_fail(story, story->line, "'whatever' wants NODES or names of alerts, not '%s'", word);
        }
        return true;
}

bool story_alert_parse(struct story *story, char *text)
{
        struct story_alert raised = { .line = story->line, .raised = true }, cleared;
        const struct tg_alert_kind *kind;
        uint64_t subjects, seen_by = story->installed;
        bool has_raised, has_cleared = false;
        char *word;

        if (!strncmp(text + strspn(text, " \t"), "whatever ", 9)) {
                story_word(&text);
                return parse_whatever(story, text);
        }
        kind = kind_of(story, &text, &subjects);
        if (!kind)
                return false;
        raised.id = kind->id;
        cleared = raised;
        cleared.raised = false;
        word = story_word(&text);
        if (!word || strcmp(word, "raised") != 0)
                return wants(story, "it does not say when it is raised");
        word = story_word(&text);
        has_raised = word && strcmp(word, "before") != 0;
        if (has_raised && !story_span(word, &raised.from_ns, &raised.to_ns))
                return wants(story, "after 'raised' stands a time span");
        word = story_word(&text);
        if (word && !strcmp(word, "cleared")) {
                has_cleared = true;
                if (!story_span(story_word(&text), &cleared.from_ns, &cleared.to_ns))
                        return wants(story, "after 'cleared' stands a time span");
                word = story_word(&text);
        }
        if (word && (strcmp(word, "seen-by") != 0 || !story_nodes(story, story_word(&text), &seen_by)))
                return wants(story, "this is not understood");
        if (*text)
                return wants(story, "this is too much");
        raised.seen_by = cleared.seen_by = seen_by;
        return (!has_raised || expect(story, &raised, subjects)) && (!has_cleared || expect(story, &cleared, subjects));
}

static const char *subject_text(uint32_t subject, char buf[static 16])
{
        buf[0] = 0;
        if (subject)
                snprintf(buf, 16, " n%u", subject);
        return buf;
}

static bool meets(const struct story_alert *expected, const struct tg_alert *told, uint32_t subject, uint32_t observer,
                  int64_t t_ns)
{
        return expected->id == told->id && expected->raised == told->raised && expected->subject == subject &&
               (expected->seen_by & ~expected->met & UINT64_C(1) << observer) && t_ns >= expected->from_ns &&
               t_ns <= expected->to_ns;
}

void story_alert_told(struct story *story, uint32_t observer, const struct tg_alert *alert)
{
        const struct tg_alert_kind *kind = tg_alert_kind(alert->id);
        uint32_t subject = kind->scope == TG_SCOPE_NODE ? alert->evidence.node_id : 0;
        int line = story->line;
        char buf[16];

        if (story->verbose)
                printf("# %11.6f n%u %s %s%s: %s\n", (double)story->sim->t_ns / 1e9, observer + 1,
                       alert->raised ? "raised" : "cleared", kind->name, subject_text(subject, buf), alert->evidence.reason);
        for (uint32_t k = 0; k < story->n_alerts; k++) {
                if (meets(&story->alerts[k], alert, subject, observer, story->sim->t_ns)) {
                        story->alerts[k].met |= UINT64_C(1) << observer;
                        return;
                }
                /* the line that it comes nearest to */
                if (story->alerts[k].id == alert->id && story->alerts[k].subject == subject &&
                    story->alerts[k].raised == alert->raised)
                        line = story->alerts[k].line;
        }
        if ((story->whatever_kinds & UINT64_C(1) << kind->id) || (subject && story_has(story->whatever_nodes, subject - 1)))
                return;
        story_fail(story, line, "unexpected at %.3f s: n%u %s %s%s (seen: %s)", (double)story->sim->t_ns / 1e9, observer + 1,
                   alert->raised ? "raised" : "cleared", kind->name, subject_text(subject, buf), alert->evidence.reason);
}

void story_alerts_finish(struct story *story)
{
        for (uint32_t k = 0; k < story->n_alerts; k++) {
                const struct story_alert *a = &story->alerts[k];
                char names[256] = "", buf[16];

                if (a->met == a->seen_by)
                        continue;
                for (uint32_t i = 0; i < story->n; i++)
                        if (a->seen_by & ~a->met & UINT64_C(1) << i)
                                snprintf(names + strlen(names), sizeof names - strlen(names), "%sn%u", names[0] ? "," : "",
                                         i + 1);
                story_fail(story, a->line, "%s%s was not %s at %s from %.3f s to %.3f s (seen: nothing)",
                           tg_alert_kind(a->id)->name, subject_text(a->subject, buf), a->raised ? "raised" : "cleared", names,
                           (double)a->from_ns / 1e9, (double)a->to_ns / 1e9);
        }
}
