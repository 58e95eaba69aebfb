/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The executor of each node, and traps that kill it: an order is a unit of its own, which reads the HA stack, waits for the lock, gives the command
   and tells what came of it. It goes on when the agent is killed (nobody hears its result then) and ends when the node loses power. */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "fault.h"
#include "sim.h"

#define LOCK_MS   10000 /* the lock is waited for so long at most */
#define RESULT_NS (20 * TG_NS_PER_MS)

enum phase { READ, COMMAND, NO_QUORUM, END, RESULT, EXPIRED };

static int64_t between_ns(struct sim *sim, int64_t low_ms, int64_t high_ms)
{
        return (low_ms + (int64_t)sim_ha_random(sim, (uint64_t)(high_ms - low_ms) + 1)) * TG_NS_PER_MS;
}

static void tell(struct sim *sim, uint32_t i, const struct sim_unit *unit, enum sim_unit_phase phase)
{
        if (sim->watch_unit && unit->order.verb != TG_GATE_STATUS)
                sim->watch_unit(sim, i, unit, phase, sim->user);
}

/* The unit's next phase; it stands in `from`, its place in `pid`, its number in `life`. */
static void push_phase(struct sim *sim, uint32_t i, const struct sim_unit *unit, enum phase phase, int64_t after_ns)
{
        struct sim_event event = { .t_ns = sim->t_ns + after_ns,
                                   .kind = SIM_UNIT,
                                   .node = (uint8_t)i,
                                   .from = (uint8_t)phase,
                                   .pid = (uint32_t)(unit - sim->nodes[i].ha.units),
                                   .life = unit->number };

        sim_push(sim, &event);
}

void sim_executor_order(struct sim *sim, uint32_t i, const struct tg_gate_order *order)
{
        struct sim_ha_node *node = &sim->nodes[i].ha;
        struct sim_unit *unit = NULL;

        /* timeguardd runs one at a time, and refuses what comes before the last one's result */
        for (int k = 0; k < SIM_UNITS; k++)
                if (node->units[k].runs && node->units[k].life == sim->nodes[i].life)
                        sim_trouble(sim, "executor: n%u orders to %s while its run to %s goes on", i + 1,
                                    tg_gate_verb_text(order->verb), tg_gate_verb_text(node->units[k].order.verb));
        for (int k = 0; k < SIM_UNITS && !unit; k++)
                if (!node->units[k].runs)
                        unit = &node->units[k];
        if (!unit) {
                sim_trouble(sim, "executor: n%u has ordered more than %d runs at once", i + 1, SIM_UNITS);
                return;
        }
        *unit = (struct sim_unit){ .runs = true,
                                   .hangs = node->hangs,
                                   .life = sim->nodes[i].life,
                                   .number = ++node->units_begun,
                                   .began_t_ns = sim->t_ns,
                                   .order = *order };
        tell(sim, i, unit, SIM_UNIT_BEGINS);
        if (order->verb == TG_GATE_CLOSE)
                sim_trap(sim, i, SIM_AT_RUN);
        else if (order->verb == TG_GATE_OPEN)
                sim_trap(sim, i, SIM_AT_OPEN_RUN);
        if (unit->hangs)
                push_phase(sim, i, unit, EXPIRED, SIM_UNIT_NS);
        /* a run that hangs may have given its command before */
        if (!unit->hangs || sim_ha_random(sim, 2))
                push_phase(sim, i, unit, READ, node->slow ? between_ns(sim, 3000, 8000) : between_ns(sim, 50, 300));
}

/* ---- what it does ---- */

static void end(struct sim *sim, uint32_t i, struct sim_unit *unit, enum tg_gate_outcome outcome, const char *detail)
{
        struct sim_event event = { .t_ns = sim->t_ns + RESULT_NS, .kind = SIM_RESULT, .node = (uint8_t)i, .life = unit->life };
        struct tg_gate_result result = { .ticket = unit->order.ticket, .verb = unit->order.verb, .outcome = outcome };

        unit->runs = false;
        tell(sim, i, unit, SIM_UNIT_ENDS);
        if (outcome == TG_GATE_DONE)
                sim_ha_read(sim, i, &unit->order, &result);
        else if (unit->found != TG_HA_UNKNOWN)
                result.state = unit->found;
        snprintf(result.detail, sizeof result.detail, "%s", detail);
        static_assert(sizeof result <= sizeof event.data, "a result fits an event");
        event.len = sizeof result;
        memcpy(event.data, &result, sizeof result);
        sim_push(sim, &event);
}

static bool needs_lock(struct sim *sim, uint32_t i, const struct sim_unit *unit)
{
        return sim_ha_switch(sim, i, unit->order.scope) == &sim->ha.cluster;
}

static void read_first(struct sim *sim, uint32_t i, struct sim_unit *unit)
{
        struct tg_gate_result found = { 0 };
        bool closes = unit->order.verb == TG_GATE_CLOSE;

        if (unit->order.verb == TG_GATE_STATUS) {
                end(sim, i, unit, TG_GATE_DONE, "read");
                return;
        }
        sim_ha_read(sim, i, &unit->order, &found);
        unit->found = found.state;
        if (sim->nodes[i].ha.fails)
                end(sim, i, unit, TG_GATE_FAILED, "exit code 1");
        else if (closes && found.state != TG_HA_OPEN)
                end(sim, i, unit, TG_GATE_FAILED, "it is not open"); /* whoever closed it */
        else if (!closes && (found.state == TG_HA_OPEN || found.state == TG_HA_OPENING))
                end(sim, i, unit, TG_GATE_DONE, "it is open");
        else if (!needs_lock(sim, i, unit))
                push_phase(sim, i, unit, COMMAND, between_ns(sim, 10, 500));
        else if (!sim_ha_quorate(sim, i))
                push_phase(sim, i, unit, NO_QUORUM, LOCK_MS * TG_NS_PER_MS);
        else
                push_phase(sim, i, unit, COMMAND,
                           sim_ha_random(sim, 4) ? between_ns(sim, 100, 1500) : between_ns(sim, 1500, LOCK_MS));
}

