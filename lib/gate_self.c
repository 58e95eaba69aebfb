/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a node does to itself where nobody can act for all: it closes once the cluster's record is issued, the HA manager's node last, and opens what it
   has closed, and nothing else, once the record says so or is gone. What it did is on disk before it does it. */
#include <string.h>

#include "gate_step.h"

#define AGAIN_NS   (30 * TG_NS_PER_S)
#define UNCLEAR_NS (10 * TG_NS_PER_S)

void tg_gate_self_failed(struct tg_gate *gate, const struct tg_situation *s, const char *why)
{
        tg_gate_failed(gate, s, 0, why);
        gate->own_rest_until_ns = s->now_raw_ns + tg_gate_backoff_ns(gate->own_failures);
        if (gate->own_failures < UINT8_MAX)
                gate->own_failures++;
}

static void set_own(struct tg_gate *gate, enum tg_gate_acted acted)
{
        struct tg_gate_own *own = &gate->reg.own;

        own->acted = (uint8_t)acted;
        gate->own_was_open = gate->own_opens = gate->own_moved = false;
        gate->own_unasked = acted == TG_ACTED_TRIED;
        memcpy(own->uuid, gate->reg.records[0].uuid, sizeof own->uuid);
        memcpy(own->boot_id, gate->boot_id, sizeof own->boot_id);
        own->backend = gate->ha[0].result.backend;
        if (acted == TG_ACTED_TRIED)
                memcpy(own->prior, gate->ha[0].result.prior, sizeof own->prior);
        tg_gate_changed(gate, TG_GATE_SLOTS + 1);
}

void tg_gate_self_disown(struct tg_gate *gate)
{
        set_own(gate, TG_ACTED_NOT);
}

/* The HA manager acknowledges what the others do: it stops last. */
static bool is_its_turn(const struct tg_gate *gate, const struct tg_situation *s)
{
        return !(gate->ha[0].result.flags & TG_GATE_MASTER) || tg_gate_all_say(s, s->self, tg_gate_says_shut);
}

static bool may_ask(struct tg_gate *gate, const struct tg_situation *s)
{
        bool saved = gate->changed_at[TG_GATE_SLOTS + 1] <= gate->saved;

        if (!saved || (gate->own_asked_raw_ns && s->now_raw_ns - gate->own_asked_raw_ns < AGAIN_NS))
                return false;
        gate->own_asked_raw_ns = s->now_raw_ns;
        return true;
}

/* The record stands for the others. This node's own closing breaks nothing of what forbids closing either: one that has just booted, or has
   been held or told to observe since, or finds no danger any more, leaves itself open. */
static bool may_close(const struct tg_gate *gate, const struct tg_situation *s)
{
        const struct tg_finding *f = &gate->finding;
        char buf[TG_REASON_MAX];

        return f->danger != TG_DANGER_NONE && (s->options->gate_mode == TG_GATE_ENFORCE || f->danger == TG_DANGER_WORD) &&
               !tg_gate_may_not(gate, s, buf, sizeof buf);
}

