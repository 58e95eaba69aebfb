/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Facts about nodes as a node shows them. A forecast is held against the true clocks as they run at that moment. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "story.h"

#define LONG_NS (100 * 86400 * TG_NS_PER_S) /* a forecast beyond that is none */

static const char *state_word(int s)
{
        return tg_node_state_text((enum tg_node_state)s);
}

static bool parse_state(struct story *story, struct story_fact *fact, char *args)
{
        return story_parse_word(story, args, state_word, TG_NODE_MUTE + 1, &fact->number);
}

static bool holds_state(struct story *story, const struct story_fact *fact, uint32_t observer)
{
        const struct tg_snapshot *s = story_look(story, observer);

        for (uint32_t i = 0; i < story->n; i++) {
                const struct tg_node_status *node = story_look_node(s, i);

                if (story_has(fact->nodes, i) && (!node || node->state != (enum tg_node_state)fact->number))
                        return false;
        }
        return true;
}

static bool holds_nobody(struct story *story, const struct story_fact *fact, uint32_t observer)
{
        const struct tg_snapshot *s = story_look(story, observer);

        for (uint32_t i = 0; i < s->n_nodes; i++)
                if (s->nodes[i].state == (enum tg_node_state)fact->number)
                        return false;
        return true;
}

static bool holds_somebody(struct story *story, const struct story_fact *fact, uint32_t observer)
{
        return !holds_nobody(story, fact, observer);
}

static void seen_states(struct story *story, const struct story_fact *fact, uint32_t observer, char *buf, size_t size)
{
        const struct tg_snapshot *s = story_look(story, observer);

        (void)fact;
        buf[0] = 0;
        for (uint32_t i = 0; i < s->n_nodes; i++)
                snprintf(buf + strlen(buf), size - strlen(buf), "%s %s%s%.100s, ", s->nodes[i].name,
                         tg_node_state_text(s->nodes[i].state), s->nodes[i].reason[0] ? ": " : "", s->nodes[i].reason);
}

static bool parse_why(struct story *story, struct story_fact *fact, char *args)
{
        return story_node(story, story_word(&args), &fact->a) && story_parse_text(story, fact, args);
}

static bool holds_why(struct story *story, const struct story_fact *fact, uint32_t observer)
{
        const struct tg_node_status *node = story_look_node(story_look(story, observer), fact->a);

        return node && strstr(node->reason, fact->text);
}

/* NODE and a limit or a text; fact->a is the node */
static bool parse_age(struct story *story, struct story_fact *fact, char *args)
{
        return story_node(story, story_word(&args), &fact->a) && story_parse_limit(fact, args, story_length);
}

static bool holds_age(struct story *story, const struct story_fact *fact, uint32_t observer)
{
        const struct tg_node_status *node = story_look_node(story_look(story, observer), fact->a);

        return node && node->has_report && story_within_limit(fact, node->report_age_ns);
}

static bool holds_selected(struct story *story, const struct story_fact *fact, uint32_t observer)
{
        const struct tg_node_status *node = story_look_node(story_look(story, observer), fact->a);
        char addr[TG_ADDR_TEXT_MAX];

        return node && node->has_report && !strcmp(tg_addr_text(&node->chrony.tracking.addr, addr), fact->text);
}

static bool parse_stratum(struct story *story, struct story_fact *fact, char *args)
{
        return story_node(story, story_word(&args), &fact->a) && story_integer(args, &fact->value);
}

static bool holds_stratum(struct story *story, const struct story_fact *fact, uint32_t observer)
{
        const struct tg_node_status *node = story_look_node(story_look(story, observer), fact->a);

        return node && node->has_report && node->chrony.tracking.stratum == fact->value;
}

static void seen_report(struct story *story, const struct story_fact *fact, uint32_t observer, char *buf, size_t size)
{
        const struct tg_node_status *node = story_look_node(story_look(story, observer), fact->a);
        char addr[TG_ADDR_TEXT_MAX];

        snprintf(buf, size, "no report");
        if (node && node->has_report)
                snprintf(buf, size, "%.3f s old, at stratum %u, following %s", (double)node->report_age_ns / 1e9,
                         node->chrony.tracking.stratum, tg_addr_text(&node->chrony.tracking.addr, addr));
}

/* forecast n1 within P% | none */
static bool parse_forecast(struct story *story, struct story_fact *fact, char *args)
{
        char *word;

        if (!story_node(story, story_word(&args), &fact->a) || !(word = story_word(&args)))
                return false;
        if (!strcmp(word, "none"))
                return !*args;
        fact->above = true; /* there is one */
        if (strcmp(word, "within") != 0 || !*args || args[strlen(args) - 1] != '%')
                return false;
        args[strlen(args) - 1] = 0;
        return story_integer(args, &fact->value) && fact->value > 0;
}

/* How long until the two clocks are farther apart than the budget, as they run now. */
static int64_t crossing_ns(const struct story *story, uint32_t i, uint32_t j, int64_t budget_ns)
{
        int64_t low = 0, high = TG_NS_PER_S, now = story->sim->t_ns;

        while (llabs(sim_offset(story->sim, i, j, now + high)) < budget_ns) {
                low = high;
                high *= 2;
                if (high > LONG_NS)
                        return LONG_NS;
        }
        while (high - low > TG_NS_PER_MS) {
                int64_t middle = low + (high - low) / 2;

                *(llabs(sim_offset(story->sim, i, j, now + middle)) < budget_ns ? &low : &high) = middle;
        }
        return high;
}

static bool holds_forecast(struct story *story, const struct story_fact *fact, uint32_t observer)
{
        const struct tg_snapshot *s = story_look(story, observer);
        const struct tg_node_status *node = story_look_node(s, fact->a);
        int64_t truth;

        if (!fact->above)
                return !node || !node->has_forecast;
        if (!node || !node->has_forecast || !s->reference_id)
                return false;
        truth = crossing_ns(story, fact->a, s->reference_id - 1, s->budget_ns);
        return truth < LONG_NS && llabs(node->forecast_ns - truth) <= truth / 100 * fact->value;
}

static void seen_forecast(struct story *story, const struct story_fact *fact, uint32_t observer, char *buf, size_t size)
{
        const struct tg_snapshot *s = story_look(story, observer);
        const struct tg_node_status *node = story_look_node(s, fact->a);

        snprintf(buf, size, "no forecast");
        if (node && s->reference_id && node->has_forecast)
                snprintf(buf, size, "%.1f s, in truth %.1f s; it is %.3f ms from n%u and moves at %.3f ppm",
                         (double)node->forecast_ns / 1e9,
                         (double)crossing_ns(story, fact->a, s->reference_id - 1, s->budget_ns) / 1e9,
                         (double)node->offset_ns / 1e6, s->reference_id, (double)node->rate_ppb / 1e3);
}

const struct story_fact_kind story_state_fact = { "state", "NODES ok|drifting|...", parse_state, holds_state, seen_states };

const struct story_fact_kind story_node_facts[] = {
        { "nobody", "STATE", parse_state, holds_nobody, seen_states },
        { "somebody", "STATE", parse_state, holds_somebody, seen_states },
        { "why", "NODE TEXT", parse_why, holds_why, seen_states },
        { "age", "NODE below|above LENGTH", parse_age, holds_age, seen_report },
        { "selected", "NODE ADDRESS", parse_why, holds_selected, seen_report },
        { "stratum", "NODE N", parse_stratum, holds_stratum, seen_report },
        { "forecast", "NODE within P%|none", parse_forecast, holds_forecast, seen_forecast },
        { NULL, NULL, NULL, NULL, NULL },
};
