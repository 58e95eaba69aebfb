/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From the snapshot to JSON, a part at a time: at 64 nodes the tree of all pairs would take megabytes, the tree of one takes a
   page. All keys are always there; what is not known is null. */
#include <string.h>

#include "agent.h"
#include "journal.h"
#include "json_field.h"
#include "outlet.h"
#include "status_chrony.h"
#include "status_gate.h"
#include "status_json.h"

static int64_t ms(int64_t ns)
{
        return ns / TG_NS_PER_MS;
}

static void add_literal(struct tg_buffer *out, const char *text)
{
        tg_buffer_add(out, text, strlen(text));
}

/* Writes the object after `before`, and drops it. */
static void add_object(struct tg_buffer *out, const char *before, struct json_object *object)
{
        size_t len = 0;
        const char *text = object ? json_object_to_json_string_length(object, JSON_C_TO_STRING_PLAIN, &len) : NULL;

        add_literal(out, before);
        if (text)
                tg_buffer_add(out, text, len);
        else
                out->failed = true;
        json_object_put(object);
}

static struct json_object *agent_json(const struct tg_snapshot *s)
{
        struct json_object *o = json_object_new_object();

        tg_json_text(o, "version", TG_VERSION);
        tg_json_int(o, "node_id", s->self_id);
        tg_json_time(o, "now", s->now_real_ns);
        tg_json_int(o, "reports_heard", (int64_t)s->reports_heard);
        tg_json_int(o, "reports_bad", (int64_t)s->reports_bad);
        tg_json_int(o, "own_unheard", s->own_unheard);
        tg_json_int(o, "alerts_lost", (int64_t)tg_outlet_lost());
        return o;
}

/* The names in "two_node, wait_for_all". */
static struct json_object *flags_json(uint32_t flags)
{
        struct json_object *list = json_object_new_array();
        char text[256], *rest = text;

        (void)tg_quorum_flags_text(flags, text, sizeof(text));
        for (char *name; (name = strsep(&rest, ", "));)
                if (name[0])
                        (void)json_object_array_add(list, json_object_new_string(name));
        return list;
}

static struct json_object *absent_json(const struct tg_quorum *quorum, const struct tg_agent *agent)
{
        struct json_object *list = json_object_new_array();

        for (uint32_t i = 0; i < quorum->n_nodes; i++) {
                char name[TG_NAME_MAX];

                if (!quorum->nodes[i].member)
                        (void)json_object_array_add(list,
                                                    tg_json_string(tg_agent_node_name(agent, quorum->nodes[i].node_id, name)));
        }
        return list;
}

static void add_quorum(struct json_object *o, const struct tg_snapshot *s, const struct tg_agent *agent)
{
        tg_json_bool(o, "provider", s->quorum.provider);
        tg_json_bool(o, "quorate", s->quorum.quorate);
        tg_json_int(o, "votes", s->quorum.total_votes);
        tg_json_int(o, "expected_votes", s->quorum.expected_votes);
        tg_json_int(o, "quorum", s->quorum.quorum);
        tg_json_int(o, "margin", s->margin);
        tg_json_int(o, "margin_without_qdevice", s->margin_without_qdevice);
        (void)json_object_object_add(o, "quorum_flags", flags_json(s->quorum.flags));
        (void)json_object_object_add(o, "absent", absent_json(&s->quorum, agent));
}

static struct json_object *cluster_json(const struct tg_snapshot *s, const struct tg_agent *agent)
{
        struct json_object *o = json_object_new_object();

        tg_json_text(o, "name", s->cluster_name);
        tg_json_text(o, "verdict", tg_cluster_verdict_text(s->verdict));
        tg_json_text(o, "reason", s->reason);
        tg_json_text(o, "remedy", s->remedy);
        tg_json_time(o, "since", s->since_real_ns);
        tg_json_bool(o, "connected", s->connected);
        add_quorum(o, s, agent);
        tg_json_int(o, "budget_ns", s->budget_ns);
        tg_json_opt_int(o, "smallest_provable_budget_ns", s->has_smallest, s->smallest_provable_ns);
        tg_json_opt_int(o, "reference", s->reference_id != 0, s->reference_id);
        tg_json_opt_text(o, "source", s->source);
        tg_json_fingerprint(o, "fingerprint", s->fingerprint);
        return o;
}