static void close_self(struct tg_gate *gate, const struct tg_situation *s)
{
        struct tg_gate_own *own = &gate->reg.own;
        enum tg_ha_state state;

        if (!tg_gate_ha_read(gate, s, 0, TG_GATE_NOW_NS))
                return;
        state = gate->ha[0].result.state;
        if (!own->acted) {
                /* already closed: not by us, and not ours to open */
                if (state == TG_HA_OPEN && is_its_turn(gate, s) && may_close(gate, s)) {
                        gate->own_asked_raw_ns = 0;
                        set_own(gate, TG_ACTED_TRIED);
                }
        } else if (own->acted == TG_ACTED_CLOSED && gate->own_was_open) {
                bool rebooted = memcmp(own->boot_id, gate->boot_id, sizeof own->boot_id);

                if (!rebooted)
                        tg_gate_taken(gate, s);
                if (rebooted && may_close(gate, s))
                        set_own(gate, TG_ACTED_TRIED);
                else
                        set_own(gate, TG_ACTED_NOT);
                gate->own_asked_raw_ns = 0;
        } else if (tg_gate_is_shut_state(state)) {
                /* open from now on it was opened by somebody else */
                if (own->acted != TG_ACTED_CLOSED)
                        set_own(gate, gate->own_unasked ? TG_ACTED_NOT : TG_ACTED_CLOSED);
        } else if (state == TG_HA_OPEN && own->acted == TG_ACTED_TRIED && !may_close(gate, s)) {
                /* it never came to be closed, and no command is under way any more: what closes it later is somebody else */
                if (!gate->own_asked_raw_ns || s->now_raw_ns - gate->own_asked_raw_ns > TG_GATE_RUN_NS)
                        set_own(gate, TG_ACTED_NOT);
        } else if (state == TG_HA_OPEN && own->acted == TG_ACTED_TRIED && may_ask(gate, s)) {
                tg_gate_order_run(gate, s, 0, TG_GATE_CLOSE);
        }
}

static void open_self(struct tg_gate *gate, const struct tg_situation *s)
{
        struct tg_gate_own *own = &gate->reg.own;

        if (!tg_gate_ha_read(gate, s, 0, TG_GATE_NOW_NS))
                return;
        if (gate->ha[0].result.state == TG_HA_OPEN || gate->own_was_open) {
                /* closed again after it was open: by somebody else */
                gate->own_asked_raw_ns = 0;
                set_own(gate, TG_ACTED_NOT);
        } else if (!tg_gate_is_shut_state(gate->ha[0].result.state)) {
                return;
        } else if (gate->own_moved) {
                set_own(gate, TG_ACTED_UNCLEAR); /* by somebody else, or a service failed to start */
        } else if (!gate->finding.quiet) {
                return; /* half closed, whatever became of the other half, is opened too */
        } else if (own->acted == TG_ACTED_CLOSED) {
                /* found open from now on it was this node's own doing, also when it shall close again meanwhile */
                own->acted = TG_ACTED_TRIED;
                gate->own_opens = true;
                tg_gate_changed(gate, TG_GATE_SLOTS + 1);
        } else if (may_ask(gate, s)) {
                tg_gate_order_run(gate, s, 0, TG_GATE_OPEN);
        }
}

bool tg_gate_self_owes(const struct tg_gate *gate)
{
        return gate->reg.own.acted == TG_ACTED_TRIED || gate->reg.own.acted == TG_ACTED_CLOSED;
}

/* Whose closing it is is not known: it is read now and then, until it is open. */
static void wait_until_open(struct tg_gate *gate, const struct tg_situation *s)
{
        if (tg_gate_ha_read(gate, s, 0, UNCLEAR_NS) && gate->ha[0].result.state == TG_HA_OPEN)
                set_own(gate, TG_ACTED_NOT);
}

void tg_gate_step_self(struct tg_gate *gate, const struct tg_situation *s)
{
        const struct tg_gate_record *r = &gate->reg.records[0];
        const struct tg_gate_own *own = &gate->reg.own;
        bool for_it = own->acted && !memcmp(own->uuid, r->uuid, sizeof own->uuid);
        bool closes = !r->whole && (r->stage == TG_STAGE_ISSUED || r->stage == TG_STAGE_VERIFIED);

        if (gate->ordered || s->now_raw_ns < gate->own_rest_until_ns)
                return;
        if (own->acted == TG_ACTED_UNCLEAR)
                wait_until_open(gate, s);
        else if (closes && (for_it || !own->acted))
                close_self(gate, s);
        else if (own->acted &&
                 (for_it && tg_stage_is_live(r->stage) ? r->stage == TG_STAGE_OPENING && tg_gate_is_stored(gate, s, 0)
                                                       : gate->calm_raw_ns != 0))
                open_self(gate, s);
}
