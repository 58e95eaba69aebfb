/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See check_snapshot.h. */
#include <stdlib.h>
#include <string.h>

#include "check_report.h"
#include "check_snapshot.h"
#include "fuzz.h"

static void check_interval(const char *what, int64_t low, int64_t high)
{
        FUZZ_REQUIRE(low <= high, "%s is [%lld, %lld]", what, (long long)low, (long long)high);
}

static bool is_within(int64_t value, int64_t low, int64_t high)
{
        return value >= low && value <= high;
}

static void check_verdict(const struct tg_pair_status *p, int64_t budget_ns)
{
        bool within = p->low_ns >= -budget_ns && p->high_ns <= budget_ns,
             beyond = p->low_ns > budget_ns || p->high_ns < -budget_ns;

        if (!p->bounded || p->stale)
                return;
        FUZZ_REQUIRE(p->verdict != TG_PAIR_WITHIN || within, "[%lld, %lld] is within %lld", (long long)p->low_ns,
                     (long long)p->high_ns, (long long)budget_ns);
        FUZZ_REQUIRE(p->verdict != TG_PAIR_BEYOND || beyond, "[%lld, %lld] is beyond %lld", (long long)p->low_ns,
                     (long long)p->high_ns, (long long)budget_ns);
}

static void check_pair(const struct tg_pair_status *p, int64_t budget_ns)
{
        FUZZ_REQUIRE(p->verdict <= TG_PAIR_BEYOND && tg_pair_verdict_text(p->verdict)[0], "verdict %d", p->verdict);
        check_verdict(p, budget_ns);
        if (!p->bounded) {
                FUZZ_REQUIRE(p->verdict == TG_PAIR_UNPROVEN || p->stale, "a pair without a bound has verdict %d", p->verdict);
                FUZZ_REQUIRE(!p->low_ns && !p->high_ns && !p->estimate_ns && !p->has_rate && !p->rho_ppm,
                             "a pair without a bound has numbers");
                return;
        }
        check_interval("a bound", p->low_ns, p->high_ns);
        FUZZ_REQUIRE(is_within(p->estimate_ns, p->low_ns, p->high_ns), "the estimate %lld is not in [%lld, %lld]",
                     (long long)p->estimate_ns, (long long)p->low_ns, (long long)p->high_ns);
        check_interval("a bound of RAW", p->raw_low_ns, p->raw_high_ns);
        check_interval("the clock of a", p->a_c_low_ns, p->a_c_high_ns);
        check_interval("the clock of b", p->b_c_low_ns, p->b_c_high_ns);
        FUZZ_REQUIRE(p->rho_ppm, "a bound without rho");
        FUZZ_REQUIRE(p->a_age_ns >= 0 && p->b_age_ns >= 0, "one-way bounds of the future: %lld, %lld", (long long)p->a_age_ns,
                     (long long)p->b_age_ns);
}

static void check_pairs(const struct tg_snapshot *s)
{
        uint32_t p = 0;

        FUZZ_REQUIRE(s->n_pairs == s->n_nodes * (s->n_nodes - (s->n_nodes > 0)) / 2, "%u pairs of %u nodes", s->n_pairs,
                     s->n_nodes);
        for (uint32_t i = 0; i < s->n_nodes; i++)
                for (uint32_t j = i + 1; j < s->n_nodes; j++, p++) {
                        FUZZ_REQUIRE(s->pairs[p].a == s->nodes[i].id && s->pairs[p].b == s->nodes[j].id,
                                     "pair %u is of %u and %u", p, s->pairs[p].a, s->pairs[p].b);
                        check_pair(&s->pairs[p], s->budget_ns);
                }
}

static void check_report_part(const struct tg_node_status *n)
{
        fuzz_check_name("time zone of a node", n->time_zone, sizeof n->time_zone);
        FUZZ_REQUIRE(n->seq, "a report without a number");
        FUZZ_REQUIRE(n->boot_ns >= 0, "boottime %lld", (long long)n->boot_ns);
        FUZZ_REQUIRE(n->report_age_ns >= 0, "a report %lld ns old", (long long)n->report_age_ns);
        FUZZ_REQUIRE(n->chrony_age_ns >= 0, "a sample %lld ns old", (long long)n->chrony_age_ns);
        fuzz_check_sample(&n->chrony);
}

