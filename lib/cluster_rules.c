/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The cluster's verdict from the agreement and the states of its nodes:

     split     quorate, fresh reports from a majority of node votes, a pair proven beyond, and no set can hold a majority
     breached  a pair is proven beyond
     unproven  no majority is proven to agree: no corosync, no quorum, mute nodes, a budget too small for the bounds
     at-risk   a majority agrees, but not all is well: some node is not ok, nodes differ in configuration, ...
     agreed    every member is ok

   Reason and remedy are one sentence each; the remedy is that of the alert behind the reason. */
#include <stdio.h>
#include <string.h>

#include "text.h"
#include "verdict.h"

#define HOLD_NS (5 * TG_NS_PER_S)

struct cluster_case {
        struct tg_verdict *verdict;
        const struct tg_situation *s;
        struct tg_alerts *alerts;
        enum tg_alert_id alert; /* behind the verdict; TG_ALERT_COUNT: none */
        int slot;               /* the node that it is about, or -1 */
        char *reason;           /* TG_REASON_MAX bytes */
};

static const struct tg_member *nth(const struct cluster_case *c, uint32_t i, int *slot)
{
        *slot = c->s->view->order[i];
        return &c->s->view->members[*slot];
}

static void raise_cluster(struct cluster_case *c, enum tg_alert_id id, const char *reason)
{
        struct tg_evidence evidence = { 0 };

        snprintf(evidence.reason, sizeof evidence.reason, "%s", reason);
        tg_alerts_set(c->alerts, id, TG_ALERT_CLUSTER_SLOT, &evidence);
}

/* Evidence of a pair, in the cluster's name. */
static void raise_pair(struct cluster_case *c, enum tg_alert_id id, int a, int b, const struct tg_pair *pair,
                       const char *reason)
{
        struct tg_evidence evidence = { .node_id = c->s->view->members[a].id,
                                        .other_id = c->s->view->members[b].id,
                                        .has_offset = true,
                                        .offset_ns = pair->estimate_ns,
                                        .bound_low_ns = pair->offset.low_ns,
                                        .bound_high_ns = pair->offset.high_ns };

        snprintf(evidence.reason, sizeof evidence.reason, "%s", reason);
        tg_alerts_set(c->alerts, id, TG_ALERT_CLUSTER_SLOT, &evidence);
}

static bool quorate(const struct tg_situation *s)
{
        return !s->quorum->provider || s->quorum->quorate;
}

/* The pair proven farthest beyond, of those with nobody to blame if there are such. */
static const struct tg_pair *worst_beyond(const struct cluster_case *c, int *a, int *b, bool *blamed)
{
        const struct tg_pair *worst = NULL;
        const struct tg_agreement *agreement = &c->verdict->agreement;

        *blamed = true;
        for (uint32_t i = 0; i < c->s->view->n; i++)
                for (uint32_t j = i + 1; j < c->s->view->n; j++) {
                        int sa, sb;
                        const struct tg_member *ma = nth(c, i, &sa), *mb = nth(c, j, &sb);
                        const struct tg_pair *pair = &c->s->view->pairs[sa][sb];
                        bool has_culprit = agreement->beyond[sa] || agreement->beyond[sb];

                        if (!ma->fresh || !mb->fresh || pair->verdict != TG_PAIR_BEYOND || (worst && has_culprit && !*blamed))
                                continue;
                        if (worst && has_culprit == *blamed &&
                            tg_interval_farthest_ns(worst->offset) >= tg_interval_farthest_ns(pair->offset))
                                continue;
                        worst = pair;
                        *blamed = has_culprit;
                        *a = sa;
                        *b = sb;
                }
        return worst;
}

/* Near the budget a pair's bound is now clear of it and now not, and its culprit now proven and now not. A breach that was told is not
   over before its pair is proven within. */