static void command(struct sim *sim, uint32_t i, struct sim_unit *unit)
{
        struct sim_switch *s = sim_ha_switch(sim, i, unit->order.scope);
        bool closes = unit->order.verb == TG_GATE_CLOSE;

        if (needs_lock(sim, i, unit) && !sim_ha_quorate(sim, i)) {
                end(sim, i, unit, TG_GATE_FAILED, "cfs-lock 'domain-ha' error: no quorum!");
                return;
        }
        tell(sim, i, unit, SIM_UNIT_ACCEPTED);
        if (closes) {
                sim->ha.closes++;
                if (s->state == TG_HA_CLOSING || s->state == TG_HA_CLOSED)
                        s->raced = true;
                sim_ha_close(sim, i, unit->order.scope, SIM_TIMEGUARD);
        } else {
                sim->ha.opens++;
                sim_ha_open(sim, i, unit->order.scope);
        }
        sim_trap(sim, i, closes ? SIM_AT_ACCEPTED : SIM_AT_OPEN_ACCEPTED);
        push_phase(sim, i, unit, END, between_ns(sim, 1, 100));
}

void sim_executor_handle(struct sim *sim, const struct sim_event *event)
{
        struct sim_unit *unit = &sim->nodes[event->node].ha.units[event->pid];

        if (!unit->runs || unit->number != event->life)
                return;
        switch ((enum phase)event->from) {
        case READ:
                read_first(sim, event->node, unit);
                break;
        case COMMAND:
                command(sim, event->node, unit);
                break;
        case NO_QUORUM:
                end(sim, event->node, unit, TG_GATE_FAILED, "cfs-lock 'domain-ha' error: no quorum!");
                break;
        case EXPIRED:
                end(sim, event->node, unit, TG_GATE_TIMEOUT, "the unit's time ran out");
                break;
        default:
                if (!unit->hangs)
                        end(sim, event->node, unit, TG_GATE_DONE, "accepted");
        }
}

/* ---- traps ---- */

static const char *const stage_texts[SIM_STAGES] = {
        [SIM_AT_NOTHING] = "nothing",   [SIM_AT_INTENT] = "intent",     [SIM_AT_RUN] = "run",
        [SIM_AT_ACCEPTED] = "accepted", [SIM_AT_ISSUED] = "issued",     [SIM_AT_VERIFIED] = "verified",
        [SIM_AT_OPENING] = "opening",   [SIM_AT_OPEN_RUN] = "open-run", [SIM_AT_OPEN_ACCEPTED] = "open-accepted",
};

const char *sim_stage_text(int stage)
{
        return stage_texts[stage];
}

static void spring(struct sim *sim, uint32_t i)
{
        struct sim_ha_node *node = &sim->nodes[i].ha;
        struct sim_fault fault = { .t_ns = sim->t_ns,
                                   .kind = sim_fault_find(node->trap_power ? "power-off" : "agent-kill"),
                                   .nodes = UINT64_C(1) << i };

        /* one falls into it */
        for (uint32_t j = 0; j < sim->n; j++)
                sim->nodes[j].ha.trap = SIM_AT_NOTHING;
        sim_fault_apply(sim, &fault);
}

void sim_trap(struct sim *sim, uint32_t i, enum sim_stage stage)
{
        struct sim_event event = { .t_ns = sim->t_ns, .kind = SIM_TRAP, .node = (uint8_t)i, .from = (uint8_t)stage };

        if (sim->nodes[i].ha.trap == stage)
                sim_push(sim, &event);
}

void sim_trap_handle(struct sim *sim, const struct sim_event *event)
{
        if (event->from == SIM_AT_STEP)
                sim_ha_bite(sim, event->node);
        else if (sim->nodes[event->node].ha.trap == (enum sim_stage)event->from)
                spring(sim, event->node);
}

bool sim_trap_delivery(struct sim *sim, const struct sim_event *cause)
{
        static const uint8_t stages[SIM_STAGES] = { [SIM_AT_INTENT] = TG_STAGE_INTENT,
                                                    [SIM_AT_ISSUED] = TG_STAGE_ISSUED,
                                                    [SIM_AT_VERIFIED] = TG_STAGE_VERIFIED,
                                                    [SIM_AT_OPENING] = TG_STAGE_OPENING };
        const struct sim_node *node = &sim->nodes[cause->node];
        struct tg_report report;

        if (!stages[node->ha.trap] || cause->from != cause->node ||
            tg_report_decode(cause->data, cause->len, &report, NULL) != TG_REPORT_OK)
                return false;
        for (int slot = 0; slot < TG_GATE_SLOTS; slot++)
                if (report.gate.records[slot].stage == stages[node->ha.trap] &&
                    report.gate.records[slot].owner_id == node->id) {
                        spring(sim, cause->node);
                        return true;
                }
        return false;
}