static void check_node(const struct tg_node_status *n)
{
        FUZZ_REQUIRE(n->state <= TG_NODE_MUTE && tg_node_state_text(n->state)[0], "state %d", n->state);
        FUZZ_REQUIRE(n->present || n->agent, "node %u is neither a member nor heard", n->id);
        fuzz_check_text("name of a node", n->name, sizeof n->name);
        FUZZ_REQUIRE(n->name[0], "node %u has no name", n->id);
        fuzz_check_text("reason of a state", n->reason, sizeof n->reason);
        FUZZ_REQUIRE(n->state == TG_NODE_OK || n->reason[0], "state %s without a reason", tg_node_state_text(n->state));
        fuzz_check_text("root of a node", n->root, sizeof n->root);
        if (n->has_offset) {
                check_interval("the bound of a node", n->bound_low_ns, n->bound_high_ns);
                FUZZ_REQUIRE(is_within(n->offset_ns, n->bound_low_ns, n->bound_high_ns), "the offset %lld is not in its bound",
                             (long long)n->offset_ns);
        }
        FUZZ_REQUIRE(!n->has_forecast || (n->has_offset && n->has_rate && n->forecast_ns > 0), "a forecast of %lld",
                     (long long)n->forecast_ns);
        FUZZ_REQUIRE(!n->has_claim || n->claim_ns >= 0, "a claim of %lld", (long long)n->claim_ns);
        FUZZ_REQUIRE(!n->agent || n->has_report, "an agent that was heard has no report");
        if (n->has_report)
                check_report_part(n);
}

static const struct tg_node_status *find_node(const struct tg_snapshot *s, uint32_t id)
{
        for (uint32_t i = 0; i < s->n_nodes; i++)
                if (s->nodes[i].id == id)
                        return &s->nodes[i];
        return NULL;
}

void fuzz_check_evidence(const struct tg_evidence *e)
{
        fuzz_check_text("source of an alert", e->source, sizeof e->source);
        fuzz_check_text("reason of an alert", e->reason, sizeof e->reason);
        if (!e->has_offset)
                return;
        check_interval("bound of an alert", e->bound_low_ns, e->bound_high_ns);
        FUZZ_REQUIRE(is_within(e->offset_ns, e->bound_low_ns, e->bound_high_ns), "the offset of an alert is not in its bound");
}

static void check_alert(const struct tg_snapshot *s, const struct tg_alert_status *a)
{
        const struct tg_alert_kind *kind = tg_alert_kind(a->id);
        const struct tg_node_status *n = find_node(s, a->evidence.node_id);

        FUZZ_REQUIRE(a->id < TG_ALERT_COUNT && kind, "alert %d", a->id);
        fuzz_check_evidence(&a->evidence);
        fuzz_check_text("node of an alert", a->node_name, sizeof a->node_name);
        FUZZ_REQUIRE((kind->scope == TG_SCOPE_NODE) == (a->node_name[0] != 0), "%s is about node '%s'", kind->name,
                     a->node_name);
        FUZZ_REQUIRE(kind->scope != TG_SCOPE_NODE || a->evidence.node_id, "%s is about no node", kind->name);
        FUZZ_REQUIRE(kind->scope != TG_SCOPE_NODE || !n || !strcmp(n->name, a->node_name),
                     "%s of node %u calls it '%s' instead of '%s'", kind->name, a->evidence.node_id, a->node_name, n->name);
}

void fuzz_check_snapshot(const struct tg_snapshot *s)
{
        fuzz_check_text("name of the cluster", s->cluster_name, sizeof s->cluster_name);
        FUZZ_REQUIRE(s->verdict <= TG_CLUSTER_UNPROVEN && tg_cluster_verdict_text(s->verdict)[0], "verdict %d", s->verdict);
        fuzz_check_text("reason of the verdict", s->reason, sizeof s->reason);
        FUZZ_REQUIRE(s->reason[0], "a verdict without a reason");
        fuzz_check_text("remedy", s->remedy, sizeof s->remedy);
        fuzz_check_text("common source", s->source, sizeof s->source);
        FUZZ_REQUIRE(s->n_nodes <= TG_NODES_MAX && s->n_pairs <= TG_PAIRS_MAX && s->n_alerts <= TG_ALERTS_MAX,
                     "%u nodes, %u pairs, %u alerts", s->n_nodes, s->n_pairs, s->n_alerts);
        FUZZ_REQUIRE(!s->has_smallest || s->smallest_provable_ns >= 0, "a budget of %lld is provable",
                     (long long)s->smallest_provable_ns);
        FUZZ_REQUIRE(s->connected || s->verdict == TG_CLUSTER_UNPROVEN, "without corosync it says '%s'",
                     tg_cluster_verdict_text(s->verdict));
        for (uint32_t i = 0; i < s->n_nodes; i++) {
                FUZZ_REQUIRE(!i || s->nodes[i - 1].id < s->nodes[i].id, "node %u comes before %u", s->nodes[i - 1].id,
                             s->nodes[i].id);
                check_node(&s->nodes[i]);
        }
        check_pairs(s);
        for (uint32_t i = 0; i < s->n_alerts; i++)
                check_alert(s, &s->alerts[i]);
}
