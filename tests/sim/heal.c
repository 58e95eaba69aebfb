/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The end of all faults: what an administrator does at last. What then remains wrong is timeguard's. */
#include "fault.h"

static void mend_clock(struct sim *sim, uint32_t i)
{
        struct sim_node *node = &sim->nodes[i];
        int64_t wrong = sim_clock_real(&node->clock, sim->t_ns) - SIM_EPOCH_NS - sim->t_ns;

        node->servo.forced_ppb = 0;
        sim_servo_follow(sim, i, "s1");
        sim_servo_start(sim, i);
        if (wrong > TG_NS_PER_MS || wrong < -TG_NS_PER_MS) {
                sim_clock_step(&node->clock, sim->t_ns, -wrong);
                sim_stepped(sim, i);
        }
}

static void mend_executor(struct sim *sim, uint32_t i)
{
        struct sim_ha_node *node = &sim->nodes[i].ha;

        node->fails = node->hangs = node->disk_full = false;
        node->trap = SIM_AT_NOTHING;
}

static void run(struct sim *sim, const char *name)
{
        struct sim_fault fault = { .t_ns = sim->t_ns, .kind = sim_fault_find(name) };

        fault.nodes = (UINT64_C(1) << (sim->n - 1)) * 2 - 1;
        sim_fault_kinds[fault.kind].apply(sim, &fault);
}

void sim_heal(struct sim *sim)
{
        for (uint32_t k = 0; k < sim->n_servers; k++) {
                sim->servers[k].state = SIM_SERVER_UP;
                sim->servers[k].offset_ns = sim->servers[k].rate_ppb = 0;
        }
        sim->ghosts = 0;
        sim->ha.busy = false;
        sim->qdevice_alive = sim->qdevice_votes;
        run(sim, "power-on");
        run(sim, "corosync-start");
        run(sim, "agent-start");
        run(sim, "merge");
        for (uint32_t i = 0; i < sim->n; i++) {
                sim->nodes[i].tamper = SIM_HONEST;
                mend_clock(sim, i);
                mend_executor(sim, i);
                sim_agent_configure(sim, i, &sim->nodes[0].options);
        }
        if (sim->ha.held || sim->ha.asked) {
                sim->ha.held = sim->ha.asked = false;
                run(sim, "gate-release");
        }
}
