/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What can be proven is proven: once nothing has gone wrong for a while, each pair of running agents of a ring has a bound of the last
   seconds and the verdict that follows from it, unless the offset is within two widths of the budget.
   An agent that lied is left out until it starts anew: what it once said (a higher sequence number, say) stands against it.
   "A while" is 5 s after the last fault and 2 s after token + consensus of the last ring. Past 15 nodes the echoes take turns, so that it takes
   as many seconds more as there are turns until every pair has been heard of again. A bound is of the last second, plus the time in which
   its messages were on their way; two nodes that send at different instants add up to another second, a step back of a clock a third.
   What was late when a load ended still holds up what comes after it: that is waited for. A jump of RAW that was too small to be found out at
   once may contradict the window as long as it has messages from before; the pair then begins anew, and has no bound for two reports. Until the
   window is past such a jump the bound may miss the truth (check.h), and then its verdict is not held against that. */
#include "check_private.h"

#include <stdlib.h>

#define QUIET_NS  (5 * TG_NS_PER_S)
#define FORMED_NS (2 * TG_NS_PER_S)
#define OLD_NS    (2500 * TG_NS_PER_MS)
#define JAM_NS    (500 * TG_NS_PER_MS)
#define JAMMED_NS (3 * TG_NS_PER_S)

/* What a liar said of its RAW stays in the others' windows until as many sound reports have come; its agent's restart alone keeps these. */
static bool is_cleared(const struct sim_check *c, uint32_t i)
{
        int64_t lied = c->nodes[i].lied_t_ns, up = c->sim->nodes[i].up_t_ns;

        return lied < up && (lied < 0 || c->sim->t_ns - up > (TG_LINK_WINDOW + 2) * TG_NS_PER_S + QUIET_NS);
}

bool check_takes_part(const struct sim_check *c, uint32_t i)
{
        const struct sim_node *node = &c->sim->nodes[i];

        return node->core && !node->frozen && node->corosync && !node->corosync_frozen && !node->halted &&
               sim_clock_last(&node->clock)->running && check_honest(c->sim, i) && is_cleared(c, i);
}

static int64_t turns_ns(const struct sim_check *c)
{
        return (int64_t)((c->sim->n - 2) / tg_echo_share(c->sim->n - 1)) * TG_NS_PER_S;
}

static bool is_quiet(const struct sim_check *c)
{
        const struct sim *sim = c->sim;
        int64_t patience = (int64_t)(sim->topology.token_ms + sim->topology.consensus_ms) * TG_NS_PER_MS;

        return !sim->form_t_ns && sim->t_ns - sim->fault_t_ns > QUIET_NS + turns_ns(c) &&
               sim->t_ns - sim->formed_t_ns > FORMED_NS + patience + turns_ns(c);
}

/* Some stream of deliveries holds messages that take long, or did a moment ago. */
static bool is_jammed(struct sim_check *c)
{
        for (uint32_t i = 0; i < c->sim->n; i++)
                if (c->sim->nodes[i].last_delivery_t_ns > c->sim->t_ns + JAM_NS &&
                    c->sim->nodes[i].last_delivery_t_ns > c->jam_t_ns)
                        c->jam_t_ns = c->sim->nodes[i].last_delivery_t_ns;
        return c->sim->t_ns - c->jam_t_ns < JAMMED_NS + turns_ns(c);
}

static bool regains(const struct sim_check *c, const struct check_bound *bound, const struct tg_pair *pair)
{
        return pair->contradicted && bound->contradicted_t_ns &&
               c->sim->t_ns - bound->contradicted_t_ns < QUIET_NS + 2 * turns_ns(c);
}

/* It misses the truth, and never promised to hold it: some message that it may rest on is from before a jump of RAW. */
static bool rests_on_the_past(const struct sim_check *c, const struct check_bound *bound, uint32_t a, uint32_t b)
{
        int64_t broken = c->nodes[a].broken.t_ns > c->nodes[b].broken.t_ns ? c->nodes[a].broken.t_ns : c->nodes[b].broken.t_ns;

        return bound->excused && c->sim->t_ns - broken < (TG_LINK_WINDOW + 2) * TG_NS_PER_S + turns_ns(c);
}

static int64_t latest_delay(const struct sim_check *c, uint32_t receiver, uint32_t sender)
{
        const struct check_direction *d = check_heard(c, receiver, sender);

        return d->n ? d->last[(d->n - 1) % CHECK_HEARD].t_ns - d->last[(d->n - 1) % CHECK_HEARD].sent_t_ns : 0;
}

static void check_live_pair(struct sim_check *c, uint32_t observer, uint32_t a, uint32_t b)
{
        const struct tg_node *core = c->sim->nodes[observer].core;
        const struct check_bound *bound = check_bound(c, observer, a, b);
        int sa = tg_view_find(&core->view, a + 1), sb = tg_view_find(&core->view, b + 1);
        const struct tg_pair *pair = sa < 0 || sb < 0 ? NULL : &core->view.pairs[sa][sb];
        int64_t budget = core->options.budget_ns, truth, width, late;
        enum tg_pair_verdict due;

        if (pair && !pair->bounded && regains(c, bound, pair))
                return;
        c->counts.checked[SIM_CHECK_LIVENESS]++;
        if (!pair || !pair->bounded || pair->stale || !bound->known) {
                sim_trouble(c->sim, "liveness: n%u holds no present bound of n%u-n%u, %.1f s after the last fault",
                            observer + 1, a + 1, b + 1, (double)(c->sim->t_ns - c->sim->fault_t_ns) / 1e9);
                return;
        }
        late = latest_delay(c, observer, a) + latest_delay(c, observer, b) + latest_delay(c, a, b) + latest_delay(c, b, a);
        if (c->sim->t_ns - bound->as_of_t_ns > OLD_NS + late)
                sim_trouble(c->sim, "liveness: n%u's bound of n%u-n%u is %.3f s old, %.1f s after the last fault", observer + 1,
                            a + 1, b + 1, (double)(c->sim->t_ns - bound->as_of_t_ns) / 1e9,
                            (double)(c->sim->t_ns - c->sim->fault_t_ns) / 1e9);
        if (rests_on_the_past(c, bound, a, b))
                return;
        truth = llabs(bound->truth_ns);
        width = (int64_t)tg_interval_width_ns(pair->offset);
        due = truth < budget - 2 * width ? TG_PAIR_WITHIN : truth > budget + 2 * width ? TG_PAIR_BEYOND : TG_PAIR_UNPROVEN;
        if (due != TG_PAIR_UNPROVEN && pair->verdict != due)
                sim_trouble(c->sim,
                            "liveness: n%u judges n%u-n%u %s, %.1f s after the last fault; the truth is %lld ns, the budget "
                            "%lld ns",
                            observer + 1, a + 1, b + 1, tg_pair_verdict_text(pair->verdict),
                            (double)(c->sim->t_ns - c->sim->fault_t_ns) / 1e9, (long long)bound->truth_ns, (long long)budget);
}

void check_live(struct sim_check *c, uint32_t observer)
{
        const struct sim_node *me = &c->sim->nodes[observer];

        if (is_jammed(c) || !is_quiet(c) || !check_takes_part(c, observer) ||
            c->sim->t_ns - me->up_t_ns < QUIET_NS + turns_ns(c))
                return;
        for (uint32_t a = 0; a < c->sim->n; a++)
                for (uint32_t b = a + 1; b < c->sim->n; b++)
                        if (me->ring >> a & 1 && me->ring >> b & 1 && check_takes_part(c, a) && check_takes_part(c, b))
                                check_live_pair(c, observer, a, b);
}
