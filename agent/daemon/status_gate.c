/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See status_gate.h. Words of the gate's enumerations are those of its files (agent/gate/words.h): a format, not prose. */
#include <stdio.h>

#include "../gate/words.h"
#include "agent.h"
#include "executor.h"
#include "json_field.h"
#include "status_gate.h"

#define UUID_TEXT 37

const char *tg_status_gate_mode(const struct tg_gate_status *gate)
{
        return gate->mode == TG_GATE_ENFORCE ? "enforce" : "observe";
}

const char *tg_status_gate_backend(const struct tg_gate_status *gate, const struct tg_agent *agent)
{
        return tg_gate_backend_words[gate->read && gate->ha.backend ? gate->ha.backend : agent->options.gate_backend];
}

static const char *uuid_text(const uint8_t uuid[static 16], char buf[static UUID_TEXT])
{
        char *out = buf;

        for (int i = 0; i < 16; i++)
                out += snprintf(out, (size_t)(buf + UUID_TEXT - out), "%s%02x",
                                i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", uuid[i]);
        return buf;
}

static void add_name(struct json_object *o, const char *key, const struct tg_agent *agent, uint32_t id)
{
        char name[TG_NAME_MAX];

        tg_json_opt_text(o, key, id ? tg_agent_node_name(agent, id, name) : "");
}

static struct json_object *record_json(const struct tg_gate_record *r, const struct tg_agent *agent)
{
        struct json_object *o = json_object_new_object();
        char uuid[UUID_TEXT];

        tg_json_text(o, "uuid", uuid_text(r->uuid, uuid));
        tg_json_text(o, "scope", tg_gate_scope_text((enum tg_gate_scope)r->scope));
        add_name(o, "target", agent, r->target_id);
        tg_json_text(o, "stage", tg_gate_stage_text((enum tg_gate_stage)r->stage));
        add_name(o, "owner", agent, r->owner_id);
        tg_json_bool(o, "whole", r->whole);
        tg_json_time(o, "since", r->since_real_ns);
        return o;
}

static struct json_object *records_json(const struct tg_gate_status *g, const struct tg_agent *agent)
{
        struct json_object *list = json_object_new_array();

        for (int i = 0; i < TG_GATE_SLOTS; i++)
                if (g->records[i].stage != TG_STAGE_NONE)
                        (void)json_object_array_add(list, record_json(&g->records[i], agent));
        return list;
}

/* An administrator's word, where it stands. */
static struct json_object *word_json(const struct tg_gate_status *g, bool stands, const struct tg_agent *agent)
{
        struct json_object *o;

        if (!stands)
                return NULL;
        o = json_object_new_object();
        add_name(o, "by", agent, g->hold.node_id);
        tg_json_opt_int(o, "left_s", g->hold.left_s != UINT32_MAX, g->hold.left_s);
        tg_json_bool(o, "taken", g->hold.taken);
        return o;
}

static struct json_object *checks_json(const struct tg_gate_status *g)
{
        struct json_object *list = json_object_new_array();

        for (int i = 0; i < TG_GATE_CHECKS; i++) {
                struct json_object *o = json_object_new_object();

                tg_json_text(o, "name", g->checks[i].name);
                tg_json_bool(o, "met", g->checks[i].met);
                tg_json_text(o, "why", g->checks[i].why);
                (void)json_object_array_add(list, o);
        }
        return list;
}

/* Every set bit's word. */
static struct json_object *flags_json(uint32_t flags)
{
        struct json_object *list = json_object_new_array();

        for (unsigned i = 0; tg_gate_flag_words[i]; i++)
                if (flags & 1U << i)
                        (void)json_object_array_add(list, json_object_new_string(tg_gate_flag_words[i]));
        if (flags & TG_GATE_OURS)
                (void)json_object_array_add(list, json_object_new_string("ours"));
        return list;
}

static struct json_object *ha_json(const struct tg_gate_status *g)
{
        struct json_object *o;

        if (!g->read)
                return NULL;
        o = json_object_new_object();
        tg_json_text(o, "state", tg_ha_state_text(g->ha.state));
        (void)json_object_object_add(o, "flags", flags_json(g->ha.flags));
        tg_json_opt_int(o, "age_ms", g->has_read_age, g->read_age_ns / TG_NS_PER_MS);
        tg_json_text(o, "detail", g->ha.detail);
        return o;
}

/* Why the last attempt to move it failed; NULL: it did not. */
static const char *failure(const struct tg_gate_status *g)
{
        for (int i = 0; i < TG_GATE_SLOTS; i++)
                if (g->failed[i][0])
                        return g->failed[i];
        return g->save_failed ? "the gate's record cannot be written to /var/lib/timeguard" : "";
}

static const struct tg_gate_record *live_record(const struct tg_gate_status *g)
{
        for (int i = 0; i < TG_GATE_SLOTS; i++)
                if (tg_stage_is_live(g->records[i].stage))
                        return &g->records[i];
        return NULL;
}

static void add_since(struct json_object *o, const struct tg_gate_record *record)
{
        if (record)
                tg_json_time(o, "since", record->since_real_ns);
        else
                tg_json_null(o, "since");
}

struct json_object *tg_status_gate_json(const struct tg_snapshot *snapshot, const struct tg_agent *agent)
{
        const struct tg_gate_status *g = &snapshot->gate;
        struct json_object *o = json_object_new_object();

        tg_json_text(o, "mode", tg_status_gate_mode(g));
        tg_json_text(o, "state", tg_gate_state_text(g->state));
        tg_json_opt_text(o, "scope", g->scope ? tg_gate_scope_text(g->scope) : "");
        add_name(o, "target", agent, g->target_id);
        tg_json_text(o, "backend", tg_status_gate_backend(g, agent));
        add_since(o, live_record(g));
        tg_json_text(o, "why", g->why);
        tg_json_text(o, "why_not", g->why_not);
        tg_json_text(o, "blocked", g->blocked);
        tg_json_bool(o, "would_close", g->would_close);
        tg_json_opt_text(o, "would_run", g->read ? g->ha.command : "");
        tg_json_opt_int(o, "opens_in_s", g->has_opens, (g->opens_ns + TG_NS_PER_S - 1) / TG_NS_PER_S);
        tg_json_bool(o, "wants_word", g->wants_word);
        tg_json_opt_text(o, "failed", failure(g));
        tg_json_int(o, "failures", g->failures[0] + g->failures[1]);
        tg_json_int(o, "offset_limit_ns", agent->options.gate_offset_limit_ns);
        tg_json_int(o, "step_limit_ns", agent->options.gate_step_limit_ns);
        (void)json_object_object_add(o, "ha", ha_json(g));
        (void)json_object_object_add(o, "hold", word_json(g, g->holds, agent));
        (void)json_object_object_add(o, "close", word_json(g, g->wants_closed, agent));
        (void)json_object_object_add(o, "records", records_json(g, agent));
        (void)json_object_object_add(o, "checks", checks_json(g));
        return o;
}

struct json_object *tg_status_node_gate_json(const struct tg_node_status *node)
{
        struct json_object *o;

        if (!node->has_report)
                return NULL;
        o = json_object_new_object();
        tg_json_text(o, "state", tg_gate_state_text(node->gate_state));
        tg_json_text(o, "ha_state", tg_ha_state_text((enum tg_ha_state)node->gate.ha_state));
        tg_json_opt_text(o, "backend", node->gate.backend ? tg_gate_backend_words[node->gate.backend] : "");
        (void)json_object_object_add(o, "flags", flags_json(node->gate.flags));
        tg_json_bool(o, "acts", node->gate.claim != TG_CLAIM_NONE);
        return o;
}

static struct json_object *one_asked_json(const struct tg_asked_status *status)
{
        struct json_object *o = json_object_new_object();
        const struct tg_asked *a = &status->asked;
        char text[TG_ADDR_TEXT_MAX];

        tg_json_text(o, "address", tg_addr_text(&a->addr, text));
        tg_json_text(o, "state", tg_asked_state_text((enum tg_asked_state)a->state));
        tg_json_opt_int(o, "stratum", status->answered, a->stratum);
        tg_json_opt_int(o, "leap", status->answered, a->leap);
        if (status->answered)
                tg_json_ref_id(o, "ref_id", a->ref_id);
        else
                tg_json_null(o, "ref_id");
        tg_json_opt_int(o, "age_ms", status->answered, status->age_ns / TG_NS_PER_MS);
        tg_json_opt_int(o, "low_ns", status->answered, status->low_ns);
        tg_json_opt_int(o, "high_ns", status->answered, status->high_ns);
        tg_json_opt_int(o, "steady_s", status->answered, a->steady_s);
        return o;
}

struct json_object *tg_status_asked_json(const struct tg_node_status *node)
{
        struct json_object *list = json_object_new_array();

        for (uint32_t i = 0; i < node->n_asked; i++)
                (void)json_object_array_add(list, one_asked_json(&node->asked[i]));
        return list;
}