static void keep_breach(const struct cluster_case *c, enum tg_alert_id id)
{
        const struct tg_evidence *told = &c->alerts->cases[id][TG_ALERT_CLUSTER_SLOT].evidence;
        int a = tg_view_find(c->s->view, told->node_id), b = tg_view_find(c->s->view, told->other_id);
        bool swapped;

        if (a < 0 || b < 0 || a == b || !c->s->view->members[a].fresh || !c->s->view->members[b].fresh)
                return;
        if (tg_view_pair_of(c->s->view, a, b, &swapped)->verdict != TG_PAIR_WITHIN)
                tg_alerts_keep(c->alerts, id, TG_ALERT_CLUSTER_SLOT);
}

static bool is_beyond(struct cluster_case *c, enum tg_cluster_verdict *verdict)
{
        const struct tg_agreement *agreement = &c->verdict->agreement;
        char low[TG_NUMBER_MAX], high[TG_NUMBER_MAX], budget[TG_NUMBER_MAX];
        const struct tg_pair *pair;
        const struct tg_view *view = c->s->view;
        bool blamed = false, split;
        int a = 0, b = 0;

        pair = agreement->any_beyond ? worst_beyond(c, &a, &b, &blamed) : NULL;
        if (!pair || blamed)
                keep_breach(c, TG_ALERT_CLUSTER_BREACHED);
        if (!pair) {
                keep_breach(c, TG_ALERT_CLUSTER_SPLIT);
                return false;
        }
        split = c->s->quorum->provider && c->s->quorum->quorate && 2 * agreement->fresh_votes > agreement->total_votes &&
                !agreement->majority_possible;
        *verdict = split ? TG_CLUSTER_SPLIT : TG_CLUSTER_BREACHED;
        if (blamed) {
                c->slot = agreement->beyond[a] ? a : b;
                c->alert = TG_ALERT_NODE_BEYOND;
                snprintf(c->reason, TG_REASON_MAX, "%.60s is beyond the budget: %.380s", view->members[c->slot].name,
                         c->verdict->nodes[c->slot].reason);
                return true;
        }
        c->alert = split ? TG_ALERT_CLUSTER_SPLIT : TG_ALERT_CLUSTER_BREACHED;
        snprintf(c->reason, TG_REASON_MAX, "%.60s is %s to %s from %.60s, beyond the budget of %s, and %s",
                 view->members[a].name, tg_offset_text(pair->offset.low_ns, low), tg_offset_text(pair->offset.high_ns, high),
                 view->members[b].name, tg_ns_text(c->s->options->budget_ns, budget),
                 split ? "no group of nodes holds a majority" : "it is not proven which of them is wrong");
        raise_pair(c, c->alert, a, b, pair, c->reason);
        return true;
}

/* Appends the names of the nodes in a state, up to five. */
static uint32_t name_state(const struct cluster_case *c, enum tg_node_state state, char *out, size_t size)
{
        uint32_t n = 0;

        for (uint32_t i = 0; i < c->s->view->n; i++) {
                int slot;
                const struct tg_member *m = nth(c, i, &slot);

                if ((!m->present && !m->fresh) || c->verdict->nodes[slot].state != state)
                        continue;
                if (n < 5)
                        tg_append(out, size, "%s%.40s", n ? ", " : "", m->name);
                n++;
        }
        if (n > 5)
                tg_append(out, size, " and %u more", n - 5);
        return n;
}

/* Appends the names of configured nodes that are not in the ring, when those that are hold no majority of the node votes. */
static uint32_t name_absent(const struct cluster_case *c, char *out, size_t size)
{
        uint64_t present = 0;
        uint32_t n = 0;

        for (uint32_t i = 0; i < c->s->view->n; i++) {
                int slot;
                const struct tg_member *m = nth(c, i, &slot);

                present += m->present ? m->votes : 0;
                if (m->configured && !m->present && n++ < 5)
                        tg_append(out, size, "%s%.40s", n > 1 ? ", " : "", m->name);
        }
        if (2 * present <= c->verdict->agreement.total_votes)
                return n;
        out[0] = 0;
        return 0;
}

