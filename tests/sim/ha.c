/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See ha.h. Every half second a round looks which loops have come to what they are to do, by their own clocks. */
#include "ha.h"

#include <string.h>

#include "fault.h"
#include "sim.h"

#define ROUND_NS     (500 * TG_NS_PER_MS)
#define RACE_NS      (60 * TG_NS_PER_S)
#define TAKE_OVER_NS (30 * TG_NS_PER_S) /* a manager that is gone is replaced */

static const char *const hand_texts[SIM_HANDS] = { "nobody", "timeguard", "administrator" };

const char *sim_hand_text(int hand)
{
        return hand_texts[hand];
}

uint64_t sim_ha_random(struct sim *sim, uint64_t below)
{
        uint64_t z = sim->ha.random += UINT64_C(0x9e3779b97f4a7c15);

        z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
        z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
        return below ? (z ^ (z >> 31)) % below : 0;
}

static int64_t between_ns(struct sim *sim, int64_t low_ms, int64_t high_ms)
{
        return (low_ms + (int64_t)sim_ha_random(sim, (uint64_t)(high_ms - low_ms) + 1)) * TG_NS_PER_MS;
}

static int64_t real_ns(const struct sim *sim, uint32_t i)
{
        return sim_clock_real(&sim->nodes[i].clock, sim->t_ns);
}

/* ---- who is there ---- */

bool sim_ha_quorate(const struct sim *sim, uint32_t i)
{
        const struct sim_node *node = &sim->nodes[i];
        struct tg_quorum quorum;

        if (!node->corosync || node->corosync_frozen || node->halted || !sim_clock_last(&node->clock)->running)
                return false;
        sim_quorum_of(sim, i, &quorum);
        return quorum.quorate;
}

/* An HA manager runs there, or could. */
static bool can_manage(const struct sim *sim, uint32_t i)
{
        return sim_ha_quorate(sim, i) && sim->nodes[i].ha.own.state != TG_HA_CLOSED;
}

static bool is_managed(const struct sim *sim)
{
        return sim->ha.master != SIM_NO_MASTER && can_manage(sim, sim->ha.master);
}

bool sim_ha_armed(const struct sim *sim, uint32_t i)
{
        const struct sim_node *node = &sim->nodes[i];

        return sim->ha.kind != SIM_HA_NONE && node->corosync && node->ha.own.state != TG_HA_CLOSED &&
               sim->ha.cluster.state != TG_HA_CLOSED;
}

bool sim_ha_is_by_node(const struct sim *sim, uint32_t i)
{
        return sim->ha.kind == SIM_HA_EACH || sim->ha.old & UINT64_C(1) << i;
}

struct sim_switch *sim_ha_switch(struct sim *sim, uint32_t i, enum tg_gate_scope scope)
{
        return scope == TG_GATE_NODE || sim_ha_is_by_node(sim, i) ? &sim->nodes[i].ha.own : &sim->ha.cluster;
}

/* ---- commands ---- */

/* Every loop gets to it at its own time. */
static void plan(struct sim *sim, int64_t low_ms, int64_t high_ms)
{
        for (uint32_t i = 0; i < sim->n; i++)
                sim->nodes[i].ha.due_real_ns = real_ns(sim, i) + (i == sim->ha.master ? between_ns(sim, low_ms, high_ms)
                                                                                      : between_ns(sim, 1000, 10000));
}

static bool is_open(const struct sim_switch *s)
{
        return s->state == TG_HA_OPEN || s->state == TG_HA_OPENING;
}

void sim_ha_close(struct sim *sim, uint32_t i, enum tg_gate_scope scope, enum sim_hand hand)
{
        struct sim_switch *s = sim_ha_switch(sim, i, scope);

        if (!is_open(s))
                return;
        /* just opened: nobody may have read that yet */
        *s = (struct sim_switch){ .state = TG_HA_CLOSING,
                                  .hand = hand,
                                  .closed_t_ns = sim->t_ns,
                                  .opened_t_ns = s->opened_t_ns,
                                  .raced = s->opened_t_ns && sim->t_ns - s->opened_t_ns < RACE_NS };
        if (s == &sim->ha.cluster)
                plan(sim, 3000, 20000);
        else
                sim->nodes[i].ha.own_due_real_ns = real_ns(sim, i) + between_ns(sim, 6000, 18000);
}

