/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rules about what is not well although a majority agrees: nodes that are not ok, the gravest state first, and what concerns the
   nodes together: whom they follow, how they are configured. */
#include <stdio.h>

#include "cluster_rule.h"

uint32_t tg_cluster_rule_name_state(const struct tg_cluster_case *c, enum tg_node_state state, char *out, size_t size,
                                    int *first)
{
        uint32_t n = 0;

        for (uint32_t i = 0; i < c->s->view->n; i++) {
                int slot;
                const struct tg_member *m = tg_cluster_rule_nth(c, i, &slot);

                if ((!m->present && !m->fresh) || c->verdict->nodes[slot].state != state)
                        continue;
                if (n == 0)
                        *first = slot;
                if (n < 5)
                        tg_append(out, size, "%s%.40s", n ? ", " : "", m->name);
                n++;
        }
        if (n > 5)
                tg_append(out, size, " and %u more", n - 5);
        return n;
}

/* Of two states that are not ok, the one that matters more comes first. */
static const enum tg_node_state by_gravity[] = { TG_NODE_BEYOND,   TG_NODE_LOCAL_CLOCK, TG_NODE_UNSYNCHRONISED,
                                                 TG_NODE_DRIFTING, TG_NODE_HOLDOVER,    TG_NODE_FOREIGN_SOURCE,
                                                 TG_NODE_UNPROVEN, TG_NODE_MUTE };

bool tg_cluster_rule_at_risk(struct tg_cluster_case *c)
{
        for (size_t k = 0; k < sizeof by_gravity / sizeof by_gravity[0]; k++) {
                char names[TG_REASON_MAX] = "";
                const char *state = tg_node_state_text(by_gravity[k]);
                uint32_t n = tg_cluster_rule_name_state(c, by_gravity[k], names, sizeof names, &c->slot);

                if (!n)
                        continue;
                c->alert = c->verdict->nodes[c->slot].alert;
                if (n == 1)
                        snprintf(c->reason, TG_REASON_MAX, "%.60s is %s: %.380s", c->s->view->members[c->slot].name, state,
                                 c->verdict->nodes[c->slot].reason);
                else
                        snprintf(c->reason, TG_REASON_MAX, "%.120s are %s; %.30s: %.260s", names, state,
                                 c->s->view->members[c->slot].name, c->verdict->nodes[c->slot].reason);
                return true;
        }
        return false;
}

bool tg_cluster_rule_two_authorities(struct tg_cluster_case *c)
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

bool tg_cluster_rule_source_cycle(struct tg_cluster_case *c)
{
        if (!c->verdict->graph.cycle)
                return false;
        snprintf(c->reason, TG_REASON_MAX, "cluster nodes follow each other in a circle");
        return true;
}

bool tg_cluster_rule_configuration_differs(struct tg_cluster_case *c)
{
        const struct tg_member *first = NULL;
        bool differs = false;

        snprintf(c->reason, TG_REASON_MAX, "nodes with another configuration than");
        for (uint32_t i = 0; i < c->s->view->n; i++) {
                int slot;
                const struct tg_member *m = tg_cluster_rule_nth(c, i, &slot);

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
