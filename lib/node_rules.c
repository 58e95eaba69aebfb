/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The rules of a node's state, in one table, the gravest first: the first that holds names the state, and each that holds raises its
   alert, so that a node which is beyond because it follows a foreign source says both. A rule writes its reason, one sentence with the
   numbers, without the node's name. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "claim.h"
#include "text.h"
#include "verdict.h"

#define FORECAST_LASTED_NS   (30 * TG_NS_PER_S) /* a disciplined clock is slewed to and fro */
#define FORECAST_HOLDOVER_NS (5 * TG_NS_PER_S)
#define STEP_SAID_NS         (5 * TG_NS_PER_S)
#define RHO_ALARM_PPM        1000

struct rule_case {
        struct tg_verdict *verdict;
        const struct tg_situation *s;
        int slot;
        const struct tg_member *m;
        struct tg_node_verdict *n;
        const struct tg_node_source *source;
        char *reason;                 /* TG_REASON_MAX bytes */
        struct tg_evidence *evidence; /* of the rule's alert */
};

static const struct tg_member *member(const struct rule_case *c, int slot)
{
        return &c->s->view->members[slot];
}

static int64_t warn_ns(const struct rule_case *c)
{
        return c->s->options->budget_ns / 100 * c->s->options->warn_percent;
}

static const char *source_text(const struct tg_source *source, char buf[static TG_NAME_MAX])
{
        char addr[TG_ADDR_TEXT_MAX];

        if (source->name[0])
                return strcpy(buf, source->name);
        return strcpy(buf, tg_addr_text(&source->addr, addr));
}

static const char *root_text(const struct rule_case *c, const struct tg_root *root, char buf[static TG_NAME_MAX])
{
        return tg_root_text(c->s->view, c->s->options, root, buf, TG_NAME_MAX);
}

/* ---- silence ---- */

static bool is_mute(struct rule_case *c)
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

/* ---- offsets ---- */

static bool is_beyond(struct rule_case *c)
{
        char low[TG_NUMBER_MAX], high[TG_NUMBER_MAX], budget[TG_NUMBER_MAX];
        int reference = c->verdict->agreement.reference;

        if (!c->verdict->agreement.beyond[c->slot])
                return false;
        snprintf(c->reason, TG_REASON_MAX,
                 "proven %s to %s from %s; the budget is %s, and it is beyond it against every node of the agreeing majority",
                 tg_offset_text(c->n->bound.low_ns, low), tg_offset_text(c->n->bound.high_ns, high), member(c, reference)->name,
                 tg_ns_text(c->s->options->budget_ns, budget));
        return true;
}

static bool past_warning(struct rule_case *c)
{
        int64_t limit = warn_ns(c) - (c->n->warned ? c->s->options->budget_ns / 10 : 0);
        char offset[TG_NUMBER_MAX], budget[TG_NUMBER_MAX];

        c->n->warned = c->n->has_offset && llabs(c->n->offset_ns) >= limit;
        if (!c->n->warned)
                return false;
        snprintf(c->reason, TG_REASON_MAX, "%s from the agreeing set, past %lld %% of the budget of %s",
                 tg_offset_text(c->n->offset_ns, offset), (long long)c->s->options->warn_percent,
                 tg_ns_text(c->s->options->budget_ns, budget));
        return true;
}

static bool has_live_source(const struct tg_chrony_sample *sample)
{
        const struct tg_source *selected = tg_selected_source(sample);

        return sample->state == TG_CHRONY_OK && selected && selected->reach;
}

static bool crosses_soon(struct rule_case *c)
{
        bool outward = c->n->has_forecast && c->n->forecast_ns <= c->s->options->forecast_horizon_ns;
        int64_t lasted = has_live_source(&c->m->report.chrony) ? FORECAST_LASTED_NS : FORECAST_HOLDOVER_NS;
        char offset[TG_NUMBER_MAX], in[TG_NUMBER_MAX];

        if (outward && !c->n->outward)
                c->n->outward_raw_ns = c->s->now_raw_ns;
        c->n->outward = outward;
        if (!outward || c->s->now_raw_ns - c->n->outward_raw_ns < lasted)
                return false;
        snprintf(c->reason, TG_REASON_MAX, "%s from the agreeing set and moving at %.3g ppm: it crosses the budget in %s",
                 tg_offset_text(c->n->offset_ns, offset), (double)c->n->rate_ppb / 1e3, tg_ns_text(c->n->forecast_ns, in));
        return true;
}

