/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The HA stack as the executor reads it, and the orders to the executor: one at a time. Reading changes nothing and every node may do it;
   what changes something is ordered by gate_step.c and gate_self.c. */
#include <stdio.h>
#include <string.h>

#include "gate.h"
#include "text.h"

#define LOST_NS    (60 * TG_NS_PER_S) /* the executor has lost an order whose result is not there by then */
#define IDLE_NS    (300 * TG_NS_PER_S)
#define SUSPECT_NS (10 * TG_NS_PER_S)
#define CLOSED_NS  (10 * TG_NS_PER_S)
#define WORK_NS    (2 * TG_NS_PER_S)
#define RETRY_NS   (30 * TG_NS_PER_S) /* where it could not be read */
#define JOINED_NS  (5 * TG_NS_PER_S)

/* What this node did, or is to do, to itself is seen on itself only. */
static enum tg_gate_scope wanted_scope(const struct tg_gate *gate, int slot)
{
        const struct tg_gate_record *record = &gate->reg.records[slot];
        bool by_node = slot || (tg_stage_is_live(record->stage) ? !record->whole : gate->reg.own.acted != TG_ACTED_NOT);

        return by_node ? TG_GATE_NODE : TG_GATE_CLUSTER;
}

/* What was closed by one backend is read and opened by it; AUTO: by the one that is configured. */
static uint8_t wanted_backend(const struct tg_gate *gate, int slot)
{
        const struct tg_gate_record *record = &gate->reg.records[slot];

        if (tg_stage_is_live(record->stage))
                return record->backend;
        return !slot && gate->reg.own.acted ? gate->reg.own.backend : TG_BACKEND_AUTO;
}

bool tg_gate_ha_fits(const struct tg_gate *gate, int slot)
{
        const struct tg_ha_reading *ha = &gate->ha[slot];
        uint8_t backend = wanted_backend(gate, slot);

        return ha->known && ha->scope == wanted_scope(gate, slot) &&
               (backend == TG_BACKEND_AUTO ? ha->backend == TG_BACKEND_AUTO : ha->result.backend == backend);
}

void tg_gate_order_run(struct tg_gate *gate, const struct tg_situation *s, int slot, enum tg_gate_verb verb)
{
        const struct tg_gate_record *record = &gate->reg.records[slot];
        struct tg_gate_order *order = &gate->order;

        *order = (struct tg_gate_order){
                .ticket = ++gate->ticket, .verb = verb, .scope = wanted_scope(gate, slot), .backend = wanted_backend(gate, slot)
        };
        if (tg_stage_is_live(record->stage))
                memcpy(order->uuid, record->uuid, sizeof order->uuid);
        if (order->scope == TG_GATE_NODE && !slot)
                memcpy(order->prior, gate->reg.own.prior, gate->reg.own.acted ? sizeof order->prior : 0);
        else if (tg_stage_is_live(record->stage))
                memcpy(order->prior, record->prior, sizeof order->prior);
        tg_copy(order->reason, sizeof order->reason, gate->finding.why);
        gate->order_slot = slot;
        gate->ordered = gate->has_order = true;
        gate->ordered_raw_ns = s->now_raw_ns;
}

/* Since its answer: on a machine that is slow to read nothing newer is to be had, and between two readings there is room for a deed. */
static int64_t age_ns(const struct tg_ha_reading *ha, const struct tg_situation *s)
{
        return s->now_raw_ns - ha->asked_raw_ns - ha->took_ns;
}

bool tg_gate_ha_read(struct tg_gate *gate, const struct tg_situation *s, int slot, int64_t max_age_ns)
{
        const struct tg_ha_reading *ha = &gate->ha[slot];

        if (tg_gate_ha_fits(gate, slot) && age_ns(ha, s) <= max_age_ns)
                return true;
        if (!gate->ordered)
                tg_gate_order_run(gate, s, slot, TG_GATE_STATUS);
        return false;
}

/* It would close itself, did it not only observe: what it would run is another command than the cluster's. */
static bool observes_itself(const struct tg_gate *gate, const struct tg_situation *s)
{
        return s->options->gate_mode == TG_GATE_OBSERVE && gate->finding.scope == TG_GATE_NODE && gate->finding.lone == s->self;
}

