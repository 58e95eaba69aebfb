/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The deeds of the gate against the truth. A command that closes rests on a danger that was true a few seconds before (bounds are that old), and
   breaks none of what forbids it; one that opens undoes timeguard's own closing, and comes after gate.release without a true danger; and no two
   executors move the cluster's gate at once, in whatever part of it.
   Where members have lied, or a bound broke no promise and does not hold the truth, a danger may be untrue: it is not held against them. */
#include "check_private.h"

#include <stdlib.h>
#include <string.h>

#define RECENT_NS (8 * TG_NS_PER_S) /* what reports prove is no older */
#define KNOWN_NS  (3 * TG_NS_PER_S) /* by then everybody of a ring knows */
#define EDGE_NS   (5 * TG_NS_PER_MS)
#define RATE_NS   (5 * TG_NS_PER_S)

static int64_t limit_of(const struct sim_check *c, uint32_t i)
{
        return tg_gate_limit_ns(&c->sim->nodes[i].options);
}

/* Both take part in a ring of i's. */
static bool in_ring(const struct sim *sim, uint32_t i, uint32_t j)
{
        return sim->nodes[i].ring >> j & 1 && sim->nodes[j].core;
}

static bool anybody_lied(const struct sim_check *c)
{
        for (uint32_t i = 0; i < c->sim->n; i++)
                if (check_ever_lied(c, i))
                        return true;
        return false;
}

/* ---- dangers ---- */

static int64_t farthest_ns(const struct sim_check *c, uint32_t a, uint32_t b, int64_t since_ns)
{
        int64_t farthest = 0;

        for (int64_t t = c->sim->t_ns; t >= since_ns && t >= 0; t -= TG_NS_PER_S / 4) {
                int64_t offset = llabs(sim_offset(c->sim, a, b, t));

                farthest = offset > farthest ? offset : farthest;
        }
        return farthest;
}

/* Going on at a rate that it had lately, the pair crosses the limit. */
static bool truly_crosses(const struct sim_check *c, uint32_t a, uint32_t b, int64_t limit_ns, int64_t horizon_ns)
{
        for (int64_t t = c->sim->t_ns; t > c->sim->t_ns - RECENT_NS && t > RATE_NS; t -= TG_NS_PER_S / 2) {
                int64_t now = sim_offset(c->sim, a, b, t), before = sim_offset(c->sim, a, b, t - RATE_NS);
                double moved = (double)(now > 0 ? now - before : before - now) / (double)RATE_NS;

                if (llabs(now) > llabs(before) &&
                    (double)llabs(now) + moved * 1.02 * (double)horizon_ns > (double)limit_ns * 0.99)
                        return true;
        }
        return false;
}

/* As far as that answer tells, the source is so far from the clock as it is now: own steps since are in. */
static bool is_still_ahead(const struct sim_check *c, uint32_t i, const struct sim_said *said, int64_t limit_ns)
{
        const struct sim_clock *clock = &c->sim->nodes[i].clock;
        int64_t now = c->sim->t_ns, drift_ns = (now - said->t_ns) / 1000;
        int64_t ahead = said->ahead_of_raw_ns - (sim_clock_real(clock, now) - sim_clock_raw(clock, now));

        return llabs(ahead) > limit_ns - EDGE_NS - drift_ns;
}

bool check_truly_pending(const struct sim_check *c, uint32_t i, int64_t limit_ns)
{
        const struct sim_node *node = &c->sim->nodes[i];
        int64_t moved = node->clock.moved_t_ns;

        if (node->ha.slews_t_ns && c->sim->t_ns - node->ha.slews_t_ns < RECENT_NS && node->ha.slews_ns > limit_ns - EDGE_NS)
                return true;
        for (uint32_t k = 0; k < c->sim->n_servers + c->sim->n; k++) {
                const struct sim_said *said = &node->ha.said[k];

                bool is_new = c->sim->t_ns - said->t_ns < KNOWN_NS;

                if (said->t_ns &&
                    (llabs(said->ahead_ns) > limit_ns - EDGE_NS || (is_new && llabs(said->before_ns) > limit_ns - EDGE_NS)) &&
                    (moved <= said->t_ns || c->sim->t_ns - moved < RECENT_NS || is_still_ahead(c, i, said, limit_ns)) &&
                    c->sim->t_ns - said->t_ns < TG_ASK_VALID_NS)
                        return true;
        }
        return false;
}

