/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See fault.h: the table, and what each of its rows does. */
#include "fault_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOAD_FACTOR 20

typedef void per_node(struct sim *sim, uint32_t i, const struct sim_fault *fault);

static void each(struct sim *sim, const struct sim_fault *fault, per_node *what)
{
        for (uint32_t i = 0; i < sim->n; i++)
                if (fault->nodes >> i & 1)
                        what(sim, i, fault);
}

/* A node's row: NAME(sim, fault) does NAME_one to each node of the set. */
#define EACH(NAME)                                                                                                             \
        static void NAME(struct sim *sim, const struct sim_fault *fault)                                                       \
        {                                                                                                                      \
                each(sim, fault, NAME##_one);                                                                                  \
        }

static bool awake(const struct sim *sim, uint32_t i)
{
        return sim_clock_last(&sim->nodes[i].clock)->running;
}

/* ---- clocks ---- */

static void step_one(struct sim *sim, uint32_t i, const struct sim_fault *fault)
{
        if (!awake(sim, i))
                return;
        sim_clock_step(&sim->nodes[i].clock, sim->t_ns, fault->value);
        sim_ha_stepped(sim, i, fault->value);
        sim_stepped(sim, i);
}
EACH(step)

static void unstep(struct sim *sim, const struct sim_fault *fault)
{
        struct sim_fault back = *fault;

        back.value = -back.value;
        step(sim, &back);
}

static void leap_one(struct sim *sim, uint32_t i, const struct sim_fault *fault)
{
        if (!awake(sim, i))
                return;
        sim_clock_leap(&sim->nodes[i].clock, sim->t_ns, fault->value);
        sim_stepped(sim, i);
}
EACH(leap)

static void rate_one(struct sim *sim, uint32_t i, const struct sim_fault *fault)
{
        sim->nodes[i].servo.forced_ppb = fault->value;
        sim_servo_apply(sim, i);
}
EACH(rate)

static void unrate_one(struct sim *sim, uint32_t i, const struct sim_fault *fault)
{
        (void)fault;
        sim->nodes[i].servo.forced_ppb = 0;
        sim_servo_apply(sim, i);
}
EACH(unrate)

static void oscillator_one(struct sim *sim, uint32_t i, const struct sim_fault *fault)
{
        sim_clock_oscillator(&sim->nodes[i].clock, sim->t_ns, sim_clock_last(&sim->nodes[i].clock)->raw_ppb + fault->value);
}
EACH(oscillator)

static void sleep_one(struct sim *sim, uint32_t i, const struct sim_fault *fault)
{
        (void)fault;
        if (!awake(sim, i))
                return;
        sim_corosync_freeze(sim, i);
        sim_agent_freeze(sim, i);
        sim_clock_halt(&sim->nodes[i].clock, sim->t_ns);
}
EACH(sleep)

static void rouse(struct sim *sim, uint32_t i, void how(struct sim_clock *, int64_t))
{
        if (awake(sim, i))
                return;
        how(&sim->nodes[i].clock, sim->t_ns);
        sim_servo_apply(sim, i);
        sim_agent_thaw(sim, i);
        sim_corosync_thaw(sim, i);
}

static void resume_one(struct sim *sim, uint32_t i, const struct sim_fault *fault)
{
        (void)fault;
        rouse(sim, i, sim_clock_go);
}
EACH(resume)

static void wake_one(struct sim *sim, uint32_t i, const struct sim_fault *fault)
{
        (void)fault;
        rouse(sim, i, sim_clock_wake);
}
EACH(wake)

static void restore_one(struct sim *sim, uint32_t i, const struct sim_fault *fault)
{
        int64_t raw = sim_clock_raw(&sim->nodes[i].clock, sim->t_ns), back = llabs(fault->value);

        if (awake(sim, i) && raw > back)
                sim_clock_return(&sim->nodes[i].clock, sim->t_ns, back);
}
EACH(restore)

/* ---- network and corosync ---- */

static void partition(struct sim *sim, const struct sim_fault *fault)
{
        for (uint32_t i = 0; i < sim->n; i++)
                for (uint8_t g = 0; g < 4; g++)
                        if (fault->groups[g] >> i & 1)
                                sim->nodes[i].zone = g;
        sim_totem_change(sim, true);
}

static void merge(struct sim *sim, const struct sim_fault *fault)
{
        (void)fault;
        for (uint32_t i = 0; i < sim->n; i++)
                sim->nodes[i].zone = 0;
        sim_totem_change(sim, false);
}

static void corosync_stop_one(struct sim *sim, uint32_t i, const struct sim_fault *fault)
{
        (void)fault;
        sim_corosync_stop(sim, i, true);
}
EACH(corosync_stop)

static void corosync_kill_one(struct sim *sim, uint32_t i, const struct sim_fault *fault)
{
        (void)fault;
        sim_corosync_stop(sim, i, false);
}
EACH(corosync_kill)

static void corosync_start_one(struct sim *sim, uint32_t i, const struct sim_fault *fault)
{
        (void)fault;
        if (!sim->nodes[i].off)
                sim_corosync_start(sim, i);
}
EACH(corosync_start)

/* So soon that the others see one change of the ring only. */
static void corosync_bounce_one(struct sim *sim, uint32_t i, const struct sim_fault *fault)
{
        (void)fault;
        sim_corosync_stop(sim, i, false);
        sim_corosync_start(sim, i);
}
EACH(corosync_bounce)

static void corosync_freeze_one(struct sim *sim, uint32_t i, const struct sim_fault *fault)
{
        (void)fault;
        sim_corosync_freeze(sim, i);
}
EACH(corosync_freeze)

static void corosync_thaw_one(struct sim *sim, uint32_t i, const struct sim_fault *fault)
{
        (void)fault;
        if (awake(sim, i))
                sim_corosync_thaw(sim, i);
}
EACH(corosync_thaw)

static void load(struct sim *sim, const struct sim_fault *fault)
{
        (void)fault;
        sim->delay_min_ns *= LOAD_FACTOR;
        sim->delay_mean_ns *= LOAD_FACTOR;
}

static void unload(struct sim *sim, const struct sim_fault *fault)
{
        (void)fault;
        sim->delay_min_ns /= LOAD_FACTOR;
        sim->delay_mean_ns /= LOAD_FACTOR;
}

static void qdevice(struct sim *sim, bool alive)
{
        sim->qdevice_alive = alive;
        for (uint32_t i = 0; i < sim->n; i++)
                if (sim->nodes[i].corosync)
                        sim_totem_quorum(sim, i);
}

static void qdevice_lost(struct sim *sim, const struct sim_fault *fault)
{
        (void)fault;
        qdevice(sim, false);
}

static void tell_nodelist(struct sim *sim)
{
        for (uint32_t i = 0; i < sim->n; i++) {
                if (!sim->nodes[i].corosync)
                        continue;
                sim->nodes[i].told = 0;
                sim_totem_quorum(sim, i);
        }
}

static void remove_node(struct sim *sim, const struct sim_fault *fault)
{
        sim->removed |= fault->nodes;
        tell_nodelist(sim);
}

static void put_back(struct sim *sim, const struct sim_fault *fault)
{
        sim->removed &= ~fault->nodes;
        tell_nodelist(sim);
}

/* The highest number that any corosync remembers is what the next ring's is made of. */
static void ring_anew(struct sim *sim, const struct sim_fault *fault)
{
        (void)fault;
        for (uint32_t i = 0; i < sim->n; i++)
                sim->nodes[i].ring_id.seq = 0;
}

static void qdevice_back(struct sim *sim, const struct sim_fault *fault)
{
        (void)fault;
        qdevice(sim, true);
}

/* ---- agents ---- */

static void agent_kill_one(struct sim *sim, uint32_t i, const struct sim_fault *fault)
{
        (void)fault;
        sim_agent_stop(sim, i, false);
}
EACH(agent_kill)

static void agent_stop_one(struct sim *sim, uint32_t i, const struct sim_fault *fault)
{
        (void)fault;
        sim_agent_stop(sim, i, true);
}
EACH(agent_stop)

static void agent_start_one(struct sim *sim, uint32_t i, const struct sim_fault *fault)
{
        (void)fault;
        sim->nodes[i].installed = true;
        if (!sim->nodes[i].off)
                sim_agent_start(sim, i);
}
EACH(agent_start)

static void agent_freeze_one(struct sim *sim, uint32_t i, const struct sim_fault *fault)
{
        (void)fault;
        sim_agent_freeze(sim, i);
}
EACH(agent_freeze)

static void agent_thaw_one(struct sim *sim, uint32_t i, const struct sim_fault *fault)
{
        (void)fault;
        if (awake(sim, i))
                sim_agent_thaw(sim, i);
}
EACH(agent_thaw)

/* Agent, corosync and chronyd are gone at once. */
static void power_off_one(struct sim *sim, uint32_t i, const struct sim_fault *fault)
{
        if (!awake(sim, i))
                resume_one(sim, i, fault);
        sim_agent_stop(sim, i, false);
        sim_ha_power_lost(sim, i);
        sim->nodes[i].off = true;
        sim_corosync_stop(sim, i, false);
        sim_servo_stop(sim, i, SIM_CHRONY_GONE);
}
EACH(power_off)

/* Boots with what its RTC says: `value` off. */
static void power_on_one(struct sim *sim, uint32_t i, const struct sim_fault *fault)
{
        struct sim_node *node = &sim->nodes[i];

        if (node->core || node->corosync)
                return;
        node->off = false;
        for (uint32_t k = 0; k < sizeof node->boot_id; k++)
                node->boot_id[k] = (uint8_t)sim_random(sim, 256);
        sim_clock_boot(&node->clock, sim->t_ns, SIM_EPOCH_NS + sim->t_ns + fault->value);
        sim_ha_booted(sim, i);
        sim_servo_start(sim, i);
        sim_corosync_start(sim, i);
        sim_agent_start(sim, i);
}
EACH(power_on)

static void ghost(struct sim *sim, const struct sim_fault *fault)
{
        sim->ghosts |= fault->nodes;
}

static void unghost(struct sim *sim, const struct sim_fault *fault)
{
        sim->ghosts &= ~fault->nodes;
}

static void tell_groups(struct sim *sim, uint64_t nodes)
{
        for (uint32_t i = 0; i < sim->n; i++)
                if (nodes >> i & 1)
                        sim_totem_group(sim, i);
}

static void second_agent(struct sim *sim, const struct sim_fault *fault)
{
        sim->doubles |= fault->nodes;
        tell_groups(sim, fault->nodes);
}

static void one_agent(struct sim *sim, const struct sim_fault *fault)
{
        sim->doubles &= ~fault->nodes;
        tell_groups(sim, fault->nodes);
}

static const char *const tamper_names[] = {
        [SIM_HONEST] = "nothing", [SIM_MINOR] = "minor", [SIM_MAJOR] = "major", [SIM_CORRUPT] = "corrupt",
        [SIM_REPLAY] = "replay",  [SIM_FORGE] = "forge", [SIM_LIAR] = "liar",
};
#define TAMPERS (sizeof tamper_names / sizeof tamper_names[0])

static void tamper_one(struct sim *sim, uint32_t i, const struct sim_fault *fault)
{
        for (size_t k = 0; k < TAMPERS; k++)
                if (!strcmp(fault->text, tamper_names[k])) {
                        sim->nodes[i].tamper = (enum sim_tamper)k;
                        return;
                }
        sim_trouble(sim, "no such tampering: %s", fault->text);
}
EACH(tamper)

static void untamper_one(struct sim *sim, uint32_t i, const struct sim_fault *fault)
{
        (void)fault;
        sim->nodes[i].tamper = SIM_HONEST;
}
EACH(untamper)

/* ---- configuration ---- */

static void configure_one(struct sim *sim, uint32_t i, const struct sim_fault *fault)
{
        struct tg_options options = sim->nodes[i].options;
        char key[sizeof fault->text], error[TG_OPTION_ERROR_MAX];
        int used = 0;

        if (sscanf(fault->text, "%63s %n", key, &used) != 1 || tg_options_set(&options, key, fault->text + used, error) < 0)
                sim_trouble(sim, "configure %s: %s", fault->text, used ? error : "no value");
        else
                sim_agent_configure(sim, i, &options);
}
EACH(configure)

/* ---- chronyd and servers ---- */

#define CHRONY(NAME, HOW)                                                                                                      \
        static void NAME##_one(struct sim *sim, uint32_t i, const struct sim_fault *fault)                                     \
        {                                                                                                                      \
                (void)fault;                                                                                                   \
                sim_servo_stop(sim, i, HOW);                                                                                   \
        }                                                                                                                      \
        EACH(NAME)
CHRONY(chrony_freeze, SIM_CHRONY_FROZEN)
CHRONY(chrony_stop, SIM_CHRONY_GONE)
CHRONY(chrony_mute, SIM_CHRONY_MUTE)
CHRONY(chrony_thaw, SIM_CHRONY_RUNS)

static void chrony_start_one(struct sim *sim, uint32_t i, const struct sim_fault *fault)
{
        (void)fault;
        if (awake(sim, i))
                sim_servo_start(sim, i);
}
EACH(chrony_start)

static void follow_one(struct sim *sim, uint32_t i, const struct sim_fault *fault)
{
        sim_servo_follow(sim, i, !strcmp(fault->text, "nothing") ? "" : fault->text);
        sim_servo_start(sim, i);
}
EACH(follow)

static void local_on_one(struct sim *sim, uint32_t i, const struct sim_fault *fault)
{
        (void)fault;
        sim->nodes[i].servo.local_allowed = true;
}
EACH(local_on)

static void local_off_one(struct sim *sim, uint32_t i, const struct sim_fault *fault)
{
        (void)fault;
        sim->nodes[i].servo.local_allowed = sim->nodes[i].servo.local = false;
}
EACH(local_off)

static void server_set(struct sim *sim, const struct sim_fault *fault, enum sim_server_state state)
{
        sim->servers[fault->server].state = state;
}

static void server_die(struct sim *sim, const struct sim_fault *fault)
{
        server_set(sim, fault, SIM_SERVER_DEAD);
}

static void server_live(struct sim *sim, const struct sim_fault *fault)
{
        server_set(sim, fault, SIM_SERVER_UP);
}

static void server_local(struct sim *sim, const struct sim_fault *fault)
{
        server_set(sim, fault, SIM_SERVER_LOCAL);
}

static void server_step(struct sim *sim, const struct sim_fault *fault)
{
        sim->servers[fault->server].offset_ns += fault->value;
}

static void server_unstep(struct sim *sim, const struct sim_fault *fault)
{
        sim->servers[fault->server].offset_ns -= fault->value;
}

static void server_rate(struct sim *sim, const struct sim_fault *fault)
{
        struct sim_server *server = &sim->servers[fault->server];

        server->offset_ns = sim_server_error_ns(server, sim->t_ns);
        server->since_t_ns = sim->t_ns;
        server->rate_ppb = fault->value;
}

static void server_unrate(struct sim *sim, const struct sim_fault *fault)
{
        struct sim_fault still = *fault;

        still.value = 0;
        server_rate(sim, &still);
}

/* ---- the table ---- */

const struct sim_fault_kind sim_fault_kinds[] = {
        { "step", "ND", step, unstep, false, 10, "the clock is set by so much" },
        { "leap", "ND", leap, NULL, false, 1, "a leap second: -1s inserts one" },
        { "rate", "NP", rate, unrate, false, 5, "somebody makes REALTIME run at another rate" },
        { "oscillator", "NP", oscillator, NULL, false, 3, "the oscillator's rate changes by so much" },
        { "pause", "N", sleep, resume, true, 4, "the virtual machine stands still, and its clocks with it" },
        { "suspend", "N", sleep, wake, true, 2, "the machine sleeps; REALTIME goes on" },
        { "restore", "ND", restore, NULL, false, 1, "the virtual machine goes back to an earlier state of its clocks" },
        { "partition", "G", partition, merge, false, 5, "the network breaks into groups" },
        { "merge", "", merge, NULL, false, 0, "the network is whole again" },
        { "corosync-stop", "N", corosync_stop, corosync_start, false, 2, "corosync stops in good order" },
        { "corosync-kill", "N", corosync_kill, corosync_start, false, 2, "corosync dies" },
        { "corosync-start", "N", corosync_start, NULL, false, 0, "corosync starts" },
        { "corosync-bounce", "N", corosync_bounce, NULL, false, 1, "corosync dies and is back before the others notice" },
        { "corosync-freeze", "N", corosync_freeze, corosync_thaw, true, 4, "corosync is stopped by a signal" },
        { "load", "", load, unload, true, 3, "deliveries take 20 times as long" },
        { "qdevice-lost", "", qdevice_lost, qdevice_back, false, 1, "the qdevice no longer votes" },
        { "qdevice-back", "", qdevice_back, NULL, false, 0, "the qdevice votes again" },
        { "remove", "N", remove_node, put_back, false, 0, "a node that is away is taken out of corosync's nodelist" },
        { "ring-anew", "", ring_anew, NULL, false, 0, "/var/lib/corosync is emptied on all nodes, while it does not run" },
        { "agent-kill", "N", agent_kill, agent_start, false, 3, "timeguardd dies" },
        { "agent-stop", "N", agent_stop, agent_start, false, 2, "timeguardd stops in good order" },
        { "agent-start", "N", agent_start, NULL, false, 0, "timeguardd starts" },
        { "agent-freeze", "N", agent_freeze, agent_thaw, true, 3, "timeguardd is stopped by a signal" },
        { "power-off", "N", power_off, power_on, false, 2, "the node loses power" },
        { "power-on", "ND", power_on, NULL, false, 0, "the node boots, with an RTC that is off by so much" },
        { "ghost", "N", ghost, unghost, false, 1, "the agent stays in the process group when it is gone" },
        { "second-agent", "N", second_agent, one_agent, false, 0, "another timeguardd is started beside the first" },
        { "tamper", "NT", tamper, untamper, false, 3, "reports are minor, major, corrupt, replay, forge, liar, nothing" },
        { "configure", "NT", configure, NULL, false, 0, "the configuration is reloaded with another value" },
        { "ha-disarm", "", fault_ha_disarm, fault_ha_arm, false, 0, "an administrator closes the HA stack" },
        { "ha-arm", "", fault_ha_arm, NULL, false, 0, "an administrator opens the HA stack" },
        { "ha-stop", "N", fault_ha_stop, fault_ha_go, false, 0, "an administrator stops a node's HA services" },
        { "ha-go", "N", fault_ha_go, NULL, false, 0, "an administrator starts a node's HA services" },
        { "ha-busy", "", fault_ha_busy, fault_ha_idle, true, 0, "services are being recovered or migrated" },
        { "ha-stuck", "N", fault_ha_stuck, fault_ha_moves, true, 0, "a node's HA services get nothing done" },
        { "gate-hold", "N", fault_gate_hold, fault_gate_hold_ends, false, 0, "'timeguard gate hold' on a node" },
        { "gate-close", "N", fault_gate_close, fault_gate_hold_ends, false, 0,
          "an administrator has the gate closed, as 'timeguard safe-step' does" },
        { "gate-release", "N", fault_gate_release, NULL, false, 0, "'timeguard gate release' on a node" },
        { "executor-fails", "N", fault_executor_fails, fault_executor_works, true, 0, "commands that close or open fail" },
        { "executor-hangs", "N", fault_executor_hangs, fault_executor_goes, true, 0, "no unit of the executor ends in time" },
        { "executor-slow", "N", fault_executor_slow, fault_executor_quick, true, 0,
          "each unit of the executor takes seconds to begin" },
        { "disk-full", "N", fault_disk_full, fault_disk_room, true, 0, "the agent cannot write its records" },
        { "agent-kill-at", "NT", fault_trap, fault_untrap, true, 0, "the executor's agent dies when its record is so far" },
        { "power-off-at", "NT", fault_trap, fault_untrap, true, 0,
          "the executor's node loses power when its record is so far" },
        { "heal", "", fault_heal, NULL, false, 0, "all is mended that can be" },
        { "chrony-freeze", "N", chrony_freeze, chrony_thaw, false, 2, "chronyd is stopped by a signal" },
        { "chrony-stop", "N", chrony_stop, chrony_start, false, 2, "chronyd is gone" },
        { "chrony-mute", "N", chrony_mute, chrony_thaw, false, 1, "chronyd answers no command (cmdport 0)" },
        { "chrony-start", "N", chrony_start, NULL, false, 1, "chronyd starts anew" },
        { "follow", "NT", follow, NULL, false, 2, "chronyd gets other sources and restarts: s1,s2 or n3 or nothing" },
        { "local-on", "N", local_on, local_off, false, 1, "chronyd may fall back to its own clock" },
        { "local-off", "N", local_off, NULL, false, 0, "it may no longer" },
        { "server-die", "S", server_die, server_live, false, 2, "the server answers no more" },
        { "server-live", "S", server_live, NULL, false, 0, "it answers again" },
        { "server-local", "S", server_local, server_live, false, 1, "the server falls back to its own clock, stratum 10" },
        { "server-step", "SD", server_step, server_unstep, false, 2, "the server's time jumps" },
        { "server-rate", "SP", server_rate, server_unrate, false, 1, "the server's time drifts" },
};
const int sim_fault_kinds_n = sizeof sim_fault_kinds / sizeof sim_fault_kinds[0];

int sim_fault_find(const char *name)
{
        for (int k = 0; k < sim_fault_kinds_n; k++)
                if (!strcmp(sim_fault_kinds[k].name, name))
                        return k;
        return -1;
}

void sim_fault_apply(struct sim *sim, const struct sim_fault *fault)
{
        const struct sim_fault_kind *kind = &sim_fault_kinds[fault->kind];
        struct sim_event end = { .t_ns = sim->t_ns + fault->for_ns, .kind = SIM_UNDO, .len = sizeof *fault };

        sim->fault_t_ns = sim->t_ns;
        kind->apply(sim, fault);
        if (!fault->for_ns || !kind->undo)
                return;
        memcpy(end.data, fault, sizeof *fault);
        sim_push(sim, &end);
}

void sim_fault_handle(struct sim *sim, const struct sim_event *event)
{
        struct sim_fault fault;

        memcpy(&fault, event->data, sizeof fault);
        sim->fault_t_ns = sim->t_ns;
        sim_fault_kinds[fault.kind].undo(sim, &fault);
}
