/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The rules of a node's state, in one table, the gravest first: the first that holds names the state, and each that holds raises its
   alert, so that a node which is beyond because it follows a foreign source says both. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rule.h"

bool tg_rule_mute(struct tg_rule_case *c)
{
        char age[TG_NUMBER_MAX];

        if (c->m->fresh || !c->s->connected || !tg_situation_hears(c->s) || (!c->m->heard && !c->s->settled))
                return false;
        if (c->m->heard && c->m->leaving)
                snprintf(c->reason, TG_REASON_MAX, "its agent was stopped");
        else if (c->m->heard)
                snprintf(c->reason, TG_REASON_MAX, "no report from its agent for %s",
                         tg_ns_text(c->s->now_raw_ns - c->m->heard_raw_ns, age));
        else
                snprintf(c->reason, TG_REASON_MAX, "a cluster member without a running timeguard agent");
        return true;
}

bool tg_rule_other_version(struct tg_rule_case *c)
{
        const struct tg_report *r = &c->m->report;

        if (!c->m->fresh || c->s->self < 0 || !tg_rule_member(c, c->s->self)->fresh)
                return false;
        if (r->minor == tg_rule_member(c, c->s->self)->report.minor &&
            r->gate_version == tg_rule_member(c, c->s->self)->report.gate_version)
                return false;
        snprintf(c->reason, TG_REASON_MAX,
                 "its agent sends reports of version %u.%u, gate logic %u; this node's %u.%u, gate logic %u", TG_REPORT_MAJOR,
                 r->minor, r->gate_version, TG_REPORT_MAJOR, tg_rule_member(c, c->s->self)->report.minor,
                 tg_rule_member(c, c->s->self)->report.gate_version);
        return true;
}

#define NO_STATE TG_NODE_OK

static const struct rule {
        bool (*holds)(struct tg_rule_case *c);
        enum tg_node_state state;
        enum tg_alert_id alert; /* TG_ALERT_COUNT: the state alone */
        bool offset;            /* the alert is about the offset from the reference */
} rules[] = {
        { tg_rule_mute, TG_NODE_MUTE, TG_ALERT_NODE_MUTE, false },
        { tg_rule_beyond, TG_NODE_BEYOND, TG_ALERT_NODE_BEYOND, true },
        { tg_rule_local, TG_NODE_LOCAL_CLOCK, TG_ALERT_NODE_LOCAL_CLOCK, false },
        { tg_rule_orphan, TG_NODE_LOCAL_CLOCK, TG_ALERT_NODE_ORPHAN, false },
        { tg_rule_unsynchronised, TG_NODE_UNSYNCHRONISED, TG_ALERT_NODE_UNSYNCHRONISED, false },
        { tg_rule_holdover, TG_NODE_HOLDOVER, TG_ALERT_NODE_HOLDOVER, false },
        { tg_rule_pool, TG_NODE_FOREIGN_SOURCE, TG_ALERT_NODE_DEFAULT_POOL, false },
        { tg_rule_public, TG_NODE_FOREIGN_SOURCE, TG_ALERT_NODE_PUBLIC_SOURCE, false },
        { tg_rule_foreign, TG_NODE_FOREIGN_SOURCE, TG_ALERT_NODE_FOREIGN_SOURCE, false },
        { tg_rule_drifting, TG_NODE_DRIFTING, TG_ALERT_NODE_DRIFTING, true },
        { tg_rule_unproven, TG_NODE_UNPROVEN, TG_ALERT_COUNT, false },
        { tg_rule_chrony_silent, NO_STATE, TG_ALERT_NODE_CHRONY_SILENT, false },
        { tg_rule_stepped, NO_STATE, TG_ALERT_NODE_STEPPED, false },
        { tg_rule_bad_oscillator, NO_STATE, TG_ALERT_NODE_OSCILLATOR, false },
        { tg_rule_contradicted, NO_STATE, TG_ALERT_NODE_CLAIM_CONTRADICTED, false },
        { tg_rule_other_version, NO_STATE, TG_ALERT_NODE_VERSION, false },
};