static bool is_drifting(struct rule_case *c)
{
        bool past = past_warning(c);

        return crosses_soon(c) || past;
}

static bool is_unproven(struct rule_case *c)
{
        char far[TG_NUMBER_MAX], budget[TG_NUMBER_MAX];

        bool asked = c->m->report.chrony.state != TG_CHRONY_UNKNOWN;

        if (c->s->connected && c->verdict->agreement.in_set[c->slot] && asked)
                return false;
        if (!c->s->connected)
                snprintf(c->reason, TG_REASON_MAX, "corosync is not reachable: nothing can be compared");
        else if (!c->m->fresh && c->s->settled)
                snprintf(c->reason, TG_REASON_MAX, "corosync on the node that shows this delivers nothing");
        else if (!c->m->fresh)
                snprintf(c->reason, TG_REASON_MAX, "no report yet");
        else if (!asked)
                snprintf(c->reason, TG_REASON_MAX, "its agent has only begun to ask chronyd");
        else if (!c->verdict->agreement.has_set)
                snprintf(c->reason, TG_REASON_MAX, "no majority of the nodes is proven to agree");
        else if (!c->n->has_offset)
                snprintf(c->reason, TG_REASON_MAX, "no bound against the agreeing set yet");
        else
                snprintf(c->reason, TG_REASON_MAX, "its bound reaches to %s, the budget is %s",
                         tg_ns_text(tg_interval_farthest_ns(c->n->bound), far), tg_ns_text(c->s->options->budget_ns, budget));
        return true;
}

/* ---- sources ---- */

static bool is_local(struct rule_case *c)
{
        if (!c->m->fresh || !c->source->local)
                return false;
        snprintf(c->reason, TG_REASON_MAX,
                 "chronyd serves its own clock as if it were right (local mode, stratum %u): it follows no source",
                 c->m->report.chrony.tracking.stratum);
        return true;
}

static bool is_orphan(struct rule_case *c)
{
        char root[TG_NAME_MAX];

        for (uint8_t i = 0; c->m->fresh && !c->source->local && i < c->source->n_roots; i++)
                if (c->source->roots[i].kind == TG_ROOT_LOCAL) {
                        snprintf(c->reason, TG_REASON_MAX, "its time comes from %s, which follows no source",
                                 root_text(c, &c->source->roots[i], root));
                        return true;
                }
        return false;
}

/* It has neither a live source nor local mode: for how long can its clock still be vouched for? */
static bool on_its_own(const struct rule_case *c)
{
        const struct tg_chrony_sample *sample = &c->m->report.chrony;

        return c->m->fresh && sample->state != TG_CHRONY_UNKNOWN && !c->source->local && !has_live_source(sample);
}

static const char *why_on_its_own(const struct rule_case *c)
{
        static const char *const silent[] = { [TG_CHRONY_SILENT] = "chronyd does not answer",
                                              [TG_CHRONY_REFUSED] = "chronyd refuses to answer",
                                              [TG_CHRONY_GARBLED] = "chronyd's answers do not fit its protocol" };
        const struct tg_chrony_sample *sample = &c->m->report.chrony;

        if (sample->state != TG_CHRONY_OK)
                return silent[sample->state];
        return sample->n_known ? "no source is selectable and reachable" : "chronyd has no sources";
}

static bool is_unsynchronised(struct rule_case *c)
{
        char claim[TG_NUMBER_MAX], budget[TG_NUMBER_MAX];
        int64_t ns;

        if (!on_its_own(c))
                return false;
        if (!tg_claim_without_source(&c->m->report, &ns)) {
                snprintf(c->reason, TG_REASON_MAX, "%s, and its clock was never synchronised as far as is known",
                         why_on_its_own(c));
                return true;
        }
        if (ns <= c->s->options->budget_ns)
                return false;
        snprintf(c->reason, TG_REASON_MAX, "%s, and its clock may be off by %s by now; the budget is %s", why_on_its_own(c),
                 tg_ns_text(ns, claim), tg_ns_text(c->s->options->budget_ns, budget));
        return true;
}

