/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The cluster's verdict from the agreement and the states of its nodes:

     split     quorate, fresh reports from a majority of node votes, a pair proven beyond, and no set can hold a majority
     breached  a pair is proven beyond
     unproven  no majority is proven to agree: no corosync, no quorum, mute nodes, a budget too small for the bounds
     at-risk   a majority agrees, but not all is well: some node is not ok, nodes differ in configuration, ...
     agreed    every member is ok

   Reason and remedy are one sentence each; the remedy is that of the alert behind the reason. What leads to each verdict is in
   cluster_beyond.c, cluster_unproven.c and cluster_risk.c; here is their order. */
#include <stdio.h>
#include <string.h>

#include "cluster_rule.h"

/* In the cluster's name, with the reason just written. */
static void raise_cluster(struct tg_cluster_case *c, enum tg_alert_id id)
{
        struct tg_evidence evidence = { 0 };

        tg_copy(evidence.reason, sizeof evidence.reason, c->reason);
        tg_alerts_set(c->alerts, id, TG_ALERT_CLUSTER_SLOT, &evidence);
}

/* Conditions that hold beside any verdict; the first that does makes an agreed cluster at-risk. */
static const struct {
        bool (*holds)(struct tg_cluster_case *c);
        enum tg_alert_id alert;
} beside[] = {
        { tg_cluster_rule_two_authorities, TG_ALERT_TWO_AUTHORITIES },
        { tg_cluster_rule_source_cycle, TG_ALERT_SOURCE_CYCLE },
        { tg_cluster_rule_configuration_differs, TG_ALERT_CONFIGURATION_DIFFERS },
        { tg_cluster_rule_budget_unprovable, TG_ALERT_BUDGET_UNPROVABLE },
};

static void agreed_reason(struct tg_cluster_case *c)
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
static void fill_remedy(const struct tg_cluster_case *c, char *out)
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

static void enter(struct tg_cluster_case *c, enum tg_cluster_verdict cluster, const char *reason)
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
               s->now_raw_ns - v->beyond_raw_ns < TG_CLUSTER_HOLD_NS;
}

/* Raises what holds beside the verdict; returns the first of these alerts, its reason in `first`. */
static enum tg_alert_id raise_beside(struct tg_cluster_case *c, char *first)
{
        enum tg_alert_id alert = TG_ALERT_COUNT;

        for (size_t i = 0; i < sizeof beside / sizeof beside[0]; i++) {
                if (!beside[i].holds(c))
                        continue;
                raise_cluster(c, beside[i].alert);
                if (alert == TG_ALERT_COUNT) {
                        alert = beside[i].alert;
                        tg_copy(first, TG_REASON_MAX, c->reason);
                }
        }
        return alert;
}

void tg_cluster_rules_apply(struct tg_verdict *verdict, const struct tg_situation *s, struct tg_alerts *alerts)
{
        char reason[TG_REASON_MAX], first[TG_REASON_MAX] = "";
        struct tg_cluster_case c = {
                .verdict = verdict, .s = s, .alerts = alerts, .alert = TG_ALERT_COUNT, .slot = -1, .reason = reason
        };
        enum tg_alert_id first_alert = raise_beside(&c, first);
        enum tg_cluster_verdict cluster;

        if (tg_cluster_rule_beyond(&c, &cluster)) {
                verdict->beyond_raw_ns = s->now_raw_ns;
                enter(&c, cluster, reason);
                return;
        }
        if (is_held(verdict, s))
                return;
        if (tg_cluster_rule_unproven(&c)) {
                raise_cluster(&c, c.alert);
                enter(&c, TG_CLUSTER_UNPROVEN, reason);
                return;
        }
        /* who follows whom explains the states of the nodes; a configuration that differs does not */
        if (first_alert != TG_ALERT_TWO_AUTHORITIES && first_alert != TG_ALERT_SOURCE_CYCLE && tg_cluster_rule_at_risk(&c)) {
                enter(&c, TG_CLUSTER_AT_RISK, reason);
        } else if (first_alert != TG_ALERT_COUNT) {
                c.alert = first_alert;
                enter(&c, TG_CLUSTER_AT_RISK, first);
        } else {
                agreed_reason(&c);
                enter(&c, TG_CLUSTER_AGREED, reason);
        }
}