static bool is_unproven(struct cluster_case *c, enum tg_cluster_verdict *verdict)
{
        char budget[TG_NUMBER_MAX], smallest[TG_NUMBER_MAX], names[TG_REASON_MAX] = "";
        const struct tg_situation *s = c->s;

        *verdict = TG_CLUSTER_UNPROVEN;
        c->alert = TG_ALERT_CLUSTER_UNPROVEN;
        if (!s->connected) {
                c->alert = TG_ALERT_NO_CLUSTER;
                snprintf(c->reason, TG_REASON_MAX, "no cluster: corosync on this node is not reachable");
        } else if (!quorate(s)) {
                snprintf(c->reason, TG_REASON_MAX, "this partition is not quorate: %u of %u votes needed",
                         s->quorum->total_votes, s->quorum->quorum);
        } else if (s->settled && !tg_situation_hears(s)) {
                c->alert = TG_ALERT_NOT_HEARD;
                snprintf(c->reason, TG_REASON_MAX,
                         "corosync on this node delivers nothing: not even this node's own reports come back");
        } else if (c->verdict->agreement.has_set) {
                return false;
        } else if (name_absent(c, names, sizeof names)) {
                snprintf(c->reason, TG_REASON_MAX, "no majority of the nodes is here to be compared; absent: %.200s", names);
        } else if (!s->settled && c->verdict->agreement.fresh_votes * 2 <= c->verdict->agreement.total_votes) {
                snprintf(c->reason, TG_REASON_MAX, "the agents have only begun to hear each other");
        } else if (name_state(c, TG_NODE_MUTE, names, sizeof names)) {
                snprintf(c->reason, TG_REASON_MAX,
                         "no majority of the nodes is proven to agree; without an agent that is heard: %.200s", names);
        } else if (c->verdict->has_smallest && c->verdict->smallest_ns > s->options->budget_ns) {
                c->alert = TG_ALERT_BUDGET_UNPROVABLE;
                snprintf(c->reason, TG_REASON_MAX, "the budget of %s is below the smallest that can be proven at present, %s",
                         tg_ns_text(s->options->budget_ns, budget), tg_ns_text(c->verdict->smallest_ns, smallest));
        } else {
                snprintf(c->reason, TG_REASON_MAX, "no majority of the nodes is proven to agree yet");
        }
        raise_cluster(c, c->alert, c->reason);
        return true;
}

/* Of two states that are not ok, the one that matters more comes first. */
static const enum tg_node_state by_gravity[] = { TG_NODE_BEYOND,   TG_NODE_LOCAL_CLOCK, TG_NODE_UNSYNCHRONISED,
                                                 TG_NODE_DRIFTING, TG_NODE_HOLDOVER,    TG_NODE_FOREIGN_SOURCE,
                                                 TG_NODE_UNPROVEN, TG_NODE_MUTE };

static bool is_at_risk(struct cluster_case *c, enum tg_cluster_verdict *verdict)
{
        *verdict = TG_CLUSTER_AT_RISK;
        for (size_t k = 0; k < sizeof by_gravity / sizeof by_gravity[0]; k++) {
                char names[TG_REASON_MAX] = "";
                uint32_t n = name_state(c, by_gravity[k], names, sizeof names);

                for (uint32_t i = 0; n && i < c->s->view->n; i++) {
                        int slot;
                        const struct tg_member *m = nth(c, i, &slot);

                        if ((!m->present && !m->fresh) || c->verdict->nodes[slot].state != by_gravity[k])
                                continue;
                        c->slot = slot;
                        c->alert = c->verdict->nodes[slot].alert;
                        if (n == 1)
                                snprintf(c->reason, TG_REASON_MAX, "%.60s is %s: %.380s", m->name,
                                         tg_node_state_text(by_gravity[k]), c->verdict->nodes[slot].reason);
                        else
                                snprintf(c->reason, TG_REASON_MAX, "%.120s are %s; %.30s: %.260s", names,
                                         tg_node_state_text(by_gravity[k]), m->name, c->verdict->nodes[slot].reason);
                        return true;
                }
        }
        return false;
}