static void add_source(struct json_object *o, const struct tg_node_status *n)
{
        const struct tg_source *source = n->has_report ? tg_status_selected_source(&n->chrony) : NULL;
        bool synchronised = n->has_report && n->chrony.state == TG_CHRONY_OK && n->chrony.tracking.stratum > 0;
        char text[TG_ADDR_TEXT_MAX];

        tg_json_opt_text(o, "root", n->root);
        tg_json_opt_text(o, "source", source ? tg_status_source_name(source, text) : "");
        tg_json_opt_int(o, "stratum", synchronised, n->chrony.tracking.stratum);
        tg_json_opt_int(o, "reach", source != NULL, source ? source->reach : 0);
}

static void add_offset(struct json_object *o, const struct tg_node_status *n)
{
        tg_json_opt_int(o, "offset_ns", n->has_offset, n->offset_ns);
        tg_json_opt_int(o, "bound_low_ns", n->has_offset, n->bound_low_ns);
        tg_json_opt_int(o, "bound_high_ns", n->has_offset, n->bound_high_ns);
        tg_json_opt_int(o, "as_of_age_ms", n->has_offset, ms(n->as_of_age_ns));
        tg_json_opt_int(o, "rate_ppb", n->has_rate, n->rate_ppb);
        tg_json_opt_int(o, "forecast_s", n->has_forecast, n->forecast_ns / TG_NS_PER_S);
        tg_json_opt_int(o, "claim_ns", n->has_claim, n->claim_ns);
}

static void add_report(struct json_object *o, const struct tg_node_status *n)
{
        bool has = n->has_report;

        tg_json_opt_int(o, "report_age_ms", has, ms(n->report_age_ns));
        tg_json_opt_int(o, "seq", has, n->seq);
        tg_json_opt_int(o, "steps", has, n->steps);
        tg_json_opt_int(o, "last_step_ns", has, n->last_step_ns);
        tg_json_opt_int(o, "slew_ppb", has, n->slew_ppb);
        tg_json_opt_text(o, "kernel", !has || !n->has_kernel ? "" : n->kernel_synchronised ? "synchronised" : "unsynchronised");
        tg_json_opt_int(o, "c_ns", has, n->c_ns);
        tg_json_opt_int(o, "boot_ns", has, n->boot_ns);
        if (has)
                tg_json_fingerprint(o, "fingerprint", n->fingerprint);
        else
                tg_json_null(o, "fingerprint");
        tg_json_opt_int(o, "gate_version", has, n->gate_version);
        tg_json_opt_text(o, "time_zone", has ? n->time_zone : "");
        (void)json_object_object_add(o, "chrony", has ? tg_status_chrony_json(&n->chrony, n->chrony_age_ns) : NULL);
        (void)json_object_object_add(o, "gate", tg_status_node_gate_json(n));
        (void)json_object_object_add(o, "asked", tg_status_asked_json(n));
}

static struct json_object *node_json(const struct tg_node_status *n, const struct tg_agent *agent)
{
        struct json_object *o = json_object_new_object();
        char name[TG_NAME_MAX];

        tg_json_int(o, "id", n->id);
        tg_json_text(o, "name", n->name[0] ? n->name : tg_agent_node_name(agent, n->id, name));
        tg_json_bool(o, "present", n->present);
        tg_json_bool(o, "agent", n->agent);
        tg_json_int(o, "votes", n->votes);
        tg_json_text(o, "state", tg_node_state_text(n->state));
        tg_json_time(o, "state_since", n->state_since_real_ns);
        tg_json_text(o, "reason", n->reason);
        add_source(o, n);
        tg_json_bool(o, "in_set", n->in_set);
        tg_json_bool(o, "in_boot_grace", n->in_grace);
        add_offset(o, n);
        add_report(o, n);
        return o;
}

static struct json_object *pair_json(const struct tg_pair_status *p)
{
        struct json_object *o = json_object_new_object();

