/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rules about how far a node's clock is off, where it is going, and whether what is said of it fits together. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <timeguard/bound.h>

#include "rule.h"

#define FORECAST_LASTED_NS   (30 * TG_NS_PER_S) /* a disciplined clock is slewed to and fro */
#define FORECAST_HOLDOVER_NS (5 * TG_NS_PER_S)
#define STEP_SAID_NS         (5 * TG_NS_PER_S)
#define RHO_ALARM_PPM        1000
#define MOVED_MAX_NS         1e18
#define CLEARLY              10 /* a share of the budget */

bool tg_rule_beyond(struct tg_rule_case *c)
{
        char bound[TG_BOUND_TEXT_MAX], budget[TG_NUMBER_MAX];
        int reference = c->verdict->agreement.reference;

        if (!c->verdict->agreement.beyond[c->slot])
                return false;
        snprintf(c->reason, TG_REASON_MAX,
                 "proven %s from %s; the budget is %s, and it is beyond it against every node of the agreeing majority",
                 tg_bound_text(c->n->bound.low_ns, c->n->bound.high_ns, " to ", bound), tg_rule_member(c, reference)->name,
                 tg_ns_text(c->s->options->budget_ns, budget));
        return true;
}

/* Whether it was warned of already it says itself, so that nodes which came at different times judge alike. */
static bool past_warning(struct tg_rule_case *c)
{
        int64_t limit = tg_rule_warn_ns(c) - (c->m->report.flags & TG_REPORT_WARNED ? c->s->options->budget_ns / 10 : 0);
        char offset[TG_NUMBER_MAX], budget[TG_NUMBER_MAX];

        c->n->warned = c->n->has_offset && llabs(c->n->offset_ns) >= limit;
        if (!c->n->warned)
                return false;
        snprintf(c->reason, TG_REASON_MAX, "%s from the agreeing set, past %lld %% of the budget of %s",
                 tg_offset_text(c->n->offset_ns, offset), (long long)c->s->options->warn_percent,
                 tg_ns_text(c->s->options->budget_ns, budget));
        return true;
}