/* How old a reading may become before it is read again. */
static int64_t wanted_age_ns(const struct tg_gate *gate, const struct tg_situation *s, int slot)
{
        const struct tg_gate_record *record = &gate->reg.records[slot];

        if (slot && record->target_id == gate->self_id && record->stage == TG_STAGE_UNCLEAR)
                return CLOSED_NS;
        if (slot && (!tg_stage_is_live(record->stage) || record->target_id != gate->self_id))
                return observes_itself(gate, s) ? SUSPECT_NS : INT64_MAX;
        if (gate->ha[slot].known && !tg_gate_ha_fits(gate, slot))
                return 0;
        if (!slot && gate->ha[0].asked_raw_ns < gate->look_raw_ns)
                return 0;
        if (!slot && !gate->ha[0].known)
                return gate->ha[0].asked_raw_ns ? RETRY_NS : 0;
        if (tg_stage_is_live(record->stage)) {
                if (record->stage == TG_STAGE_VERIFIED && !gate->ha[slot].open_seen)
                        return slot || !record->whole || tg_gate_is_first(gate, s) ? CLOSED_NS : IDLE_NS;
                return slot || !record->whole || gate->duty.id == gate->self_id ? WORK_NS : CLOSED_NS;
        }
        if (gate->ha[0].result.state == TG_HA_UNKNOWN)
                return RETRY_NS;
        if (!slot && record->stage == TG_STAGE_UNCLEAR)
                return CLOSED_NS;
        return gate->finding.suspect || gate->finding.danger ? SUSPECT_NS : IDLE_NS;
}

/* The ring has changed: what was read without quorum may have been old news, and is read anew once the cluster's state is there again. */
void tg_gate_ha_doubt(struct tg_gate *gate, int64_t now_raw_ns)
{
        struct tg_ha_reading *ha = &gate->ha[0];

        if (ha->asked_raw_ns && ha->asked_raw_ns > now_raw_ns + JOINED_NS - IDLE_NS)
                ha->asked_raw_ns = now_raw_ns + JOINED_NS - IDLE_NS;
}

void tg_gate_ha_watch(struct tg_gate *gate, const struct tg_situation *s)
{
        if (s->options->gate_backend == TG_BACKEND_NONE && !tg_stage_is_live(gate->reg.records[0].stage) &&
            !tg_stage_is_live(gate->reg.records[1].stage) && !gate->reg.own.acted)
                return;
        if (gate->ordered && s->now_raw_ns - gate->ordered_raw_ns > LOST_NS) {
                struct tg_gate_result lost = { .ticket = gate->order.ticket,
                                               .verb = gate->order.verb,
                                               .outcome = TG_GATE_TIMEOUT,
                                               .detail = "the executor gave no answer" };

                tg_gate_result(gate, s, &lost);
        }
        for (int slot = TG_GATE_SLOTS - 1; slot >= 0 && !gate->ordered; slot--) {
                int64_t age = wanted_age_ns(gate, s, slot);

                if (age != INT64_MAX && (!gate->ha[slot].asked_raw_ns || age_ns(&gate->ha[slot], s) > age))
                        tg_gate_order_run(gate, s, slot, TG_GATE_STATUS);
        }
}

/* Also while the HA stack has not got to it: it may be closed again before it was ever read to be open. */
static bool is_opened(enum tg_ha_state state)
{
        return state == TG_HA_OPEN || state == TG_HA_OPENING;
}

