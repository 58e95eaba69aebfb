/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The gate over time, looked at once a second. When all has been well for long enough, what timeguard has closed is open again. What it has closed is
   never closed without a word: a record or an alert tells of it. Where a danger lasts, the gate closes, or an alert tells why not.
   All agents of a quiet ring hold the same records. */
#include "check_private.h"

#include <stdlib.h>
#include <string.h>

#define SECOND_NS TG_NS_PER_S
#define SAME_NS   (10 * TG_NS_PER_S)
#define TOLD_NS   (70 * TG_NS_PER_S) /* an order may be lost for 60 s */
#define OPENS_NS  (200 * TG_NS_PER_S)
#define CLOSES_NS (150 * TG_NS_PER_S)
#define DANGER_NS (100 * TG_NS_PER_S)

/* ---- how all is ---- */

/* An administrator's word, as that node knows it: it closes in whatever mode. */
static bool is_told_to_close(const struct sim_node *node)
{
        return node->core && tg_gate_wants_closed(&node->core->gate, node->core->clock.last.raw_ns);
}

static bool is_sound(const struct sim_check *c, uint32_t i)
{
        const struct sim_node *node = &c->sim->nodes[i];

        return check_takes_part(c, i) && !check_ever_lied(c, i) && !node->ha.fails && !node->ha.hangs && !node->ha.disk_full &&
               node->ring == c->sim->nodes[0].ring && node->core->fingerprint == c->sim->nodes[0].core->fingerprint &&
               (node->options.gate_mode == TG_GATE_ENFORCE || is_told_to_close(node)) &&
               node->options.gate_backend != TG_BACKEND_NONE && node->servo.daemon == SIM_CHRONY_RUNS;
}

/* Every node takes part in one quorate ring, and nothing hinders the gate. */
static bool all_sound(const struct sim_check *c)
{
        const struct sim *sim = c->sim;

        if (sim->ha.kind == SIM_HA_NONE || sim->ha.busy || sim->ha.held || sim->ghosts || !sim->nodes[0].core)
                return false;
        for (uint32_t i = 0; i < sim->n; i++)
                if (!is_sound(c, i))
                        return false;
        return sim_ha_quorate(sim, 0);
}

/* How much a node may leave open of that pair. */
static int64_t widest_ns(const struct sim_check *c, uint32_t a, uint32_t b)
{
        int64_t widest = 0;

        for (uint32_t i = 0; i < c->sim->n; i++) {
                const struct check_bound *bound = check_bound(c, i, a, b);

                if (bound->known && (int64_t)tg_interval_width_ns(bound->offset) > widest)
                        widest = (int64_t)tg_interval_width_ns(bound->offset);
        }
        return widest;
}

static bool is_calm(const struct sim_check *c)
{
        const struct sim *sim = c->sim;
        const struct tg_options *options = &sim->nodes[0].options;
        int64_t limit = tg_gate_limit_ns(options) / 2, step = options->gate_step_limit_ns / 2;

        for (uint32_t a = 0; a < sim->n; a++) {
                if (check_truly_pending(c, a, step) || is_told_to_close(&sim->nodes[a]))
                        return false;
                for (uint32_t b = a + 1; b < sim->n; b++) {
                        int64_t now = sim_offset(sim, a, b, sim->t_ns), before = sim_offset(sim, a, b, sim->t_ns - SAME_NS);
                        double rate = (double)llabs(now - before) / (double)SAME_NS;

                        /* half the limit for the offset, half for what its bound leaves open */
                        if ((double)llabs(now) + rate * (double)options->gate_horizon_ns > (double)limit ||
                            widest_ns(c, a, b) > limit)
                                return false;
                }
        }
        return true;
}

static bool is_breached(const struct sim_check *c)
{
        const struct sim *sim = c->sim;
        int64_t limit = tg_gate_limit_ns(&sim->nodes[0].options);

        for (uint32_t a = 0; a < sim->n; a++)
                for (uint32_t b = a + 1; b < sim->n; b++)
                        if (llabs(sim_offset(sim, a, b, sim->t_ns)) > limit + limit / 10 + 2 * widest_ns(c, a, b))
                                return true;
        return false;
}

/* ---- what follows ---- */

static bool tells(const struct sim *sim, uint32_t i, enum tg_alert_id id)
{
        return sim->nodes[i].up[id][0];
}

static bool any_live(const struct tg_gate *gate)
{
        return tg_stage_is_live(gate->reg.records[0].stage) || tg_stage_is_live(gate->reg.records[1].stage);
}