static bool two_authorities(struct cluster_case *c)
{
        const struct tg_source_graph *graph = &c->verdict->graph;
        char root[TG_NAME_MAX], other[TG_NAME_MAX];
        bool several = false;

        for (uint32_t i = 0; i < c->s->view->n; i++)
                several |= graph->nodes[c->s->view->order[i]].n_roots > 1;
        if (graph->n_distinct < 2 || (!several && 2 * graph->root_votes > graph->votes))
                return false;
        snprintf(c->reason, TG_REASON_MAX, "the nodes follow more than one authority: %s and %s",
                 tg_root_text(c->s->view, c->s->options, &graph->root, root, sizeof root),
                 tg_root_text(c->s->view, c->s->options, &graph->other, other, sizeof other));
        return true;
}

static bool source_cycle(struct cluster_case *c)
{
        if (!c->verdict->graph.cycle)
                return false;
        snprintf(c->reason, TG_REASON_MAX, "cluster nodes follow each other in a circle");
        return true;
}

static bool configuration_differs(struct cluster_case *c)
{
        const struct tg_member *first = NULL;
        bool differs = false;

        snprintf(c->reason, TG_REASON_MAX, "nodes with another configuration than");
        for (uint32_t i = 0; i < c->s->view->n; i++) {
                int slot;
                const struct tg_member *m = nth(c, i, &slot);

                if (!m->fresh)
                        continue;
                if (!first) {
                        first = m;
                        tg_append(c->reason, TG_REASON_MAX, " %s: ", m->name);
                } else if (m->report.fingerprint != first->report.fingerprint) {
                        tg_append(c->reason, TG_REASON_MAX, "%s%s", differs ? ", " : "", m->name);
                        differs = true;
                }
        }
        return differs;
}

static bool budget_unprovable(struct cluster_case *c)
{
        char budget[TG_NUMBER_MAX], smallest[TG_NUMBER_MAX];
        const struct tg_agreement *agreement = &c->verdict->agreement;

        if (!c->s->connected || agreement->any_beyond || agreement->has_set || !c->verdict->has_smallest ||
            c->verdict->smallest_ns <= c->s->options->budget_ns)
                return false;
        snprintf(c->reason, TG_REASON_MAX, "the budget of %s is below the smallest that can be proven at present, %s",
                 tg_ns_text(c->s->options->budget_ns, budget), tg_ns_text(c->verdict->smallest_ns, smallest));
        return true;
}

/* Conditions that hold beside any verdict; the first that does makes an agreed cluster at-risk. */
static const struct {
        bool (*holds)(struct cluster_case *c);
        enum tg_alert_id alert;
} beside[] = {
        { two_authorities, TG_ALERT_TWO_AUTHORITIES },
        { source_cycle, TG_ALERT_SOURCE_CYCLE },
        { configuration_differs, TG_ALERT_CONFIGURATION_DIFFERS },
        { budget_unprovable, TG_ALERT_BUDGET_UNPROVABLE },
};

static void agreed_reason(struct cluster_case *c)
{
        char budget[TG_NUMBER_MAX], root[TG_NAME_MAX];
        uint32_t n = 0;

        for (uint32_t i = 0; i < c->s->view->n; i++)
                n += c->verdict->agreement.in_set[c->s->view->order[i]];
        tg_root_text(c->s->view, c->s->options, &c->verdict->graph.root, root, sizeof root);
        snprintf(c->reason, TG_REASON_MAX, "%s %u node%s proven within %s of each other, on %s", n == 1 ? "the" : "all", n,
                 n == 1 ? " is" : "s are", tg_ns_text(c->s->options->budget_ns, budget), root[0] ? root : "an unknown source");
}