static void take_reading(struct tg_gate *gate, const struct tg_situation *s, int slot, const struct tg_gate_result *result)
{
        struct tg_ha_reading *ha = &gate->ha[slot];
        struct tg_gate_work *work = &gate->work[slot];
        bool changed = !ha->known || ha->result.state != result->state || ha->result.flags != result->flags;

        ha->asked_raw_ns = gate->ordered_raw_ns;
        ha->took_ns = s->now_raw_ns - gate->ordered_raw_ns;
        if (!ha->known || ha->result.state != (result->outcome == TG_GATE_DONE ? result->state : TG_HA_UNKNOWN))
                ha->state_raw_ns = gate->ordered_raw_ns;
        if (ha->scope != gate->order.scope)
                ha->open_seen = 0;
        ha->scope = gate->order.scope;
        ha->backend = gate->order.backend;
        if (result->outcome != TG_GATE_DONE) {
                /* what was known is not known any more; its flags stand for display */
                ha->known = true;
                ha->result.state = TG_HA_UNKNOWN;
                if (ha->backend)
                        ha->result.backend = ha->backend;
                ha->result.flags &= ~(uint32_t)TG_GATE_READY;
                tg_copy(ha->result.detail, sizeof ha->result.detail, result->detail);
        } else {
                ha->known = true;
                ha->result = *result;
                ha->open_seen = !is_opened(result->state)   ? 0
                                : ha->open_seen < UINT8_MAX ? (uint8_t)(ha->open_seen + 1)
                                                            : UINT8_MAX;
                ha->shut_seen |= result->state == TG_HA_CLOSING || result->state == TG_HA_CLOSED;
                work->was_open |= slot && ha->open_seen >= TG_GATE_SEEN && (work->stage == TG_STAGE_VERIFIED || ha->shut_seen);
                /* also by who only looks on: whoever asked for it may die, and this node go on with it */
                work->moved |=
                        work->stage == TG_STAGE_OPENING && ha->asked_raw_ns >= work->stage_raw_ns && is_opened(result->state);
                work->shut_again = !work->moved || !tg_gate_is_shut_state(result->state) ? 0
                                   : work->shut_again < UINT8_MAX                        ? (uint8_t)(work->shut_again + 1)
                                                                                         : UINT8_MAX;
                gate->own_moved |= !slot && gate->own_opens && result->state == TG_HA_OPENING;
                gate->own_was_open |= !slot && gate->order.scope == TG_GATE_NODE && ha->open_seen >= TG_GATE_SEEN &&
                                      gate->reg.own.acted == TG_ACTED_CLOSED;
        }
        /* a deed that waited for it is done when the next own report comes back */
        gate->wants_report |=
                changed || gate->finding.danger != TG_DANGER_NONE || tg_stage_is_live(gate->reg.records[slot].stage);
}

static void take_close(struct tg_gate *gate, const struct tg_situation *s, int slot, const struct tg_gate_result *result)
{
        struct tg_gate_work *work = &gate->work[slot];

        if (!slot && gate->order.scope == TG_GATE_NODE) {
                if (result->outcome == TG_GATE_FAILED)
                        tg_gate_self_failed(gate, s, result->detail);
                else
                        gate->own_unasked = false; /* what closes it from now on may be that */
                if (result->outcome == TG_GATE_FAILED && (result->state == TG_HA_CLOSED || result->state == TG_HA_CLOSING))
                        tg_gate_self_disown(gate);
                return;
        }
        /* where the time ran out it may have worked: only the state, read back, tells */
        if (result->outcome == TG_GATE_FAILED)
                tg_gate_failed(gate, s, slot, result->detail);
        else
                work->done = true;
}

void tg_gate_result(struct tg_gate *gate, const struct tg_situation *s, const struct tg_gate_result *result)
{
        int slot = gate->order_slot;

        if (!gate->ordered || result->ticket != gate->order.ticket)
                return;
        gate->ordered = gate->has_order = false;
        if (gate->order.verb == TG_GATE_STATUS) {
                take_reading(gate, s, slot, result);
        } else {
                gate->wants_report = true;
                gate->ha[slot].asked_raw_ns = gate->ordered_raw_ns - IDLE_NS; /* read anew */
                if (gate->order.verb == TG_GATE_CLOSE)
                        take_close(gate, s, slot, result);
                else if (result->outcome == TG_GATE_FAILED && !slot && gate->order.scope == TG_GATE_NODE)
                        tg_gate_self_failed(gate, s, result->detail);
                else if (result->outcome == TG_GATE_FAILED)
                        tg_gate_failed(gate, s, slot, result->detail);
        }
}