/* Whose closing lasts: the cluster's (NULL: none), or a node's. */
static const struct sim_switch *closed_by_us(const struct sim *sim, uint32_t *node)
{
        *node = 0;
        if (sim->ha.cluster.hand == SIM_TIMEGUARD && !sim->ha.cluster.raced)
                return &sim->ha.cluster;
        for (uint32_t i = 0; i < sim->n; i++)
                if (sim->nodes[i].ha.own.hand == SIM_TIMEGUARD && !sim->nodes[i].ha.own.raced) {
                        *node = i + 1;
                        return &sim->nodes[i].ha.own;
                }
        return NULL;
}

static int64_t release_ns(const struct sim *sim)
{
        int64_t longest = 0;

        for (uint32_t i = 0; i < sim->n; i++)
                for (int k = 0; k < TG_GATE_SLOTS; k++) {
                        const struct tg_gate *gate = &sim->nodes[i].core->gate;
                        int64_t rest = gate->work[k].rest_until_ns - sim->nodes[i].core->clock.last.raw_ns;
                        int64_t one = tg_gate_release_ns(&sim->nodes[i].options, gate->reg.records[k].damping);

                        one += rest > 0 ? rest : 0;
                        longest = one > longest ? one : longest;
                }
        return longest;
}

static void check_opens(struct sim_check *c)
{
        const struct sim *sim = c->sim;
        uint32_t node;
        const struct sim_switch *s = closed_by_us(sim, &node);

        if (sim->nodes[0].options.gate_release_ack || sim->t_ns - c->calm_t_ns < release_ns(sim) + OPENS_NS)
                return;
        c->counts.checked[SIM_CHECK_GATE_OPENS]++;
        /* commanded; it takes effect when a loop that sleeps on the wall clock wakes, however far that was stepped back */
        if (!s || s->state == TG_HA_OPENING)
                return;
        for (uint32_t i = 0; i < sim->n; i++)
                if (!tells(sim, i, TG_ALERT_GATE_UNCLEAR) && !tells(sim, i, TG_ALERT_GATE_TAKEN))
                        sim_trouble(c->sim,
                                    "opens: all has been well for %.0f s, and what timeguard closed (%s%.0u) is still closed, "
                                    "which "
                                    "n%u says nothing of",
                                    (double)(sim->t_ns - c->calm_t_ns) / 1e9, node ? "node " : "the cluster", node, i + 1);
}

static void check_told(struct sim_check *c)
{
        const struct sim *sim = c->sim;
        uint32_t node;
        const struct sim_switch *s = closed_by_us(sim, &node);

        if (!s || s->state != TG_HA_CLOSED || sim->t_ns - s->closed_t_ns < TOLD_NS || sim->t_ns - c->sound_t_ns < TOLD_NS)
                return;
        c->counts.checked[SIM_CHECK_GATE_TOLD]++;
        for (uint32_t i = 0; i < sim->n; i++)
                if (!any_live(&sim->nodes[i].core->gate) && !tells(sim, i, TG_ALERT_GATE_CLOSED) &&
                    !tells(sim, i, TG_ALERT_GATE_UNCLEAR) && !tells(sim, i, TG_ALERT_GATE_TAKEN))
                        sim_trouble(c->sim, "told: timeguard has closed %s%.0u, and n%u neither knows nor says so",
                                    node ? "node " : "the cluster", node, i + 1);
}

/* Somebody's command waits for loops that sleep on the wall clock, however far that was set back. */
static bool is_moving(const struct sim *sim)
{
        bool moving = sim->ha.cluster.state == TG_HA_CLOSING || sim->ha.cluster.state == TG_HA_OPENING;

        for (uint32_t i = 0; i < sim->n; i++)
                moving |= sim->nodes[i].ha.own.state == TG_HA_CLOSING || sim->nodes[i].ha.own.state == TG_HA_OPENING;
        return moving;
}

/* Somebody else has closed it, or some of it: there is nothing to do. */
static bool is_closed_by_others(const struct sim *sim)
{
        bool closed = sim->ha.cluster.hand == SIM_ADMINISTRATOR;

        for (uint32_t i = 0; i < sim->n; i++)
                closed |= sim->nodes[i].ha.own.hand == SIM_ADMINISTRATOR;
        return closed || is_moving(sim);
}