/* The table's remedy with the node and the source filled in. */
static void fill_remedy(const struct cluster_case *c, char *out)
{
        const char *p = c->alert == TG_ALERT_COUNT ? "" : tg_alert_kind(c->alert)->remedy;
        const char *node = c->slot >= 0 ? c->s->view->members[c->slot].name : "the node";
        const char *source = "its source";

        if (c->slot >= 0 && c->alert != TG_ALERT_COUNT && c->alerts->cases[c->alert][c->slot].evidence.source[0])
                source = c->alerts->cases[c->alert][c->slot].evidence.source;
        out[0] = 0;
        while (*p) {
                size_t n = strcspn(p, "@");

                tg_append(out, TG_REASON_MAX, "%.*s", (int)n, p);
                p += n;
                if (!strncmp(p, "@NODE@", 6)) {
                        tg_append(out, TG_REASON_MAX, "%s", node);
                        p += 6;
                } else if (!strncmp(p, "@SOURCE@", 8)) {
                        tg_append(out, TG_REASON_MAX, "%s", source);
                        p += 8;
                } else if (*p) {
                        tg_append(out, TG_REASON_MAX, "@");
                        p++;
                }
        }
}

static void enter(struct cluster_case *c, enum tg_cluster_verdict cluster, const char *reason)
{
        struct tg_verdict *v = c->verdict;

        if (!v->known || v->cluster != cluster)
                v->since_real_ns = c->s->now_real_ns;
        v->known = true;
        v->cluster = cluster;
        snprintf(v->reason, sizeof v->reason, "%s", reason);
        fill_remedy(c, v->remedy);
}

/* An offset at the very edge of the budget is proven beyond it in some seconds and not in others: the verdict stays for a while. */
static bool is_held(const struct tg_verdict *v, const struct tg_situation *s)
{
        return s->connected && v->known && (v->cluster == TG_CLUSTER_BREACHED || v->cluster == TG_CLUSTER_SPLIT) &&
               s->now_raw_ns - v->beyond_raw_ns < HOLD_NS;
}

void tg_cluster_rules_apply(struct tg_verdict *verdict, const struct tg_situation *s, struct tg_alerts *alerts)
{
        char reason[TG_REASON_MAX], other[TG_REASON_MAX], first[TG_REASON_MAX] = "";
        struct cluster_case c = {
                .verdict = verdict, .s = s, .alerts = alerts, .alert = TG_ALERT_COUNT, .slot = -1, .reason = other
        };
        enum tg_alert_id first_alert = TG_ALERT_COUNT;
        enum tg_cluster_verdict cluster;

        for (size_t i = 0; i < sizeof beside / sizeof beside[0]; i++) {
                if (!beside[i].holds(&c))
                        continue;
                raise_cluster(&c, beside[i].alert, other);
                if (first_alert == TG_ALERT_COUNT) {
                        first_alert = beside[i].alert;
                        tg_copy(first, sizeof first, other);
                }
        }
        c.reason = reason;
        if (is_beyond(&c, &cluster)) {
                verdict->beyond_raw_ns = s->now_raw_ns;
                enter(&c, cluster, reason);
                return;
        }
        if (is_held(verdict, s))
                return;
        if (is_unproven(&c, &cluster)) {
                enter(&c, cluster, reason);
                return;
        }
        c.alert = TG_ALERT_COUNT;
        /* who follows whom explains the states of the nodes; a configuration that differs does not */
        if (first_alert != TG_ALERT_TWO_AUTHORITIES && first_alert != TG_ALERT_SOURCE_CYCLE && is_at_risk(&c, &cluster)) {
                enter(&c, cluster, reason);
        } else if (first_alert != TG_ALERT_COUNT) {
                c.alert = first_alert;
                enter(&c, TG_CLUSTER_AT_RISK, first);
        } else {
                agreed_reason(&c);
                enter(&c, TG_CLUSTER_AGREED, reason);
        }
}
