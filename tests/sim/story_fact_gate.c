/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Facts about the gate: what a node sees of it, and what the HA stack truly does. */
#include <stdio.h>
#include <string.h>

#include "node_private.h"
#include "story.h"

static const struct tg_gate *gate_of(const struct story *story, uint32_t observer)
{
        return &story->sim->nodes[observer].core->gate;
}

static const char *state_word(int s)
{
        return tg_gate_state_text((enum tg_gate_state)s);
}

static bool parse_state(struct story *story, struct story_fact *fact, char *args)
{
        return story_parse_word(story, args, state_word, TG_GATE_IS_HELD + 1, &fact->number);
}

static enum tg_gate_state state_at(const struct story *story, uint32_t observer)
{
        return tg_gate_state(gate_of(story, observer), sim_clock_raw(&story->sim->nodes[observer].clock, story->sim->t_ns));
}

static bool holds_state(struct story *story, const struct story_fact *fact, uint32_t observer)
{
        return state_at(story, observer) == (enum tg_gate_state)fact->number;
}

static const char *scope_word(int s)
{
        return tg_gate_scope_text((enum tg_gate_scope)s);
}

static bool parse_scope(struct story *story, struct story_fact *fact, char *args)
{
        return story_parse_word(story, args, scope_word, TG_GATE_NODE + 1, &fact->number);
}

static bool holds_danger(struct story *story, const struct story_fact *fact, uint32_t observer)
{
        return gate_of(story, observer)->finding.scope == (enum tg_gate_scope)fact->number;
}

/* ---- records ---- */

static const char *stage_word(int s)
{
        return tg_gate_stage_text((enum tg_gate_stage)s);
}

static bool parse_record(struct story *story, struct story_fact *fact, char *args)
{
        return story_parse_word(story, args, stage_word, TG_STAGE_COUNT, &fact->number);
}

static bool holds_record(struct story *story, const struct story_fact *fact, uint32_t observer)
{
        return gate_of(story, observer)->reg.records[0].stage == fact->number;
}

/* record-of NODE STAGE */
static bool parse_record_of(struct story *story, struct story_fact *fact, char *args)
{
        return story_node(story, story_word(&args), &fact->a) && parse_record(story, fact, args);
}

static bool holds_record_of(struct story *story, const struct story_fact *fact, uint32_t observer)
{
        const struct tg_gate_record *r = &gate_of(story, observer)->reg.records[1];

        return fact->number ? r->stage == fact->number && r->target_id == fact->a + 1
                            : r->stage == TG_STAGE_NONE || r->target_id != fact->a + 1;
}

static bool parse_integer(struct story *story, struct story_fact *fact, char *args)
{
        (void)story;
        return story_integer(args, &fact->value);
}

static bool holds_damping(struct story *story, const struct story_fact *fact, uint32_t observer)
{
        return gate_of(story, observer)->reg.records[0].damping == fact->value;
}

static void seen_gate(struct story *story, const struct story_fact *fact, uint32_t observer, char *buf, size_t size)
{
        const struct tg_gate *gate = gate_of(story, observer);
        const struct tg_gate_record *r = gate->reg.records;

        (void)fact;
        snprintf(buf, size,
                 "%s; record %s of n%u (%llu.%u, damping %u), of node n%u %s; HA cluster %s by %s, danger %d: %s%s; not calm: "
                 "%s; "
                 "blocked: %s",
                 state_word((int)state_at(story, observer)), stage_word(r[0].stage), r[0].owner_id,
                 (unsigned long long)r[0].ring_seq, r[0].serial, r[0].damping, r[1].target_id, stage_word(r[1].stage),
                 tg_ha_state_text(story->sim->ha.cluster.state), sim_hand_text((int)story->sim->ha.cluster.hand),
                 (int)gate->finding.danger, gate->finding.why, gate->finding.waits ? " (waits)" : "", gate->finding.why_not,
                 gate->blocked);
}

/* ---- the truth ---- */

static const char *ha_word(int s)
{
        return tg_ha_state_text((enum tg_ha_state)s);
}

static bool parse_ha(struct story *story, struct story_fact *fact, char *args)
{
        return story_parse_word(story, args, ha_word, TG_HA_OPENING + 1, &fact->number);
}

