/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See fault.h: what can happen to the HA stack, to executors, and what an administrator says. */
#include <stdio.h>
#include <string.h>

#include "fault_private.h"

/* As the end of another kind of fault. */
static void fault_undo_as(struct sim *sim, const struct sim_fault *fault, const char *kind)
{
        sim_fault_kinds[sim_fault_find(kind)].undo(sim, fault);
}

static void on_every_node(struct sim *sim, void what(struct sim *sim, uint32_t i))
{
        for (uint32_t i = 0; i < sim->n; i++)
                if (sim->ha.kind == SIM_HA_EACH || sim_ha_quorate(sim, i)) {
                        what(sim, i);
                        if (sim->ha.kind != SIM_HA_EACH)
                                return;
                }
}

static void admin_close(struct sim *sim, uint32_t i)
{
        sim_ha_close(sim, i, TG_GATE_CLUSTER, SIM_ADMINISTRATOR);
}

static void admin_open(struct sim *sim, uint32_t i)
{
        sim_ha_open(sim, i, TG_GATE_CLUSTER);
}

void fault_ha_disarm(struct sim *sim, const struct sim_fault *fault)
{
        (void)fault;
        on_every_node(sim, admin_close);
}

void fault_ha_arm(struct sim *sim, const struct sim_fault *fault)
{
        (void)fault;
        on_every_node(sim, admin_open);
}

static void ha_stop_one(struct sim *sim, uint32_t i, const struct sim_fault *fault)
{
        (void)fault;
        sim_ha_close(sim, i, TG_GATE_NODE, SIM_ADMINISTRATOR);
}
FAULT_EACH(ha_stop)

static void ha_go_one(struct sim *sim, uint32_t i, const struct sim_fault *fault)
{
        (void)fault;
        sim_ha_open(sim, i, TG_GATE_NODE);
}
FAULT_EACH(ha_go)

void fault_ha_busy(struct sim *sim, const struct sim_fault *fault)
{
        (void)fault;
        sim->ha.busy = true;
}

void fault_ha_idle(struct sim *sim, const struct sim_fault *fault)
{
        (void)fault;
        sim->ha.busy = false;
}

static void word(struct sim *sim, uint32_t i, enum tg_gate_word word, int64_t for_ns)
{
        struct sim_node *node = &sim->nodes[i];
        struct tg_event event = { .type = TG_EVENT_ADMIN,
                                  .admin = { .word = word, .left_s = for_ns ? (uint32_t)(for_ns / TG_NS_PER_S) : UINT32_MAX } };

        if (!node->core || node->frozen || !sim_clock_last(&node->clock)->running)
                return; /* the command fails */
        sim->ha.word_t_ns = sim->t_ns;
        if (word == TG_WORD_RELEASE)
                sim->ha.released_t_ns = sim->t_ns;
        sim->ha.held = word == TG_WORD_HOLD;
        sim->ha.asked = word == TG_WORD_CLOSE;
        sim->ha.word_node = i;
        sim->ha.held_until_t_ns = for_ns ? sim->t_ns + for_ns : INT64_MAX;
        sim_agent_give(sim, i, &event, NULL);
}

static void gate_hold_one(struct sim *sim, uint32_t i, const struct sim_fault *fault)
{
        word(sim, i, TG_WORD_HOLD, fault->for_ns);
}
FAULT_EACH(gate_hold)

static void gate_close_one(struct sim *sim, uint32_t i, const struct sim_fault *fault)
{
        word(sim, i, TG_WORD_CLOSE, fault->for_ns);
}
FAULT_EACH(gate_close)

static void gate_release_one(struct sim *sim, uint32_t i, const struct sim_fault *fault)
{
        (void)fault;
        word(sim, i, TG_WORD_RELEASE, 0);
}
FAULT_EACH(gate_release)

/* It ends by itself. */
void fault_gate_hold_ends(struct sim *sim, const struct sim_fault *fault)
{
        (void)sim, (void)fault;
}

#define SWITCH(NAME, FIELD, VALUE)                                                                                             \
        static void NAME##_one(struct sim *sim, uint32_t i, const struct sim_fault *fault)                                     \
        {                                                                                                                      \
                (void)fault;                                                                                                   \
                sim->nodes[i].ha.FIELD = VALUE;                                                                                \
        }                                                                                                                      \
        FAULT_EACH(NAME)
SWITCH(ha_stuck, stuck, true)
SWITCH(ha_moves, stuck, false)
SWITCH(executor_fails, fails, true)
SWITCH(executor_works, fails, false)
SWITCH(executor_hangs, hangs, true)
SWITCH(executor_goes, hangs, false)
SWITCH(executor_slow, slow, true)
SWITCH(executor_quick, slow, false)
SWITCH(disk_full, disk_full, true)
SWITCH(disk_room, disk_full, false)

static void trap_one(struct sim *sim, uint32_t i, const struct sim_fault *fault)
{
        struct sim_ha_node *node = &sim->nodes[i].ha;

        for (int k = 1; k < SIM_STAGES; k++)
                if (!strcmp(fault->text, sim_stage_text(k)))
                        node->trap = (enum sim_stage)k;
        if (!node->trap)
                sim_trouble(sim, "no such stage of an executor: %s", fault->text);
        node->trap_power = !strcmp(sim_fault_kinds[fault->kind].name, "power-off-at");
}
FAULT_EACH(trap)

void fault_untrap(struct sim *sim, const struct sim_fault *fault)
{
        bool power = !strcmp(sim_fault_kinds[fault->kind].name, "power-off-at");

        for (uint32_t i = 0; i < sim->n; i++)
                if (fault->nodes >> i & 1)
                        sim->nodes[i].ha.trap = SIM_AT_NOTHING;
        fault_undo_as(sim, fault, power ? "power-off" : "agent-kill");
}

void fault_heal(struct sim *sim, const struct sim_fault *fault)
{
        (void)fault;
        sim_heal(sim);
}