        tg_json_int(o, "a", p->a);
        tg_json_int(o, "b", p->b);
        tg_json_text(o, "verdict", tg_pair_verdict_text(p->verdict));
        tg_json_bool(o, "stale", p->stale);
        tg_json_bool(o, "contradicted", p->contradicted);
        tg_json_opt_int(o, "low_ns", p->bounded, p->low_ns);
        tg_json_opt_int(o, "high_ns", p->bounded, p->high_ns);
        tg_json_opt_int(o, "estimate_ns", p->bounded, p->estimate_ns);
        tg_json_opt_int(o, "as_of_age_ms", p->bounded, ms(p->as_of_age_ns));
        tg_json_opt_int(o, "as_of_node", p->bounded, p->as_of_node);
        tg_json_opt_int(o, "as_of_raw_ns", p->bounded, p->as_of_raw_ns);
        tg_json_opt_int(o, "rate_ppb", p->has_rate, p->rate_ppb);
        tg_json_opt_int(o, "raw_low_ns", p->bounded, p->raw_low_ns);
        tg_json_opt_int(o, "raw_high_ns", p->bounded, p->raw_high_ns);
        tg_json_opt_int(o, "a_c_low_ns", p->bounded, p->a_c_low_ns);
        tg_json_opt_int(o, "a_c_high_ns", p->bounded, p->a_c_high_ns);
        tg_json_opt_int(o, "b_c_low_ns", p->bounded, p->b_c_low_ns);
        tg_json_opt_int(o, "b_c_high_ns", p->bounded, p->b_c_high_ns);
        tg_json_opt_int(o, "a_age_ms", p->bounded, ms(p->a_age_ns));
        tg_json_opt_int(o, "b_age_ms", p->bounded, ms(p->b_age_ns));
        tg_json_opt_int(o, "rho_ppm", p->bounded, p->rho_ppm);
        return o;
}

static struct json_object *alert_json(const struct tg_alert_status *a, const struct tg_agent *agent)
{
        const struct tg_alert_kind *kind = tg_alert_kind(a->id);
        const struct tg_evidence *e = &a->evidence;
        struct json_object *o = json_object_new_object();
        char name[TG_NAME_MAX], remedy[TG_REMEDY_MAX];

        tg_json_text(o, "id", kind->name);
        tg_json_opt_text(o, "node", a->node_name);
        tg_json_opt_int(o, "node_id", e->node_id != 0, e->node_id);
        tg_json_opt_text(o, "other", e->other_id != 0 ? tg_agent_node_name(agent, e->other_id, name) : "");
        tg_json_int(o, "level", kind->level);
        tg_json_time(o, "since", a->since_real_ns);
        tg_json_text(o, "reason", e->reason);
        tg_json_text(o, "remedy", tg_journal_remedy(kind, a->node_name, e->source, remedy));
        tg_json_opt_text(o, "source", e->source);
        tg_json_opt_int(o, "offset_ns", e->has_offset, e->offset_ns);
        tg_json_opt_int(o, "bound_low_ns", e->has_offset, e->bound_low_ns);
        tg_json_opt_int(o, "bound_high_ns", e->has_offset, e->bound_high_ns);
        return o;
}

void tg_status_json(const struct tg_snapshot *s, const struct tg_agent *agent, struct tg_buffer *out)
{
        add_object(out, "{\"format\":1,\"agent\":", agent_json(s));
        add_object(out, ",\"cluster\":", cluster_json(s, agent));
        add_object(out, ",\"gate\":", tg_status_gate_json(s, agent));
        add_literal(out, ",\"nodes\":[");
        for (uint32_t i = 0; i < s->n_nodes; i++)
                add_object(out, i ? "," : "", node_json(&s->nodes[i], agent));
        add_literal(out, "],\"pairs\":[");
        for (uint32_t i = 0; i < s->n_pairs; i++)
                add_object(out, i ? "," : "", pair_json(&s->pairs[i]));
        add_literal(out, "],\"alerts\":[");
        for (uint32_t i = 0; i < s->n_alerts; i++)
                add_object(out, i ? "," : "", alert_json(&s->alerts[i], agent));
        add_object(out, "],\"alerts_more\":", json_object_new_int64(s->n_alerts_more));
        add_literal(out, "}\n");
}