static bool quorum_is_pending(const struct sim_check *c, uint32_t i)
{
        struct tg_quorum quorum;
        uint64_t votes = 0;

        sim_quorum_of(c->sim, i, &quorum);
        for (uint32_t j = 0; j < c->sim->n; j++)
                /* who has just left may still be counted */
                if ((in_ring(c->sim, i, j) || c->sim->t_ns - c->sim->formed_t_ns < KNOWN_NS ||
                     c->sim->t_ns - c->sim->fault_t_ns < KNOWN_NS) &&
                    check_truly_pending(c, j, c->sim->nodes[i].options.gate_step_limit_ns))
                        votes += c->sim->votes[j];
        return votes && votes >= quorum.quorum;
}

/* What the core of i holds for a danger is one. */
static bool is_true(const struct sim_check *c, uint32_t i, const struct tg_finding *f)
{
        uint32_t a = f->evidence.node_id - 1, b = f->evidence.other_id - 1;
        const struct check_bound *bound;

        if (f->danger == TG_DANGER_PENDING)
                return quorum_is_pending(c, i);
        if (f->danger == TG_DANGER_NONE || a >= c->sim->n || b >= c->sim->n)
                return false;
        bound = check_bound(c, i, a < b ? a : b, a < b ? b : a);
        if (bound->excused || !bound->known)
                return true;
        if (f->danger == TG_DANGER_EARLY)
                return truly_crosses(c, a, b, limit_of(c, i), c->sim->nodes[i].options.gate_horizon_ns);
        return farthest_ns(c, a, b, c->sim->t_ns - RECENT_NS) > limit_of(c, i) - EDGE_NS;
}

/* What it handled last of somebody was sent a while ago: an alert may be of old news then (a deed may not). */
bool check_gate_late(const struct sim_check *c, uint32_t observer)
{
        const struct tg_view *view = &c->sim->nodes[observer].core->view;

        for (uint32_t k = 0; k < view->n; k++) {
                const struct tg_member *m = &view->members[view->order[k]];

                if (m->fresh && m->id <= c->sim->n && c->sim->t_ns - c->nodes[observer].sent_t_ns[m->id - 1] > KNOWN_NS)
                        return true;
        }
        return false;
}

bool check_gate_pending(const struct sim_check *c, uint32_t observer)
{
        return anybody_lied(c) || check_gate_late(c, observer) || quorum_is_pending(c, observer);
}

bool check_gate_danger(const struct sim_check *c, uint32_t observer)
{
        const struct tg_finding *f = &c->sim->nodes[observer].core->gate.finding;

        return anybody_lied(c) || f->danger == TG_DANGER_WORD || is_true(c, observer, f);
}

/* The node that is gated alone is wrong itself: off true time, or moved a while ago. */
static bool is_culprit(const struct sim_check *c, uint32_t i)
{
        const struct sim_clock *clock = &c->sim->nodes[i].clock;
        int64_t wrong = sim_clock_real(clock, c->sim->t_ns) - SIM_EPOCH_NS - c->sim->t_ns;

        return llabs(wrong) > limit_of(c, i) / 2 ||
               (clock->moved_t_ns != INT64_MIN && c->sim->t_ns - clock->moved_t_ns < TG_ASK_VALID_NS);
}

/* ---- what forbids closing ---- */

static bool differs(const struct sim_check *c, uint32_t i)
{
        const struct sim *sim = c->sim;

        for (uint32_t j = 0; j < sim->n; j++)
                if (in_ring(sim, i, j) && !sim->nodes[j].frozen && check_honest(sim, j) &&
                    sim->nodes[j].core->fingerprint != sim->nodes[i].core->fingerprint &&
                    sim->t_ns - c->nodes[j].configured_t_ns > KNOWN_NS && sim->t_ns - c->nodes[i].configured_t_ns > KNOWN_NS &&
                    sim->t_ns - sim->nodes[j].up_t_ns > 2 * KNOWN_NS && sim->t_ns - sim->formed_t_ns > 2 * KNOWN_NS &&
                    sim->t_ns - sim->fault_t_ns > KNOWN_NS)
                        return true;
        return false;
}

