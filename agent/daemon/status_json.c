/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From the snapshot to JSON, a part at a time: at 64 nodes the tree of all pairs would take megabytes, the tree of one takes a
   page. All keys are always there; what is not known is null. */
#include <string.h>

#include "agent.h"
#include "journal.h"
#include "json_field.h"
#include "outlet.h"
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

static const char *address_text(const struct tg_addr *addr, char buf[static TG_ADDR_TEXT_MAX])
{
        return addr->family == TG_ADDR_NONE ? "" : tg_addr_text(addr, buf);
}

static const char *source_name(const struct tg_source *source, char buf[static TG_ADDR_TEXT_MAX])
{
        return source->name[0] ? source->name : address_text(&source->addr, buf);
}

static const struct tg_source *selected(const struct tg_chrony_sample *chrony)
{
        for (uint8_t i = 0; chrony->state == TG_CHRONY_OK && i < chrony->n_sources; i++)
                if (chrony->sources[i].state == '*')
                        return &chrony->sources[i];
        return NULL;
}

static struct json_object *source_json(const struct tg_source *source)
{
        static const char *const modes[] = {
                [TG_SOURCE_CLIENT] = "client", [TG_SOURCE_PEER] = "peer", [TG_SOURCE_REFCLOCK] = "refclock"
        };
        struct json_object *o = json_object_new_object();
        char text[TG_ADDR_TEXT_MAX], name[TG_ADDR_TEXT_MAX];
        const char state[] = { source->state, '\0' };

        tg_json_text(o, "address", tg_addr_text(&source->addr, text));
        tg_json_text(o, "name", source_name(source, name));
        tg_json_text(o, "mode", source->mode < sizeof(modes) / sizeof(modes[0]) ? modes[source->mode] : "client");
        tg_json_text(o, "state", state);
        tg_json_int(o, "reach", source->reach);
        tg_json_int(o, "poll", source->poll);
        tg_json_int(o, "stratum", source->stratum);
        tg_json_opt_int(o, "since_sample_s", source->since_sample_s != UINT32_MAX, source->since_sample_s);
        return o;
}

static const struct {
        const char *key;
        size_t offset;
} tracking_numbers[] = {
        { "correction_s", offsetof(struct tg_tracking, correction_s) },
        { "last_offset_s", offsetof(struct tg_tracking, last_offset_s) },
        { "rms_offset_s", offsetof(struct tg_tracking, rms_offset_s) },
        { "freq_ppm", offsetof(struct tg_tracking, freq_ppm) },
        { "resid_freq_ppm", offsetof(struct tg_tracking, resid_freq_ppm) },
        { "skew_ppm", offsetof(struct tg_tracking, skew_ppm) },
        { "root_delay_s", offsetof(struct tg_tracking, root_delay_s) },
        { "root_dispersion_s", offsetof(struct tg_tracking, root_dispersion_s) },
        { "update_interval_s", offsetof(struct tg_tracking, update_interval_s) },
};
#define N_TRACKING_NUMBERS (sizeof(tracking_numbers) / sizeof(tracking_numbers[0]))

static void add_no_tracking(struct json_object *o)
{
        static const char *const keys[] = { "ref_id", "address", "stratum", "leap", "ref_time_ns", "sources" };

        for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
                tg_json_null(o, keys[i]);
        for (size_t i = 0; i < N_TRACKING_NUMBERS; i++)
                tg_json_null(o, tracking_numbers[i].key);
}

static void add_tracking(struct json_object *o, const struct tg_tracking *t)
{
        static const char *const leaps[] = { "normal", "insert", "delete", "unsynchronised" };
        char text[TG_ADDR_TEXT_MAX];

        tg_json_ref_id(o, "ref_id", t->ref_id);
        tg_json_opt_text(o, "address", address_text(&t->addr, text));
        tg_json_int(o, "stratum", t->stratum);
        tg_json_text(o, "leap", leaps[t->leap & 3]);
        tg_json_int(o, "ref_time_ns", t->ref_time_ns);
        for (size_t i = 0; i < N_TRACKING_NUMBERS; i++) {
                tg_chrony_float f;

                memcpy(&f, (const char *)t + tracking_numbers[i].offset, sizeof(f));
                tg_json_number(o, tracking_numbers[i].key, tg_chrony_float_value(f));
        }
}

static struct json_object *chrony_json(const struct tg_chrony_sample *chrony, int64_t age_ns)
{
        static const char *const states[] = { [TG_CHRONY_UNKNOWN] = "unknown",
                                              [TG_CHRONY_OK] = "ok",
                                              [TG_CHRONY_SILENT] = "silent",
                                              [TG_CHRONY_REFUSED] = "refused",
                                              [TG_CHRONY_GARBLED] = "garbled" };
        struct json_object *o = json_object_new_object();
        struct json_object *sources;

        tg_json_text(o, "state", chrony->state < sizeof(states) / sizeof(states[0]) ? states[chrony->state] : "unknown");
        tg_json_int(o, "age_ms", ms(age_ns));
        tg_json_int(o, "known", chrony->n_known);
        tg_json_int(o, "reachable", chrony->n_reachable);
        if (chrony->state != TG_CHRONY_OK) {
                add_no_tracking(o);
                return o;
        }
        add_tracking(o, &chrony->tracking);
        sources = json_object_new_array();
        for (uint8_t i = 0; i < chrony->n_sources && i < TG_SOURCES_MAX; i++)
                (void)json_object_array_add(sources, source_json(&chrony->sources[i]));
        (void)json_object_object_add(o, "sources", sources);
        return o;
}

static void add_source(struct json_object *o, const struct tg_node_status *n)
{
        const struct tg_source *source = n->has_report ? selected(&n->chrony) : NULL;
        bool synchronised = n->has_report && n->chrony.state == TG_CHRONY_OK && n->chrony.tracking.stratum > 0;
        char text[TG_ADDR_TEXT_MAX];

        tg_json_opt_text(o, "root", n->root);
        tg_json_opt_text(o, "source", source ? source_name(source, text) : "");
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
        tg_json_opt_int(o, "c_ns", has, n->c_ns);
        tg_json_opt_int(o, "boot_ns", has, n->boot_ns);
        if (has)
                tg_json_fingerprint(o, "fingerprint", n->fingerprint);
        else
                tg_json_null(o, "fingerprint");
        tg_json_opt_int(o, "gate_version", has, n->gate_version);
        tg_json_opt_text(o, "time_zone", has ? n->time_zone : "");
        (void)json_object_object_add(o, "chrony", has ? chrony_json(&n->chrony, n->chrony_age_ns) : NULL);
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