static bool follows_sourceless(struct rule_case *c)
{
        for (uint8_t i = 0; i < c->source->n_roots; i++) {
                int slot =
                        c->source->roots[i].kind == TG_ROOT_NODE ? tg_view_find(c->s->view, c->source->roots[i].node_id) : -1;

                if (slot < 0 || !member(c, slot)->fresh)
                        continue;
                snprintf(c->reason, TG_REASON_MAX, "it follows %s, which has no live source itself", member(c, slot)->name);
                return true;
        }
        return false;
}

static bool is_holdover(struct rule_case *c)
{
        char since[TG_NUMBER_MAX], claim[TG_NUMBER_MAX];
        int64_t ns, age;

        if (c->m->fresh && follows_sourceless(c))
                return true;
        if (!on_its_own(c) || !tg_claim_without_source(&c->m->report, &ns) || ns > c->s->options->budget_ns)
                return false;
        age = c->m->report.raw_ns + c->m->report.c_ns - c->m->report.chrony.tracking.ref_time_ns;
        snprintf(c->reason, TG_REASON_MAX,
                 "%s: the clock runs on by itself, last updated %s ago, and may be off by %s (leap status of chronyd: %s)",
                 why_on_its_own(c), tg_ns_text(age > 0 ? age : 0, since), tg_ns_text(ns, claim),
                 c->m->report.chrony.tracking.leap == 3 ? "not synchronised" : "Normal");
        return true;
}

static bool edge(struct rule_case *c, int index, const char *what)
{
        if (!c->m->fresh || index < 0)
                return false;
        source_text(&c->m->report.chrony.sources[index], c->evidence->source);
        snprintf(c->reason, TG_REASON_MAX, "it follows %s, %s", c->evidence->source, what);
        return true;
}

static bool is_pool(struct rule_case *c)
{
        return edge(c, c->source->pool_edge, "a server of the public pool that Debian configures by default");
}

static bool is_public(struct rule_case *c)
{
        return edge(c, c->source->public_edge, "a public address, not an internal source");
}

static bool is_foreign(struct rule_case *c)
{
        const struct tg_node_source *source = c->source;
        char mine[TG_NAME_MAX], cluster[TG_NAME_MAX];

        if (edge(c, source->denied_edge, "which source.allow does not list"))
                return true;
        if (!source->has_edges || source->local)
                return false;
        if (source->cycle || !source->n_roots) {
                snprintf(c->reason, TG_REASON_MAX, "its sources lead in a circle through cluster nodes");
                return true;
        }
        root_text(c, &source->roots[0], mine);
        root_text(c, &c->verdict->graph.root, cluster);
        if (source->n_roots > 1) {
                const struct tg_root *other = &source->roots[tg_root_equal(&source->roots[0], &c->verdict->graph.root)];

                root_text(c, other, c->evidence->source);
                snprintf(c->reason, TG_REASON_MAX, "its clock follows several sources together: %s besides %s",
                         c->evidence->source, root_text(c, &source->roots[other == &source->roots[0]], mine));
                return true;
        }
        if (source->roots[0].kind == TG_ROOT_LOCAL || tg_root_equal(&source->roots[0], &c->verdict->graph.root))
                return false;
        strcpy(c->evidence->source, mine);
        snprintf(c->reason, TG_REASON_MAX, "it follows %s while the cluster follows %s", mine, cluster);
        return true;
}

/* ---- alerts that name no state ---- */

static bool is_chrony_silent(struct rule_case *c)
{
        uint8_t state = c->m->report.chrony.state;

        if (!c->m->fresh || state == TG_CHRONY_OK || state == TG_CHRONY_UNKNOWN)
                return false;
        snprintf(c->reason, TG_REASON_MAX, "%s on its command port", why_on_its_own(c));
        return true;
}

