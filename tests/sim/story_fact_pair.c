/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Facts about pairs as a node shows them, and what is true of the clocks. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "story.h"

enum { PAIR_STALE = TG_PAIR_BEYOND + 1, PAIR_WORDS };

static const char *pair_word(int v)
{
        return v == PAIR_STALE ? "stale" : tg_pair_verdict_text((enum tg_pair_verdict)v);
}

static bool parse_pair_nodes(const struct story *story, struct story_fact *fact, char **args)
{
        return story_node(story, story_word(args), &fact->a) && story_node(story, story_word(args), &fact->b) &&
               fact->a < fact->b;
}

static bool parse_pair_limit(struct story *story, struct story_fact *fact, char *args)
{
        return parse_pair_nodes(story, fact, &args) && story_parse_limit(fact, args, story_length);
}

static bool parse_pair(struct story *story, struct story_fact *fact, char *args)
{
        return parse_pair_nodes(story, fact, &args) && story_parse_word(story, args, pair_word, PAIR_WORDS, &fact->number);
}

static bool holds_pair(struct story *story, const struct story_fact *fact, uint32_t observer)
{
        const struct tg_pair_status *pair = story_look_pair(story, fact, observer);

        if (!pair)
                return fact->number == TG_PAIR_UNPROVEN;
        return fact->number == PAIR_STALE ? pair->stale : pair->verdict == (enum tg_pair_verdict)fact->number;
}

static bool holds_width(struct story *story, const struct story_fact *fact, uint32_t observer)
{
        const struct tg_pair_status *pair = story_look_pair(story, fact, observer);

        return pair && pair->bounded && story_within_limit(fact, pair->high_ns - pair->low_ns);
}

static bool parse_rho(struct story *story, struct story_fact *fact, char *args)
{
        return parse_pair_nodes(story, fact, &args) && story_parse_limit(fact, args, story_rate);
}

static bool holds_rho(struct story *story, const struct story_fact *fact, uint32_t observer)
{
        const struct tg_pair_status *pair = story_look_pair(story, fact, observer);

        return pair && pair->bounded && story_within_limit(fact, (int64_t)pair->rho_ppm * 1000);
}

static void seen_pair(struct story *story, const struct story_fact *fact, uint32_t observer, char *buf, size_t size)
{
        const struct tg_pair_status *pair = story_look_pair(story, fact, observer);

        snprintf(buf, size, "no such pair");
        if (pair)
                snprintf(buf, size, "%s%s, %.3f to %.3f ms (%.3f ms wide), rho %u ppm; in truth %.3f ms",
                         tg_pair_verdict_text(pair->verdict),
                         pair->stale      ? " and stale"
                         : !pair->bounded ? " without a bound"
                                          : "",
                         (double)pair->low_ns / 1e6, (double)pair->high_ns / 1e6, (double)(pair->high_ns - pair->low_ns) / 1e6,
                         pair->rho_ppm, (double)sim_offset(story->sim, fact->a, fact->b, story->sim->t_ns) / 1e6);
}

/* ---- the truth ---- */

static bool holds_apart(struct story *story, const struct story_fact *fact, uint32_t observer)
{
        (void)observer;
        return story_within_limit(fact, llabs(sim_offset(story->sim, fact->a, fact->b, story->sim->t_ns)));
}

static void seen_apart(struct story *story, const struct story_fact *fact, uint32_t observer, char *buf, size_t size)
{
        (void)observer;
        snprintf(buf, size, "%.3f ms", (double)sim_offset(story->sim, fact->a, fact->b, story->sim->t_ns) / 1e6);
}

static bool parse_wrong(struct story *story, struct story_fact *fact, char *args)
{
        return story_nodes(story, story_word(&args), &fact->nodes) && story_parse_limit(fact, args, story_length);
}

static int64_t error_of(const struct story *story, uint32_t i)
{
        return sim_clock_real(&story->sim->nodes[i].clock, story->sim->t_ns) - SIM_EPOCH_NS - story->sim->t_ns;
}

static bool holds_wrong(struct story *story, const struct story_fact *fact, uint32_t observer)
{
        (void)observer;
        for (uint32_t i = 0; i < story->n; i++)
                if (story_has(fact->nodes, i) && !story_within_limit(fact, llabs(error_of(story, i))))
                        return false;
        return true;
}

static void seen_wrong(struct story *story, const struct story_fact *fact, uint32_t observer, char *buf, size_t size)
{
        (void)observer;
        buf[0] = 0;
        for (uint32_t i = 0; i < story->n; i++)
                if (story_has(fact->nodes, i))
                        snprintf(buf + strlen(buf), size - strlen(buf), "n%u %+.3f ms, ", i + 1,
                                 (double)error_of(story, i) / 1e6);
}

const struct story_fact_kind story_pair_facts[] = {
        { "pair", "NODE NODE within|beyond|unproven|stale, the lower node first", parse_pair, holds_pair, seen_pair },
        { "width", "NODE NODE below|above LENGTH, the lower node first", parse_pair_limit, holds_width, seen_pair },
        { "rho", "NODE NODE below|above 300ppm, the lower node first", parse_rho, holds_rho, seen_pair },
        { "apart", "NODE NODE below|above LENGTH, the lower node first", parse_pair_limit, holds_apart, seen_apart },
        { "wrong", "NODES below|above LENGTH", parse_wrong, holds_wrong, seen_wrong },
        { NULL, NULL, NULL, NULL, NULL },
};
