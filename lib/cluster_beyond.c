/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rules about pairs that are proven beyond the budget: with a culprit the verdict is about that node, and the alert is the node's own;
   without one the pair is named, and the alert is the cluster's. Split, when besides no set can hold a majority. */
#include <stdio.h>

#include <timeguard/bound.h>

#include "cluster_rule.h"

/* The pair proven farthest beyond, of those with nobody to blame if there are such. */
static const struct tg_pair *worst_beyond(const struct tg_cluster_case *c, int *a, int *b, bool *blamed)
{
        const struct tg_pair *worst = NULL;
        const struct tg_agreement *agreement = &c->verdict->agreement;

        *blamed = true;
        for (uint32_t i = 0; i < c->s->view->n; i++)
                for (uint32_t j = i + 1; j < c->s->view->n; j++) {
                        int sa, sb;
                        const struct tg_member *ma = tg_cluster_rule_nth(c, i, &sa), *mb = tg_cluster_rule_nth(c, j, &sb);
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
static void keep_breach(const struct tg_cluster_case *c, enum tg_alert_id id)
{
        const struct tg_evidence *told = &c->alerts->cases[id][TG_ALERT_CLUSTER_SLOT].evidence;
        int a = tg_view_find(c->s->view, told->node_id), b = tg_view_find(c->s->view, told->other_id);

        if (a < 0 || b < 0 || a == b || !c->s->view->members[a].fresh || !c->s->view->members[b].fresh)
                return;
        if (tg_view_verdict(c->s->view, a, b) != TG_PAIR_WITHIN)
                tg_alerts_keep(c->alerts, id, TG_ALERT_CLUSTER_SLOT);
}

/* Where one pair is at the very edge of the budget a set is possible in some seconds and not in others: split stays for a while, unless there
   is a set again. */
static bool is_split(struct tg_cluster_case *c)
{
        const struct tg_agreement *agreement = &c->verdict->agreement;
        struct tg_verdict *v = c->verdict;

        if (!c->s->quorum->provider || !c->s->quorum->quorate || 2 * agreement->fresh_votes <= agreement->total_votes ||
            agreement->has_set)
                return false;
        if (!agreement->majority_possible)
                v->split_raw_ns = c->s->now_raw_ns;
        else if (!v->known || v->cluster != TG_CLUSTER_SPLIT || c->s->now_raw_ns - v->split_raw_ns >= TG_CLUSTER_HOLD_NS)
                return false;
        return true;
}

static void blame_node(struct tg_cluster_case *c, int slot)
{
        c->slot = slot;
        c->alert = TG_ALERT_NODE_BEYOND;
        snprintf(c->reason, TG_REASON_MAX, "%.60s is beyond the budget: %.380s", c->s->view->members[slot].name,
                 c->verdict->nodes[slot].reason);
}

static void name_pair(struct tg_cluster_case *c, int a, int b, const struct tg_pair *pair, bool split)
{
        const struct tg_member *ma = &c->s->view->members[a], *mb = &c->s->view->members[b];
        char bound[TG_BOUND_TEXT_MAX], budget[TG_NUMBER_MAX];
        struct tg_evidence evidence = { .node_id = ma->id,
                                        .other_id = mb->id,
                                        .has_offset = true,
                                        .offset_ns = pair->estimate_ns,
                                        .bound_low_ns = pair->offset.low_ns,
                                        .bound_high_ns = pair->offset.high_ns };

        c->alert = split ? TG_ALERT_CLUSTER_SPLIT : TG_ALERT_CLUSTER_BREACHED;
        snprintf(c->reason, TG_REASON_MAX, "%.60s is %s from %.60s, beyond the budget of %s, and %s", ma->name,
                 tg_bound_text(pair->offset.low_ns, pair->offset.high_ns, " to ", bound), mb->name,
                 tg_ns_text(c->s->options->budget_ns, budget),
                 split ? "no group of nodes holds a majority" : "it is not proven which of them is wrong");
        tg_copy(evidence.reason, sizeof evidence.reason, c->reason);
        tg_alerts_set(c->alerts, c->alert, TG_ALERT_CLUSTER_SLOT, &evidence);
}

bool tg_cluster_rule_beyond(struct tg_cluster_case *c, enum tg_cluster_verdict *verdict)
{
        const struct tg_agreement *agreement = &c->verdict->agreement;
        const struct tg_pair *pair;
        bool blamed = false, split;
        int a = 0, b = 0;

        pair = agreement->any_beyond ? worst_beyond(c, &a, &b, &blamed) : NULL;
        keep_breach(c, TG_ALERT_CLUSTER_BREACHED);
        if (!blamed)
                keep_breach(c, TG_ALERT_CLUSTER_SPLIT);
        if (!pair)
                return false;
        split = is_split(c);
        *verdict = split ? TG_CLUSTER_SPLIT : TG_CLUSTER_BREACHED;
        if (blamed)
                blame_node(c, agreement->beyond[a] ? a : b);
        else
                name_pair(c, a, b, pair, split);
        return true;
}