static bool was_stepped(struct rule_case *c)
{
        char size[TG_NUMBER_MAX];

        if (!c->m->fresh || !c->m->stepped || c->s->now_raw_ns - c->m->stepped_raw_ns > STEP_SAID_NS ||
            (c->m->report.flags & TG_REPORT_LEAP) || llabs(c->m->report.last_step_ns) < warn_ns(c))
                return false;
        c->evidence->value_ns = c->m->report.last_step_ns;
        snprintf(c->reason, TG_REASON_MAX, "its clock was stepped by %s", tg_offset_text(c->m->report.last_step_ns, size));
        return true;
}

static bool has_bad_oscillator(struct rule_case *c)
{
        uint32_t least = UINT32_MAX, peers = 0;

        for (uint32_t i = 0; i < c->s->view->n; i++) {
                int other = c->s->view->order[i];
                bool swapped;
                const struct tg_pair *pair;

                if (other == c->slot || !member(c, other)->fresh)
                        continue;
                pair = tg_view_pair_of(c->s->view, c->slot, other, &swapped);
                if (!pair->bounded)
                        return false;
                peers++;
                least = pair->rho_ppm < least ? pair->rho_ppm : least;
        }
        if (!c->m->fresh || !peers || least <= RHO_ALARM_PPM)
                return false;
        snprintf(c->reason, TG_REASON_MAX,
                 "its oscillator may differ from all others by %u ppm: it is broken, or the machine was paused or migrated "
                 "repeatedly",
                 least);
        return true;
}

static int64_t nearest_ns(struct tg_interval a)
{
        return a.low_ns > 0 ? a.low_ns : a.high_ns < 0 ? -a.high_ns : 0;
}

/* Of two nodes whose claims contradict their bound, the one outside the agreeing set is named, else the one with the higher id. */
static bool names_me(const struct rule_case *c, int other)
{
        bool mine = c->verdict->agreement.in_set[c->slot], its = c->verdict->agreement.in_set[other];

        return mine != its ? its : c->m->id > member(c, other)->id;
}

static bool is_contradicted(struct rule_case *c)
{
        for (uint32_t i = 0; c->n->has_claim && i < c->s->view->n; i++) {
                int other = c->s->view->order[i];
                const struct tg_node_verdict *o = &c->verdict->nodes[other];
                char apart[TG_NUMBER_MAX], mine[TG_NUMBER_MAX], its[TG_NUMBER_MAX];
                bool swapped;
                const struct tg_pair *pair = tg_view_pair_of(c->s->view, c->slot, other, &swapped);

                if (other == c->slot || !member(c, other)->fresh || !o->has_claim || !pair->bounded || !names_me(c, other) ||
                    c->source->n_roots != 1 || c->verdict->graph.nodes[other].n_roots != 1 ||
                    !tg_root_equal(&c->source->roots[0], &c->verdict->graph.nodes[other].roots[0]))
                        continue;
                if (nearest_ns(pair->offset) <= c->n->claim_ns + o->claim_ns || nearest_ns(pair->offset) < warn_ns(c))
                        continue;
                c->evidence->other_id = member(c, other)->id;
                snprintf(c->reason, TG_REASON_MAX,
                         "it is proven at least %s from %s, yet both chronyds claim to be within %s and %s of the same source",
                         tg_ns_text(nearest_ns(pair->offset), apart), member(c, other)->name, tg_ns_text(c->n->claim_ns, mine),
                         tg_ns_text(o->claim_ns, its));
                return true;
        }
        return false;
}

static bool is_other_version(struct rule_case *c)
{
        const struct tg_report *r = &c->m->report;

        if (!c->m->fresh || c->s->self < 0 || !member(c, c->s->self)->fresh)
                return false;
        if (r->minor == member(c, c->s->self)->report.minor && r->gate_version == member(c, c->s->self)->report.gate_version)
                return false;
        snprintf(c->reason, TG_REASON_MAX,
                 "its agent sends reports of version %u.%u, gate logic %u; this node's %u.%u, gate logic %u", TG_REPORT_MAJOR,
                 r->minor, r->gate_version, TG_REPORT_MAJOR, member(c, c->s->self)->report.minor,
                 member(c, c->s->self)->report.gate_version);
        return true;
}