static bool crosses_soon(struct tg_rule_case *c)
{
        bool outward = c->n->has_forecast && c->n->forecast_slow_ns <= c->s->options->forecast_horizon_ns;
        int64_t lasted = tg_has_live_source(&c->m->report.chrony) ? FORECAST_LASTED_NS : FORECAST_HOLDOVER_NS;
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

/* Of a node proven beyond nothing less need be said. */
bool tg_rule_drifting(struct tg_rule_case *c)
{
        bool past = past_warning(c), soon = crosses_soon(c);

        return (soon || past) && !c->verdict->agreement.beyond[c->slot];
}

/* The member of the agreeing set from which its bound reaches farthest, of those that it is not proven within the budget of. */
static bool reaches_too_far(const struct tg_rule_case *c)
{
        char far[TG_NUMBER_MAX], budget[TG_NUMBER_MAX];
        int64_t farthest_ns = -1;

        for (uint32_t i = 0; i < c->s->view->n; i++) {
                int other = c->s->view->order[i];
                bool swapped;
                const struct tg_pair *pair = tg_view_pair_of(c->s->view, c->slot, other, &swapped);

                if (other == c->slot || !c->verdict->agreement.in_set[other] || pair->verdict == TG_PAIR_WITHIN ||
                    !pair->bounded || tg_interval_farthest_ns(pair->offset) <= farthest_ns)
                        continue;
                farthest_ns = tg_interval_farthest_ns(pair->offset);
                snprintf(c->reason, TG_REASON_MAX, "its bound from %s reaches to %s, the budget is %s",
                         tg_rule_member(c, other)->name, tg_ns_text(farthest_ns, far),
                         tg_ns_text(c->s->options->budget_ns, budget));
        }
        return farthest_ns >= 0;
}

bool tg_rule_unproven(struct tg_rule_case *c)
{
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
        else if (!reaches_too_far(c))
                snprintf(c->reason, TG_REASON_MAX, "no bound against every node of the agreeing set yet");
        return true;
}

bool tg_rule_stepped(struct tg_rule_case *c)
{
        char size[TG_NUMBER_MAX];

        if (!c->m->fresh || !c->m->stepped || c->s->now_raw_ns - c->m->stepped_raw_ns > STEP_SAID_NS ||
            (c->m->report.flags & TG_REPORT_LEAP) || llabs(c->m->report.last_step_ns) < tg_rule_warn_ns(c))
                return false;
        c->evidence->value_ns = c->m->report.last_step_ns;
        snprintf(c->reason, TG_REASON_MAX, "its clock was stepped by %s", tg_offset_text(c->m->report.last_step_ns, size));
        return true;
}

bool tg_rule_bad_oscillator(struct tg_rule_case *c)
{
        uint32_t least = UINT32_MAX, peers = 0;

        for (uint32_t i = 0; i < c->s->view->n; i++) {
                int other = c->s->view->order[i];
                bool swapped;
                const struct tg_pair *pair;

                if (other == c->slot || !tg_rule_member(c, other)->fresh)
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

/* Of two nodes whose claims contradict their bound, the one outside the agreeing set is named; else the one clearly farther from the reference;
   else the one with the higher id. */
static bool names_me(const struct tg_rule_case *c, int other)
{
        const struct tg_node_verdict *o = &c->verdict->nodes[other];
        bool mine = c->verdict->agreement.in_set[c->slot], its = c->verdict->agreement.in_set[other];
        int64_t farther = c->n->has_offset && o->has_offset ? llabs(c->n->offset_ns) - llabs(o->offset_ns) : 0;

        if (mine != its)
                return its;
        if (llabs(farther) > c->s->options->budget_ns / CLEARLY)
                return farther > 0;
        return c->m->id > tg_rule_member(c, other)->id;
}

/* How far a clock that is being slewed has moved between its chronyd's claim and as_of of the pair: nodes of clocks far apart send at
   different instants of a second, and chronyd slews by 83 ms in one. */
static int64_t moved_ns(const struct tg_rule_case *c, int slot, const struct tg_pair *pair, bool is_b)
{
        const struct tg_report *r = &tg_rule_member(c, slot)->report;
        double d = ((double)pair->raw.low_ns + (double)pair->raw.high_ns) / 2; /* RAW(a) - RAW(b) */
        double as_of = (double)pair->as_of_raw_ns + (is_b == pair->as_of_on_b ? 0 : is_b ? -d : d);
        double moved = fabs((double)r->slew_ppb * ((double)r->chrony.raw_ns - as_of) / 1e9);

        return moved < MOVED_MAX_NS ? (int64_t)moved : (int64_t)MOVED_MAX_NS;
}

bool tg_rule_contradicted(struct tg_rule_case *c)
{
        for (uint32_t i = 0; c->n->has_claim && i < c->s->view->n; i++) {
                int other = c->s->view->order[i];
                const struct tg_node_verdict *o = &c->verdict->nodes[other];
                char apart[TG_NUMBER_MAX], mine[TG_NUMBER_MAX], its[TG_NUMBER_MAX];
                bool swapped;
                const struct tg_pair *pair = tg_view_pair_of(c->s->view, c->slot, other, &swapped);
                int64_t moved;

                if (other == c->slot || !tg_rule_member(c, other)->fresh || !o->has_claim || !pair->bounded ||
                    !names_me(c, other) || c->source->n_roots != 1 || c->verdict->graph.nodes[other].n_roots != 1 ||
                    !tg_root_equal(&c->source->roots[0], &c->verdict->graph.nodes[other].roots[0]))
                        continue;
                moved = moved_ns(c, c->slot, pair, swapped) + moved_ns(c, other, pair, !swapped);
                if (nearest_ns(pair->offset) <= c->n->claim_ns + o->claim_ns + moved ||
                    nearest_ns(pair->offset) < tg_rule_warn_ns(c))
                        continue;
                c->evidence->other_id = tg_rule_member(c, other)->id;
                snprintf(c->reason, TG_REASON_MAX,
                         "it is proven at least %s from %s, yet both chronyds claim to be within %s and %s of the same source",
                         tg_ns_text(nearest_ns(pair->offset), apart), tg_rule_member(c, other)->name,
                         tg_ns_text(c->n->claim_ns, mine), tg_ns_text(o->claim_ns, its));
                return true;
        }
        return false;
}