void sim_ha_open(struct sim *sim, uint32_t i, enum tg_gate_scope scope)
{
        struct sim_switch *s = sim_ha_switch(sim, i, scope);

        if (is_open(s))
                return;
        s->state = TG_HA_OPENING;
        s->opened_t_ns = sim->t_ns;
        if (s == &sim->ha.cluster)
                plan(sim, 5000, 21000);
        else
                sim->nodes[i].ha.own_due_real_ns = real_ns(sim, i) + between_ns(sim, 2000, 8000);
}

/* ---- rounds ---- */

static void find_master(struct sim *sim)
{
        struct sim_ha *ha = &sim->ha;

        if (is_managed(sim)) {
                ha->master_lost_t_ns = sim->t_ns;
                return;
        }
        if (ha->master != SIM_NO_MASTER && sim->t_ns - ha->master_lost_t_ns < TAKE_OVER_NS)
                return;
        ha->master = SIM_NO_MASTER;
        for (uint32_t i = 0; i < sim->n && ha->master == SIM_NO_MASTER; i++)
                if (can_manage(sim, i))
                        ha->master = i;
        if (ha->master != SIM_NO_MASTER)
                sim->nodes[ha->master].ha.due_real_ns = real_ns(sim, ha->master) + between_ns(sim, 3000, 10000);
}

static void come_to(struct sim_switch *s)
{
        if (s->state == TG_HA_CLOSING)
                s->state = TG_HA_CLOSED;
        else
                *s = (struct sim_switch){ .state = TG_HA_OPEN, .opened_t_ns = s->opened_t_ns };
}

static bool is_changing(const struct sim_switch *s)
{
        return s->state == TG_HA_CLOSING || s->state == TG_HA_OPENING;
}

/* Its HA services stand still, or do not know the command: what the manager waits for it never says. */
static bool stands_still(struct sim *sim, uint32_t i)
{
        return sim_ha_quorate(sim, i) && (sim->nodes[i].ha.own.state == TG_HA_CLOSED || sim_ha_is_by_node(sim, i));
}

static void round_of_cluster(struct sim *sim)
{
        if (!is_changing(&sim->ha.cluster) || !is_managed(sim))
                return;
        for (uint32_t i = 0; i < sim->n && sim->ha.cluster.state == TG_HA_CLOSING; i++)
                if (stands_still(sim, i))
                        return;
        for (uint32_t i = 0; i < sim->n; i++)
                if (can_manage(sim, i) && (sim->nodes[i].ha.stuck || real_ns(sim, i) < sim->nodes[i].ha.due_real_ns))
                        return;
        come_to(&sim->ha.cluster);
}

static bool others_are_armed(const struct sim *sim, uint32_t i)
{
        for (uint32_t j = 0; j < sim->n; j++)
                if (j != i && can_manage(sim, j))
                        return true;
        return false;
}

/* The manager goes last: until then it stays, and its node armed. */
static bool must_stay(struct sim *sim, uint32_t i)
{
        if (i != sim->ha.master || !others_are_armed(sim, i))
                return false;
        if (sim->t_ns - sim->nodes[i].ha.own.closed_t_ns < 4 * TAKE_OVER_NS)
                return true;
        sim->ha.master = SIM_NO_MASTER;
        return false;
}

static void round_of_node(struct sim *sim, uint32_t i)
{
        struct sim_ha_node *node = &sim->nodes[i].ha;

        if (!is_changing(&node->own) || node->stuck || !sim_clock_last(&sim->nodes[i].clock)->running ||
            !sim->nodes[i].corosync || real_ns(sim, i) < node->own_due_real_ns)
                return;
        /* what it stops is acknowledged by the manager */
        if (node->own.state == TG_HA_CLOSING && (!sim_ha_quorate(sim, i) || !is_managed(sim) || must_stay(sim, i)))
                return;
        come_to(&node->own);
}

static void plan_round(struct sim *sim)
{
        struct sim_event round = { .t_ns = sim->t_ns + ROUND_NS, .kind = SIM_ROUND };

        sim_push(sim, &round);
}

