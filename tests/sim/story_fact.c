/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Facts: reading them, looking at the status of a node (its public snapshot, as of now), and holding the one against the other. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "story.h"

bool story_has(uint64_t set, uint32_t i)
{
        return set & UINT64_C(1) << i;
}

const struct tg_snapshot *story_look(struct story *story, uint32_t observer)
{
        const struct sim_node *node = &story->sim->nodes[observer];

        if (story->looked_node != observer) {
                struct tg_look now = sim_clock_look(&node->clock, story->sim->t_ns, 0, 0);

                tg_node_snapshot(node->core, &now, &story->shown);
                story->looked_node = observer;
        }
        return &story->shown;
}

const struct tg_node_status *story_look_node(const struct tg_snapshot *s, uint32_t index)
{
        for (uint32_t i = 0; i < s->n_nodes; i++)
                if (s->nodes[i].id == index + 1)
                        return &s->nodes[i];
        return NULL;
}

const struct tg_pair_status *story_look_pair(struct story *story, const struct story_fact *fact, uint32_t observer)
{
        const struct tg_snapshot *s = story_look(story, observer);

        for (uint32_t i = 0; i < s->n_pairs; i++)
                if (s->pairs[i].a == fact->a + 1 && s->pairs[i].b == fact->b + 1)
                        return &s->pairs[i];
        return NULL;
}

bool story_parse_word(struct story *story, const char *word, story_words *text, int n, int *out)
{
        char words[800] = "";

        for (int i = 0; i < n; i++) {
                if (word && !strcmp(word, text(i))) {
                        *out = i;
                        return true;
                }
                snprintf(words + strlen(words), sizeof words - strlen(words), " %s", text(i));
        }
        return story_fail(story, story->line, "'%s' is none of%s", word ? word : "", words);
}

/* below|above and a number of that kind */
bool story_parse_limit(struct story_fact *fact, char *args, bool (*number)(const char *word, int64_t *out))
{
        const char *way = story_word(&args);

        if (!way || (strcmp(way, "below") != 0 && strcmp(way, "above") != 0))
                return false;
        fact->above = !strcmp(way, "above");
        return number(story_word(&args), &fact->value) && !*args;
}

bool story_within_limit(const struct story_fact *fact, int64_t value)
{
        return fact->above ? value > fact->value : value < fact->value;
}

bool story_parse_text(struct story *story, struct story_fact *fact, char *args)
{
        (void)story;
        story_copy(fact->text, sizeof fact->text, args);
        return args[0];
}

static const struct story_fact_kind *const tables[] = { story_cluster_facts, story_node_facts, story_pair_facts,
                                                        story_gate_facts };

bool story_fact_parse(struct story *story, char *text, struct story_fact *out)
{
        char *word = story_word(&text), names[500] = "";

        if (word && !strcmp(word, "not")) {
                out->negated = true;
                word = story_word(&text);
        }
        if (!word)
                return story_fail(story, story->line, "a fact is missing");
        if (story_nodes(story, word, &out->nodes)) {
                out->kind = &story_state_fact;
                return story_state_fact.parse(story, out, text);
        }
        for (size_t t = 0; t < sizeof tables / sizeof tables[0]; t++)
                for (const struct story_fact_kind *k = tables[t]; k->name; k++) {
                        snprintf(names + strlen(names), sizeof names - strlen(names), " %s", k->name);
                        if (strcmp(word, k->name) != 0)
                                continue;
                        out->kind = k;
                        return k->parse(story, out, text) || story_fail(story, story->line, "'%s' wants: %s", k->name, k->form);
                }
        return story_fail(story, story->line, "'%s' begins no fact; NODES do, and%s", word, names);
}

/* Its agent runs and can look around. */
bool story_observes(const struct story *story, uint64_t seen_by, uint32_t i)
{
        const struct sim_node *node = &story->sim->nodes[i];

        return (!seen_by || story_has(seen_by, i)) && node->core && !node->frozen && sim_clock_last(&node->clock)->running;
}

void story_fact_check(struct story *story, const struct story_fact *fact, uint32_t observer)
{
        char seen[700] = "";

        if (story->why[0] || fact->kind->holds(story, fact, observer) != fact->negated)
                return;
        fact->kind->seen(story, fact, observer, seen, sizeof seen);
        story_fail(story, fact->line, "%s%s at %.3f s at n%u (seen: %s)", fact->kind->name,
                   fact->negated ? " is so" : " is not so", (double)story->sim->t_ns / 1e9, observer + 1, seen);
}
