/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See verdict.h. Measures each node against the reference and hands on to the rules. */
#include <stdlib.h>
#include <string.h>

#include "claim.h"
#include "verdict.h"

#define RATE_MIN_PPB 50

const char *tg_situation_no_quorum(const struct tg_situation *s)
{
        if (!s->connected)
                return "this agent has no connection to corosync";
        if (!s->quorum->provider)
                return "corosync runs without a quorum provider";
        return s->quorum->quorate ? NULL : "this part of the cluster has no quorum";
}

static void offset_of(struct tg_verdict *verdict, const struct tg_situation *s, int slot)
{
        struct tg_node_verdict *n = &verdict->nodes[slot];
        int reference = verdict->agreement.reference;
        const struct tg_pair *pair;
        bool swapped;

        n->has_offset = n->has_rate = false;
        if (reference < 0 || !s->view->members[slot].fresh)
                return;
        if (slot == reference) {
                n->has_offset = true;
                n->offset_ns = 0;
                n->bound = (struct tg_interval){ 0, 0 };
                return;
        }
        pair = tg_view_pair_of(s->view, slot, reference, &swapped);
        if (!pair->bounded)
                return;
        n->has_offset = true;
        n->offset_ns = swapped ? -pair->estimate_ns : pair->estimate_ns;
        n->bound = swapped ? (struct tg_interval){ -pair->offset.high_ns, -pair->offset.low_ns } : pair->offset;
        n->has_rate = pair->has_rate;
        n->rate_ppb = swapped ? -pair->rate_ppb : pair->rate_ppb;
        n->rate_error_ppb = pair->rate_error_ppb;
}

/* A clock that a live source is bringing home does not go on through zero and out at the other side. */
static bool comes_home(const struct tg_node_verdict *n, const struct tg_member *m)
{
        return (n->offset_ns > 0) != (n->rate_ppb > 0) && tg_has_live_source(&m->report.chrony);
}

/* When the offset, going on as it does, crosses the budget; none while the rate is not clear of its own error. */
static void forecast_of(struct tg_verdict *verdict, const struct tg_situation *s, int slot)
{
        struct tg_node_verdict *n = &verdict->nodes[slot];
        int64_t budget = s->options->budget_ns, way;
        int64_t slow_ppb = llabs(n->rate_ppb) - n->rate_error_ppb;
        double ns;

        n->has_forecast = false;
        if (!n->has_offset || !n->has_rate || llabs(n->rate_ppb) < RATE_MIN_PPB || llabs(n->rate_ppb) < 2 * n->rate_error_ppb ||
            comes_home(n, &s->view->members[slot]))
                return;
        way = n->rate_ppb > 0 ? budget - n->offset_ns : budget + n->offset_ns;
        if (way <= 0)
                return;
        ns = (double)way / (double)llabs(n->rate_ppb) * 1e9;
        n->has_forecast = ns < 9e18;
        n->forecast_ns = n->has_forecast ? (int64_t)ns : 0;
        ns = (double)way / (double)slow_ppb * 1e9;
        n->forecast_slow_ns = ns < 9e18 ? (int64_t)ns : INT64_MAX;
}

static void smallest_budget(struct tg_verdict *verdict, const struct tg_view *view)
{
        verdict->has_smallest = false;
        verdict->smallest_ns = 0;
        for (uint32_t i = 0; i < view->n; i++)
                for (uint32_t j = i + 1; j < view->n; j++) {
                        const struct tg_member *a = &view->members[view->order[i]], *b = &view->members[view->order[j]];
                        const struct tg_pair *pair = &view->pairs[view->order[i]][view->order[j]];
                        int64_t far;

                        if (!a->fresh || !b->fresh || !pair->bounded || pair->verdict == TG_PAIR_BEYOND)
                                continue;
                        far = tg_interval_farthest_ns(pair->offset);
                        if (!verdict->has_smallest || far > verdict->smallest_ns)
                                verdict->smallest_ns = far;
                        verdict->has_smallest = true;
                }
}

void tg_verdict_evaluate(struct tg_verdict *verdict, const struct tg_situation *s, struct tg_alerts *alerts)
{
        const struct tg_view *view = s->view;

        tg_agree(view, &verdict->agreement);
        tg_source_graph(view, s->options, &verdict->graph);
        smallest_budget(verdict, view);
        for (uint32_t i = 0; i < view->n; i++) {
                int slot = view->order[i];
                const struct tg_member *m = &view->members[slot];
                struct tg_node_verdict *n = &verdict->nodes[slot];

                n->has_claim = m->fresh && tg_claim(&m->report, &n->claim_ns);
                n->in_grace = m->fresh && m->report.boot_ns < s->options->boot_grace_ns;
                offset_of(verdict, s, slot);
                forecast_of(verdict, s, slot);
        }
        for (uint32_t i = 0; i < view->n; i++)
                if (view->members[view->order[i]].present || view->members[view->order[i]].fresh)
                        tg_node_rules_apply(verdict, s, view->order[i], alerts);
        tg_cluster_rules_apply(verdict, s, alerts);
}