/* Of the cluster; where there is no such thing, of every node that has power. */
static bool holds_ha(struct story *story, const struct story_fact *fact, uint32_t observer)
{
        (void)observer;
        if (story->sim->ha.kind != SIM_HA_EACH)
                return story->sim->ha.cluster.state == (enum tg_ha_state)fact->number;
        for (uint32_t i = 0; i < story->n; i++)
                if (story->sim->nodes[i].corosync && story->sim->nodes[i].ha.own.state != (enum tg_ha_state)fact->number)
                        return false;
        return true;
}

/* ha-of NODES STATE */
static bool parse_ha_of(struct story *story, struct story_fact *fact, char *args)
{
        return story_nodes(story, story_word(&args), &fact->nodes) && parse_ha(story, fact, args);
}

static bool holds_ha_of(struct story *story, const struct story_fact *fact, uint32_t observer)
{
        (void)observer;
        for (uint32_t i = 0; i < story->n; i++)
                if (story_has(fact->nodes, i) && story->sim->nodes[i].ha.own.state != (enum tg_ha_state)fact->number)
                        return false;
        return true;
}

static bool parse_hand(struct story *story, struct story_fact *fact, char *args)
{
        return story_parse_word(story, args, sim_hand_text, SIM_HANDS, &fact->number);
}

static bool holds_hand(struct story *story, const struct story_fact *fact, uint32_t observer)
{
        (void)observer;
        if (story->sim->ha.kind != SIM_HA_EACH)
                return story->sim->ha.cluster.hand == (enum sim_hand)fact->number;
        for (uint32_t i = 0; i < story->n; i++)
                if (story->sim->nodes[i].ha.own.hand != (enum sim_hand)fact->number)
                        return false;
        return true;
}

static bool holds_closes(struct story *story, const struct story_fact *fact, uint32_t observer)
{
        (void)observer;
        return story->sim->ha.closes == fact->value;
}

static bool holds_opens(struct story *story, const struct story_fact *fact, uint32_t observer)
{
        (void)observer;
        return story->sim->ha.opens == fact->value;
}

static bool holds_resets(struct story *story, const struct story_fact *fact, uint32_t observer)
{
        (void)observer;
        return story->sim->ha.resets == fact->value;
}

static void seen_truth(struct story *story, const struct story_fact *fact, uint32_t observer, char *buf, size_t size)
{
        const struct sim *sim = story->sim;
        int n = snprintf(buf, size, "%s by %s, closed %u and opened %u times by timeguard, %u resets;",
                         tg_ha_state_text(sim->ha.cluster.state), sim_hand_text((int)sim->ha.cluster.hand), sim->ha.closes,
                         sim->ha.opens, sim->ha.resets);

        for (uint32_t i = 0; i < story->n && n > 0 && (size_t)n < size; i++)
                n += snprintf(buf + n, size - (size_t)n, " n%u %s by %s,", i + 1, tg_ha_state_text(sim->nodes[i].ha.own.state),
                              sim_hand_text((int)sim->nodes[i].ha.own.hand));
        if (n > 0 && (size_t)n < size)
                seen_gate(story, fact, observer, buf + n, size - (size_t)n);
}

const struct story_fact_kind story_gate_facts[] = {
        { "gate", "open|closing|closed|opening|held", parse_state, holds_state, seen_gate },
        { "danger", "nothing|cluster|node", parse_scope, holds_danger, seen_gate },
        { "record", "none|intent|...", parse_record, holds_record, seen_gate },
        { "record-of", "NODE none|intent|...", parse_record_of, holds_record_of, seen_gate },
        { "damping", "N", parse_integer, holds_damping, seen_gate },
        { "ha", "open|closing|closed|opening", parse_ha, holds_ha, seen_truth },
        { "ha-of", "NODES open|closing|closed|opening", parse_ha_of, holds_ha_of, seen_truth },
        { "closed-by", "nobody|timeguard|administrator", parse_hand, holds_hand, seen_truth },
        { "closes", "N", parse_integer, holds_closes, seen_truth },
        { "opens", "N", parse_integer, holds_opens, seen_truth },
        { "resets", "N", parse_integer, holds_resets, seen_truth },
        { NULL, NULL, NULL, NULL, NULL },
};