static void begin_evidence(const struct tg_rule_case *c, const struct rule *rule, struct tg_evidence *evidence)
{
        const struct tg_source *selected = c->m->fresh ? tg_selected_source(&c->m->report.chrony) : NULL;
        int reference = c->verdict->agreement.reference;

        memset(evidence, 0, sizeof *evidence);
        evidence->node_id = c->m->id;
        evidence->has_offset = rule->offset && c->n->has_offset && c->slot != reference;
        if (evidence->has_offset) {
                evidence->other_id = tg_rule_member(c, reference)->id;
                evidence->offset_ns = c->n->offset_ns;
                evidence->bound_low_ns = c->n->bound.low_ns;
                evidence->bound_high_ns = c->n->bound.high_ns;
        }
        if (selected)
                tg_rule_source_text(selected, evidence->source);
}

static void enter(struct tg_rule_case *c, const struct rule *rule, const char *reason)
{
        enum tg_node_state state = rule ? rule->state : TG_NODE_OK;

        if (!c->n->known || c->n->state != state)
                c->n->since_real_ns = c->s->now_real_ns;
        c->n->known = true;
        c->n->state = state;
        c->n->alert = rule ? rule->alert : TG_ALERT_COUNT;
        /* without chronyd its sources cannot be asked about */
        if ((state == TG_NODE_HOLDOVER || state == TG_NODE_UNSYNCHRONISED) && c->m->report.chrony.state != TG_CHRONY_OK)
                c->n->alert = TG_ALERT_NODE_CHRONY_SILENT;
        snprintf(c->n->reason, sizeof c->n->reason, "%s", reason);
}

/* Near the budget the bound is now clear of it and now not. Who was proven beyond is not back before it is proven within. */
static void keep_beyond(const struct tg_rule_case *c, struct tg_alerts *alerts)
{
        const struct tg_agreement *agreement = &c->verdict->agreement;

        if (c->m->fresh && agreement->has_set && !agreement->in_set[c->slot])
                tg_alerts_keep(alerts, TG_ALERT_NODE_BEYOND, c->slot);
}

/* A clock without a live source goes on as it went: while its rate is being learnt anew, as after a change of temperature, it has not
   stopped drifting. */
static void keep_drifting(const struct tg_rule_case *c, struct tg_alerts *alerts)
{
        const struct tg_node_verdict *n = c->n;
        int64_t fast_ppb = llabs(n->rate_ppb) + n->rate_error_ppb, way = c->s->options->budget_ns - llabs(n->offset_ns);

        if (!c->m->fresh || !n->has_offset || !n->has_rate || n->has_forecast || c->verdict->agreement.beyond[c->slot] ||
            tg_has_live_source(&c->m->report.chrony))
                return;
        if ((double)fast_ppb / 1e9 * (double)c->s->options->forecast_horizon_ns >= (double)way)
                tg_alerts_keep(alerts, TG_ALERT_NODE_DRIFTING, c->slot);
}

void tg_node_rules_apply(struct tg_verdict *verdict, const struct tg_situation *s, int slot, struct tg_alerts *alerts)
{
        char reason[TG_REASON_MAX];
        struct tg_evidence evidence;
        struct tg_rule_case c = { .verdict = verdict,
                                  .s = s,
                                  .slot = slot,
                                  .m = &s->view->members[slot],
                                  .n = &verdict->nodes[slot],
                                  .source = &verdict->graph.nodes[slot],
                                  .reason = reason,
                                  .evidence = &evidence };
        bool named = false;

        c.n->root[0] = 0;
        if (c.source->n_roots == 1)
                tg_rule_root_text(&c, &c.source->roots[0], c.n->root);
        for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
                begin_evidence(&c, &rules[i], &evidence);
                if (!rules[i].holds(&c))
                        continue;
                if (!named && rules[i].state != NO_STATE) {
                        enter(&c, &rules[i], reason);
                        named = true;
                }
                if (rules[i].alert == TG_ALERT_COUNT)
                        continue;
                tg_copy(evidence.reason, sizeof evidence.reason, reason);
                tg_alerts_set(alerts, rules[i].alert, slot, &evidence);
        }
        keep_beyond(&c, alerts);
        keep_drifting(&c, alerts);
        if (!named)
                enter(&c, NULL, "");
}