static bool is_held(const struct sim_check *c, uint32_t i)
{
        const struct sim *sim = c->sim;
        const struct sim_ha *ha = &sim->ha;

        return ha->held && ha->held_until_t_ns > sim->t_ns + TG_NS_PER_S && in_ring(sim, i, ha->word_node) &&
               !check_ever_lied(c, ha->word_node) && /* what it says is not believed */
               sim->nodes[ha->word_node].up_t_ns < ha->word_t_ns && sim->t_ns - ha->word_t_ns > KNOWN_NS &&
               sim->t_ns - sim->formed_t_ns > 2 * KNOWN_NS && sim->t_ns - sim->fault_t_ns > KNOWN_NS;
}

static const char *forbidden(const struct sim_check *c, uint32_t i)
{
        const struct sim_node *node = &c->sim->nodes[i];
        struct tg_quorum quorum;
        struct tg_look look = sim_clock_look(&node->clock, c->sim->t_ns, 0, 0);

        sim_quorum_of(c->sim, i, &quorum);
        if (!quorum.quorate)
                return "without quorum";
        if (node->options.gate_mode != TG_GATE_ENFORCE && !c->sim->ha.asked)
                return "where it shall only observe";
        if (look.boot_ns < node->options.boot_grace_ns)
                return "in boot grace";
        if (c->sim->ha.kind == SIM_HA_NONE)
                return "without an HA stack";
        return differs(c, i) ? "on differing configurations" : is_held(c, i) ? "against an administrator's hold" : NULL;
}

static void check_close(struct sim_check *c, uint32_t i, const struct sim_unit *unit)
{
        const struct tg_gate *gate = &c->sim->nodes[i].core->gate;
        bool fanned_out = !gate->order_slot && unit->order.scope == TG_GATE_NODE;
        const char *why = forbidden(c, i);

        c->counts.checked[SIM_CHECK_GATE_CLOSE]++;
        if (why)
                sim_trouble(c->sim, "close: n%u closes %s", i + 1, why);
        if (!check_gate_danger(c, i) && !c->sim->ha.asked)
                sim_trouble(c->sim, "close: n%u closes %s without a true danger: %s", i + 1, fanned_out ? "itself" : "",
                            gate->finding.why);
        if (gate->order_slot && !anybody_lied(c) && !is_culprit(c, i))
                sim_trouble(c->sim, "close: n%u is gated alone and is right: %s", i + 1, gate->finding.why);
}

/* ---- opening ---- */

/* Some pair was beyond the limit then; with `all_the_time`: in all of that time. */
static bool was_danger(const struct sim_check *c, uint32_t i, int64_t since_ns, int64_t until_ns, bool all_the_time)
{
        const struct sim *sim = c->sim;

        for (uint32_t a = 0; a < sim->n; a++)
                for (uint32_t b = a + 1; b < sim->n; b++) {
                        uint32_t n = 0, beyond = 0;

                        for (int64_t t = since_ns; t <= until_ns && in_ring(sim, i, a) && in_ring(sim, i, b);
                             t += TG_NS_PER_S / 2, n++)
                                beyond += llabs(sim_offset(sim, a, b, t)) > limit_of(c, i) + EDGE_NS;
                        if (beyond && (!all_the_time || beyond == n))
                                return true;
                }
        return false;
}

static void check_opening(struct sim_check *c, uint32_t i, const struct sim_unit *unit)
{
        const struct sim *sim = c->sim;
        int64_t since = sim->t_ns - sim->nodes[i].options.gate_release_ns;
        const struct sim_switch *s = sim_ha_switch(c->sim, i, unit->order.scope);
        bool word = sim->ha.released_t_ns > s->closed_t_ns - 60 * TG_NS_PER_S; /* it may have been closing */
        const struct tg_node *core = sim->nodes[i].core;
        /* begun a while ago, by somebody who has gone since: what goes on is proven anew, without waiting again */
        bool resumed = core->clock.last.raw_ns - core->gate.work[core->gate.order_slot].stage_raw_ns > 2 * KNOWN_NS ||
                       sim->t_ns - sim->nodes[i].up_t_ns < 2 * KNOWN_NS;

        c->counts.checked[SIM_CHECK_GATE_OPEN]++;
        if (since < sim->formed_t_ns + 2 * KNOWN_NS)
                since = sim->formed_t_ns + 2 * KNOWN_NS;
        /* one command that closes the cluster takes effect only once the node's own services run again, and covers it */
        if (anybody_lied(c) ||
            (unit->order.scope == TG_GATE_NODE && sim->ha.kind == SIM_HA_WHOLE && sim->ha.cluster.hand == SIM_TIMEGUARD))
                return;
        if (word || resumed ? was_danger(c, i, sim->t_ns - KNOWN_NS, sim->t_ns, true)
                            : was_danger(c, i, since, sim->t_ns - KNOWN_NS, false))
                sim_trouble(c->sim, "open: n%u opens although clocks were beyond the limit less than gate.release ago", i + 1);
}

