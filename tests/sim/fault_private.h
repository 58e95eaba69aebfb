/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rows of the table of faults that stand in a file of their own: those of the gate. */
#pragma once

#include "fault.h"

/* A node's row: fault_NAME(sim, fault) does NAME_one to each node of the set. */
#define FAULT_EACH(NAME)                                                                                                       \
        void fault_##NAME(struct sim *sim, const struct sim_fault *fault)                                                      \
        {                                                                                                                      \
                for (uint32_t i = 0; i < sim->n; i++)                                                                          \
                        if (fault->nodes >> i & 1)                                                                             \
                                NAME##_one(sim, i, fault);                                                                     \
        }

/* fault_gate.c */
void fault_ha_stop(struct sim *sim, const struct sim_fault *fault);
void fault_ha_go(struct sim *sim, const struct sim_fault *fault);
void fault_ha_stuck(struct sim *sim, const struct sim_fault *fault);
void fault_ha_moves(struct sim *sim, const struct sim_fault *fault);
void fault_gate_hold(struct sim *sim, const struct sim_fault *fault);
void fault_gate_close(struct sim *sim, const struct sim_fault *fault);
void fault_gate_release(struct sim *sim, const struct sim_fault *fault);
void fault_trap(struct sim *sim, const struct sim_fault *fault);
void fault_executor_fails(struct sim *sim, const struct sim_fault *fault);
void fault_executor_works(struct sim *sim, const struct sim_fault *fault);
void fault_executor_hangs(struct sim *sim, const struct sim_fault *fault);
void fault_executor_slow(struct sim *sim, const struct sim_fault *fault);
void fault_executor_quick(struct sim *sim, const struct sim_fault *fault);
void fault_executor_goes(struct sim *sim, const struct sim_fault *fault);
void fault_disk_full(struct sim *sim, const struct sim_fault *fault);
void fault_disk_room(struct sim *sim, const struct sim_fault *fault);
void fault_ha_disarm(struct sim *sim, const struct sim_fault *fault);
void fault_ha_arm(struct sim *sim, const struct sim_fault *fault);
void fault_ha_busy(struct sim *sim, const struct sim_fault *fault);
void fault_ha_idle(struct sim *sim, const struct sim_fault *fault);
void fault_gate_hold_ends(struct sim *sim, const struct sim_fault *fault);
void fault_untrap(struct sim *sim, const struct sim_fault *fault);
void fault_heal(struct sim *sim, const struct sim_fault *fault);