#define NO_STATE TG_NODE_OK

static const struct rule {
        bool (*holds)(struct rule_case *c);
        enum tg_node_state state;
        enum tg_alert_id alert; /* TG_ALERT_COUNT: the state alone */
} rules[] = {
        { is_mute, TG_NODE_MUTE, TG_ALERT_NODE_MUTE },
        { is_beyond, TG_NODE_BEYOND, TG_ALERT_NODE_BEYOND },
        { is_local, TG_NODE_LOCAL_CLOCK, TG_ALERT_NODE_LOCAL_CLOCK },
        { is_orphan, TG_NODE_LOCAL_CLOCK, TG_ALERT_NODE_ORPHAN },
        { is_unsynchronised, TG_NODE_UNSYNCHRONISED, TG_ALERT_NODE_UNSYNCHRONISED },
        { is_holdover, TG_NODE_HOLDOVER, TG_ALERT_NODE_HOLDOVER },
        { is_pool, TG_NODE_FOREIGN_SOURCE, TG_ALERT_NODE_DEFAULT_POOL },
        { is_public, TG_NODE_FOREIGN_SOURCE, TG_ALERT_NODE_PUBLIC_SOURCE },
        { is_foreign, TG_NODE_FOREIGN_SOURCE, TG_ALERT_NODE_FOREIGN_SOURCE },
        { is_drifting, TG_NODE_DRIFTING, TG_ALERT_NODE_DRIFTING },
        { is_unproven, TG_NODE_UNPROVEN, TG_ALERT_COUNT },
        { is_chrony_silent, NO_STATE, TG_ALERT_NODE_CHRONY_SILENT },
        { was_stepped, NO_STATE, TG_ALERT_NODE_STEPPED },
        { has_bad_oscillator, NO_STATE, TG_ALERT_NODE_OSCILLATOR },
        { is_contradicted, NO_STATE, TG_ALERT_NODE_CLAIM_CONTRADICTED },
        { is_other_version, NO_STATE, TG_ALERT_NODE_VERSION },
};

static void begin_evidence(const struct rule_case *c, struct tg_evidence *evidence)
{
        const struct tg_source *selected = c->m->fresh ? tg_selected_source(&c->m->report.chrony) : NULL;
        int reference = c->verdict->agreement.reference;

        memset(evidence, 0, sizeof *evidence);
        evidence->node_id = c->m->id;
        evidence->has_offset = c->n->has_offset && c->slot != reference;
        if (evidence->has_offset) {
                evidence->other_id = member(c, reference)->id;
                evidence->offset_ns = c->n->offset_ns;
                evidence->bound_low_ns = c->n->bound.low_ns;
                evidence->bound_high_ns = c->n->bound.high_ns;
        }
        if (selected)
                source_text(selected, evidence->source);
}

static void enter(struct rule_case *c, const struct rule *rule, const char *reason)
{
        enum tg_node_state state = rule ? rule->state : TG_NODE_OK;

        if (!c->n->known || c->n->state != state)
                c->n->since_real_ns = c->s->now_real_ns;
        c->n->known = true;
        c->n->state = state;
        c->n->alert = rule ? rule->alert : TG_ALERT_COUNT;
        snprintf(c->n->reason, sizeof c->n->reason, "%s", reason);
}

void tg_node_rules_apply(struct tg_verdict *verdict, const struct tg_situation *s, int slot, struct tg_alerts *alerts)
{
        char reason[TG_REASON_MAX];
        struct tg_evidence evidence;
        struct rule_case c = { .verdict = verdict,
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
                root_text(&c, &c.source->roots[0], c.n->root);
        for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
                begin_evidence(&c, &evidence);
                if (!rules[i].holds(&c))
                        continue;
                if (!named && rules[i].state != NO_STATE) {
                        enter(&c, &rules[i], reason);
                        named = true;
                }
                if (rules[i].alert == TG_ALERT_COUNT)
                        continue;
                strcpy(evidence.reason, reason);
                tg_alerts_set(alerts, rules[i].alert, slot, &evidence);
        }
        if (!named)
                enter(&c, NULL, "");
}