static void check_whose(struct sim_check *c, uint32_t i, const struct sim_unit *unit)
{
        const struct sim_switch *s = sim_ha_switch(c->sim, i, unit->order.scope);

        if (s->state != TG_HA_CLOSED && s->state != TG_HA_CLOSING)
                return;
        c->counts.checked[SIM_CHECK_GATE_WHOSE]++;
        if (s->hand != SIM_TIMEGUARD && !s->raced && s->closed_t_ns < unit->began_t_ns)
                sim_trouble(c->sim, "whose: n%u opens what the %s has closed", i + 1, sim_hand_text((int)s->hand));
}

/* ---- one at a time ---- */

static void check_alone(struct sim_check *c, uint32_t i, const struct sim_unit *unit)
{
        const struct sim *sim = c->sim;

        if (unit->order.scope != TG_GATE_CLUSTER)
                return;
        c->counts.checked[SIM_CHECK_GATE_ALONE]++;
        for (uint32_t j = 0; j < sim->n; j++)
                for (int k = 0; k < SIM_UNITS; k++) {
                        const struct sim_unit *other = &sim->nodes[j].ha.units[k];

                        if (other != unit && other->runs && other->order.verb != TG_GATE_STATUS &&
                            other->order.scope == TG_GATE_CLUSTER && (in_ring(sim, i, j) || !(sim->flags & TG_QUORUM_TWO_NODE)))
                                sim_trouble(c->sim,
                                            "alone: n%u begins to %s the cluster's gate while n%u's run to %s it goes on",
                                            i + 1, tg_gate_verb_text(unit->order.verb), j + 1,
                                            tg_gate_verb_text(other->order.verb));
                }
}

const char *sim_deed_text(enum sim_deed deed)
{
        static const char *const texts[SIM_DEEDS] = {
                [SIM_CLOSES_BREACH] = "closings: of the cluster, apart",
                [SIM_CLOSES_EARLY] = "closings: of the cluster, early",
                [SIM_CLOSES_PENDING] = "closings: of the cluster, for a pending step",
                [SIM_CLOSES_LONE] = "closings: of one node",
                [SIM_CLOSES_SELF] = "closings: of each node by itself",
                [SIM_OPENS_CLUSTER] = "openings: of the cluster",
                [SIM_OPENS_NODE] = "openings: of a node",
        };

        return texts[deed];
}

static enum sim_deed deed_of(const struct tg_gate *gate, const struct sim_unit *unit)
{
        bool node = unit->order.scope == TG_GATE_NODE;

        if (unit->order.verb == TG_GATE_OPEN)
                return node ? SIM_OPENS_NODE : SIM_OPENS_CLUSTER;
        if (node)
                return gate->order_slot ? SIM_CLOSES_LONE : SIM_CLOSES_SELF;
        return gate->finding.danger == TG_DANGER_EARLY     ? SIM_CLOSES_EARLY
               : gate->finding.danger == TG_DANGER_PENDING ? SIM_CLOSES_PENDING
                                                           : SIM_CLOSES_BREACH;
}

void check_unit(struct sim_check *c, uint32_t i, const struct sim_unit *unit, enum sim_unit_phase phase)
{
        bool closes = unit->order.verb == TG_GATE_CLOSE;

        if (phase == SIM_UNIT_BEGINS) {
                c->counts.deeds[deed_of(&c->sim->nodes[i].core->gate, unit)]++;
                check_alone(c, i, unit);
                if (closes)
                        check_close(c, i, unit);
                else
                        check_opening(c, i, unit);
        } else if (phase == SIM_UNIT_ACCEPTED && !closes) {
                check_whose(c, i, unit);
        }
}