void sim_ha_handle(struct sim *sim, const struct sim_event *event)
{
        (void)event;
        find_master(sim);
        round_of_cluster(sim);
        for (uint32_t i = 0; i < sim->n; i++) {
                round_of_node(sim, i);
                if (sim_ha_quorate(sim, i))
                        sim->nodes[i].ha.seen = sim->ha.cluster.state;
        }
        plan_round(sim);
}

void sim_ha_start(struct sim *sim)
{
        sim->ha.cluster.state = TG_HA_OPEN;
        for (uint32_t i = 0; i < sim->n; i++)
                sim->nodes[i].ha.own.state = sim->nodes[i].ha.seen = TG_HA_OPEN;
        if (sim->ha.kind != SIM_HA_NONE)
                plan_round(sim);
}

/* ---- what a node sees, and what happens to it ---- */

void sim_ha_read(struct sim *sim, uint32_t i, const struct tg_gate_order *order, struct tg_gate_result *out)
{
        const struct sim_ha *ha = &sim->ha;
        struct sim_ha_node *node = &sim->nodes[i].ha;
        const struct sim_switch *s = sim_ha_switch(sim, i, order->scope);
        uint8_t backend = order->backend ? order->backend : (uint8_t)sim->nodes[i].options.gate_backend;

        out->backend = ha->kind == SIM_HA_NONE ? TG_BACKEND_NONE : TG_BACKEND_PROXMOX;
        out->state = TG_HA_UNUSED;
        out->flags = 0;
        if (ha->kind == SIM_HA_NONE)
                return;
        if (sim_ha_quorate(sim, i))
                node->seen = ha->cluster.state;
        out->state = s == &ha->cluster ? node->seen : s->state;
        out->flags = TG_GATE_READY | (sim_ha_is_by_node(sim, i) ? 0 : TG_GATE_WHOLE) |
                     (ha->master == i && node->own.state != TG_HA_CLOSED ? TG_GATE_MASTER : 0) |
                     (sim_ha_armed(sim, i) ? TG_GATE_ARMED : 0) | (ha->busy ? TG_GATE_BUSY : 0);
        /* another backend sees another stack, which nobody has closed */
        if (backend != TG_BACKEND_AUTO && backend != TG_BACKEND_PROXMOX) {
                bool none = backend == TG_BACKEND_NONE;

                out->backend = backend;
                out->state = none ? TG_HA_UNUSED : TG_HA_OPEN;
                out->flags = none ? 0 : TG_GATE_READY;
        }
        strcpy(out->prior, "armed");
        strcpy(out->command,
               s == &ha->cluster ? "ha-manager crm-command disarm-ha freeze" : "systemctl stop pve-ha-lrm pve-ha-crm");
}

void sim_ha_stepped(struct sim *sim, uint32_t i, int64_t by_ns)
{
        struct sim_event bite = {
                .t_ns = sim->t_ns + between_ns(sim, 100, 1000), .kind = SIM_TRAP, .node = (uint8_t)i, .from = SIM_AT_STEP
        };

        if (sim->ha.watchdogs && by_ns > SIM_WATCHED_NS && sim_ha_armed(sim, i))
                sim_push(sim, &bite);
}

void sim_ha_bite(struct sim *sim, uint32_t i)
{
        struct sim_fault reset = {
                .t_ns = sim->t_ns, .kind = sim_fault_find("power-off"), .nodes = UINT64_C(1) << i, .for_ns = SIM_RESET_NS
        };

        sim->ha.resets++;
        sim_fault_apply(sim, &reset);
}

void sim_ha_power_lost(struct sim *sim, uint32_t i)
{
        struct sim_ha_node *node = &sim->nodes[i].ha;

        for (int k = 0; k < SIM_UNITS; k++)
                node->units[k].runs = false;
        node->disk_writes = false;
        node->own.state = node->own.state == TG_HA_CLOSED ? TG_HA_CLOSED : TG_HA_OPEN;
}

/* Its services are enabled: a boot starts them. */
void sim_ha_booted(struct sim *sim, uint32_t i)
{
        sim->nodes[i].ha.own = (struct sim_switch){ .state = TG_HA_OPEN, .opened_t_ns = sim->t_ns };
}