static void check_closes(struct sim_check *c)
{
        const struct sim *sim = c->sim;

        if (sim->t_ns - c->breach_t_ns < CLOSES_NS || sim->t_ns - c->sound_t_ns < CLOSES_NS)
                return;
        c->counts.checked[SIM_CHECK_GATE_CLOSES]++;
        for (uint32_t i = 0; i < sim->n; i++) {
                const struct tg_gate *gate = &sim->nodes[i].core->gate;

                if (!any_live(gate) && !tells(sim, i, TG_ALERT_GATE_BLOCKED) && !tells(sim, i, TG_ALERT_GATE_FAILED) &&
                    !tells(sim, i, TG_ALERT_GATE_TAKEN) && !tells(sim, i, TG_ALERT_GATE_UNCLEAR) &&
                    gate->ha[0].result.state != TG_HA_CLOSED)
                        sim_trouble(c->sim,
                                    "closes: clocks have been beyond the gate limit for %.0f s, and n%u does nothing and says "
                                    "nothing",
                                    (double)(sim->t_ns - c->breach_t_ns) / 1e9, i + 1);
        }
}

static void check_records(struct sim_check *c)
{
        const struct sim *sim = c->sim;

        if (sim->t_ns - c->sound_t_ns < SAME_NS || sim->t_ns - sim->fault_t_ns < SAME_NS)
                return;
        for (uint32_t i = 1; i < sim->n; i++)
                for (int k = 0; k < TG_GATE_SLOTS; k++) {
                        const struct tg_gate *a = &sim->nodes[0].core->gate, *b = &sim->nodes[i].core->gate;
                        int64_t age = TG_NS_PER_S * 3;

                        /* what has just changed is on its way */
                        if (sim->nodes[0].core->clock.last.raw_ns - a->work[k].stage_raw_ns < age ||
                            sim->nodes[i].core->clock.last.raw_ns - b->work[k].stage_raw_ns < age)
                                continue;
                        c->counts.checked[SIM_CHECK_GATE_SAME]++;
                        if (a->reg.records[k].stage != b->reg.records[k].stage ||
                            memcmp(a->reg.records[k].uuid, b->reg.records[k].uuid, 16) != 0)
                                sim_trouble(c->sim, "records: n1 holds %s (%llu.%u) and n%u %s (%llu.%u)",
                                            tg_gate_stage_text(a->reg.records[k].stage),
                                            (unsigned long long)a->reg.records[k].ring_seq, a->reg.records[k].serial, i + 1,
                                            tg_gate_stage_text(b->reg.records[k].stage),
                                            (unsigned long long)b->reg.records[k].ring_seq, b->reg.records[k].serial);
                }
}

static bool all_find_danger(const struct sim *sim)
{
        for (uint32_t i = 0; i < sim->n; i++) {
                const struct tg_gate *gate = &sim->nodes[i].core->gate;

                if (gate->finding.danger == TG_DANGER_NONE || gate->finding.waits || gate->finding.scope != TG_GATE_CLUSTER ||
                    tg_stage_is_live(gate->reg.records[1].stage) || tells(sim, i, TG_ALERT_GATE_BLOCKED) ||
                    tells(sim, i, TG_ALERT_GATE_FAILED) || tells(sim, i, TG_ALERT_GATE_TAKEN) ||
                    tells(sim, i, TG_ALERT_GATE_UNCLEAR))
                        return false;
        }
        return true;
}

/* A danger that all have found, and that nothing hinders: the HA stack is truly closed in time, whatever the records say. */
static void check_truly(struct sim_check *c)
{
        const struct sim *sim = c->sim;
        bool closed = sim->ha.cluster.state == TG_HA_CLOSED, each = true;

        if (sim->t_ns - c->danger_t_ns < DANGER_NS || sim->t_ns - c->sound_t_ns < DANGER_NS ||
            sim->t_ns - sim->fault_t_ns < DANGER_NS)
                return;
        c->counts.checked[SIM_CHECK_GATE_CLOSES]++;
        for (uint32_t i = 0; i < sim->n; i++)
                each &= sim->nodes[i].ha.own.state == TG_HA_CLOSED;
        if (!closed && !each)
                sim_trouble(c->sim,
                            "closes: all have found a danger for %.0f s, nothing hinders them, and the gate is not closed",
                            (double)(sim->t_ns - c->danger_t_ns) / 1e9);
}

void check_gate_live(struct sim_check *c)
{
        int64_t now = c->sim->t_ns;

        if (now - c->gate_t_ns < SECOND_NS)
                return;
        c->gate_t_ns = now;
        if (!all_sound(c))
                c->sound_t_ns = now;
        if (c->sound_t_ns == now || now < SAME_NS || !is_calm(c))
                c->calm_t_ns = now;
        if (!is_breached(c) || is_closed_by_others(c->sim))
                c->breach_t_ns = now;
        if (c->sound_t_ns == now || is_moving(c->sim) || !all_find_danger(c->sim))
                c->danger_t_ns = now;
        if (c->sound_t_ns == now)
                return;
        check_truly(c);
        check_records(c);
        check_told(c);
        check_closes(c);
        if (c->calm_t_ns != now)
                check_opens(c);
}
