/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Facts about the cluster as a node shows it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "story.h"

static const char *verdict_word(int v)
{
        return tg_cluster_verdict_text((enum tg_cluster_verdict)v);
}

static const char *alert_word(int id)
{
        return tg_alert_kind((enum tg_alert_id)id)->name;
}

static bool parse_cluster(struct story *story, struct story_fact *fact, char *args)
{
        return story_parse_word(story, args, verdict_word, TG_CLUSTER_UNPROVEN + 1, &fact->number);
}

static bool holds_cluster(struct story *story, const struct story_fact *fact, uint32_t observer)
{
        return story_look(story, observer)->verdict == (enum tg_cluster_verdict)fact->number;
}

static void seen_cluster(struct story *story, const struct story_fact *fact, uint32_t observer, char *buf, size_t size)
{
        const struct tg_snapshot *s = story_look(story, observer);

        (void)fact;
        snprintf(buf, size, "%s: %s; %s", tg_cluster_verdict_text(s->verdict), s->reason, s->remedy);
}

static bool holds_reason(struct story *story, const struct story_fact *fact, uint32_t observer)
{
        return strstr(story_look(story, observer)->reason, fact->text);
}

static bool holds_remedy(struct story *story, const struct story_fact *fact, uint32_t observer)
{
        return strstr(story_look(story, observer)->remedy, fact->text);
}

static bool holds_source(struct story *story, const struct story_fact *fact, uint32_t observer)
{
        return !strcmp(story_look(story, observer)->source, strcmp(fact->text, "none") != 0 ? fact->text : "");
}

static void seen_source(struct story *story, const struct story_fact *fact, uint32_t observer, char *buf, size_t size)
{
        (void)fact;
        snprintf(buf, size, "%s", story_look(story, observer)->source);
}

static bool parse_reference(struct story *story, struct story_fact *fact, char *args)
{
        uint32_t node = 0;

        if (strcmp(args, "none") != 0 && !story_node(story, args, &node))
                return false;
        fact->number = strcmp(args, "none") != 0 ? (int)node + 1 : 0;
        return true;
}

static bool holds_reference(struct story *story, const struct story_fact *fact, uint32_t observer)
{
        return story_look(story, observer)->reference_id == (uint32_t)fact->number;
}

static void seen_reference(struct story *story, const struct story_fact *fact, uint32_t observer, char *buf, size_t size)
{
        (void)fact;
        snprintf(buf, size, "n%u", story_look(story, observer)->reference_id);
}

static bool parse_smallest(struct story *story, struct story_fact *fact, char *args)
{
        (void)story;
        return story_parse_limit(fact, args, story_length);
}

static bool holds_smallest(struct story *story, const struct story_fact *fact, uint32_t observer)
{
        const struct tg_snapshot *s = story_look(story, observer);

        return s->has_smallest && story_within_limit(fact, s->smallest_provable_ns);
}

static void seen_smallest(struct story *story, const struct story_fact *fact, uint32_t observer, char *buf, size_t size)
{
        const struct tg_snapshot *s = story_look(story, observer);

        (void)fact;
        snprintf(buf, size, s->has_smallest ? "%.3f ms" : "none", (double)s->smallest_provable_ns / 1e6);
}

static bool parse_margin(struct story *story, struct story_fact *fact, char *args)
{
        (void)story;
        return story_integer(args, &fact->value);
}

static bool holds_margin(struct story *story, const struct story_fact *fact, uint32_t observer)
{
        return story_look(story, observer)->margin == fact->value;
}

static void seen_margin(struct story *story, const struct story_fact *fact, uint32_t observer, char *buf, size_t size)
{
        (void)fact;
        snprintf(buf, size, "%lld", (long long)story_look(story, observer)->margin);
}

static bool holds_rings(struct story *story, const struct story_fact *fact, uint32_t observer)
{
        return story_look(story, observer)->quorum.ring.seq == (uint64_t)fact->value;
}

static void seen_rings(struct story *story, const struct story_fact *fact, uint32_t observer, char *buf, size_t size)
{
        (void)fact;
        snprintf(buf, size, "%llu", (unsigned long long)story_look(story, observer)->quorum.ring.seq);
}

static bool parse_set(struct story *story, struct story_fact *fact, char *args)
{
        return !strcmp(args, "none") || story_nodes(story, args, &fact->nodes);
}

static uint64_t set_of(const struct tg_snapshot *s)
{
        uint64_t set = 0;

        for (uint32_t i = 0; i < s->n_nodes; i++)
                set |= s->nodes[i].in_set ? UINT64_C(1) << (s->nodes[i].id - 1) : 0;
        return set;
}

static bool holds_set(struct story *story, const struct story_fact *fact, uint32_t observer)
{
        return set_of(story_look(story, observer)) == fact->nodes;
}

static void seen_set(struct story *story, const struct story_fact *fact, uint32_t observer, char *buf, size_t size)
{
        uint64_t set = set_of(story_look(story, observer));

        (void)fact;
        buf[0] = 0;
        for (uint32_t i = 0; i < story->n; i++)
                if (story_has(set, i))
                        snprintf(buf + strlen(buf), size - strlen(buf), "n%u ", i + 1);
}

static bool parse_raised(struct story *story, struct story_fact *fact, char *args)
{
        uint32_t node = 0;

        if (!story_parse_word(story, story_word(&args), alert_word, TG_ALERT_COUNT, &fact->number))
                return false;
        if (*args && !story_node(story, args, &node))
                return false;
        fact->a = *args ? node + 1 : 0;
        return true;
}

static bool holds_raised(struct story *story, const struct story_fact *fact, uint32_t observer)
{
        const struct tg_snapshot *s = story_look(story, observer);

        for (uint32_t i = 0; i < s->n_alerts; i++)
                if (s->alerts[i].id == (enum tg_alert_id)fact->number && (!fact->a || s->alerts[i].evidence.node_id == fact->a))
                        return true;
        return false;
}

static void seen_alerts(struct story *story, const struct story_fact *fact, uint32_t observer, char *buf, size_t size)
{
        const struct tg_snapshot *s = story_look(story, observer);

        (void)fact;
        buf[0] = 0;
        for (uint32_t i = 0; i < s->n_alerts; i++)
                snprintf(buf + strlen(buf), size - strlen(buf), "%s n%u, ", tg_alert_kind(s->alerts[i].id)->name,
                         s->alerts[i].evidence.node_id);
}

const struct story_fact_kind story_cluster_facts[] = {
        { "cluster", "agreed|at-risk|breached|split|unproven", parse_cluster, holds_cluster, seen_cluster },
        { "reason", "TEXT", story_parse_text, holds_reason, seen_cluster },
        { "remedy", "TEXT", story_parse_text, holds_remedy, seen_cluster },
        { "source", "TEXT|none", story_parse_text, holds_source, seen_source },
        { "reference", "NODE|none", parse_reference, holds_reference, seen_reference },
        { "smallest", "below|above LENGTH", parse_smallest, holds_smallest, seen_smallest },
        { "margin", "N", parse_margin, holds_margin, seen_margin },
        { "ring", "N", parse_margin, holds_rings, seen_rings },
        { "set", "NODES|none", parse_set, holds_set, seen_set },
        { "raised", "ALERT [NODE]", parse_raised, holds_raised, seen_alerts },
        { NULL, NULL, NULL, NULL, NULL },
};
