/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a rule about the cluster is given, and the rules themselves: each tells whether its condition holds and then writes one sentence
   with the numbers; those of a verdict also name the alert behind it and the node that it is about. Used by cluster_rules.c,
   which puts them in their order. */
#pragma once

#include "text.h"
#include "verdict.h"

#define TG_CLUSTER_HOLD_NS (5 * TG_NS_PER_S) /* a verdict that was proven stays for so long */

struct tg_cluster_case {
        struct tg_verdict *verdict;
        const struct tg_situation *s;
        struct tg_alerts *alerts;
        enum tg_alert_id alert; /* behind the verdict; TG_ALERT_COUNT: none */
        int slot;               /* the node that it is about, or -1 */
        char *reason;           /* TG_REASON_MAX bytes */
};

/* The i-th node by id. */
static inline const struct tg_member *tg_cluster_rule_nth(const struct tg_cluster_case *c, uint32_t i, int *slot)
{
        *slot = c->s->view->order[i];
        return &c->s->view->members[*slot];
}

/* cluster_beyond.c: whether a pair is proven beyond; *verdict is then breached or split. Its alert is raised, or kept. */
bool tg_cluster_rule_beyond(struct tg_cluster_case *c, enum tg_cluster_verdict *verdict);

/* cluster_unproven.c */
bool tg_cluster_rule_unproven(struct tg_cluster_case *c);
bool tg_cluster_rule_budget_unprovable(struct tg_cluster_case *c);

/* cluster_risk.c */
bool tg_cluster_rule_at_risk(struct tg_cluster_case *c);
bool tg_cluster_rule_two_authorities(struct tg_cluster_case *c);
bool tg_cluster_rule_source_cycle(struct tg_cluster_case *c);
bool tg_cluster_rule_configuration_differs(struct tg_cluster_case *c);
/* Appends the names of the nodes in a state, up to five; returns how many there are, and the first of them in *first. */
uint32_t tg_cluster_rule_name_state(const struct tg_cluster_case *c, enum tg_node_state state, char *out, size_t size,
                                    int *first);
