/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The states of a record and what leads from each to the next; for the cluster's record by whoever has the duty, for a node's by that node.

     none      danger, and nothing forbids closing, and the HA stack was read to be open      -> INTENT
     INTENT    stored by a quorum, still open: the command; accepted                           -> ISSUED
               no danger any more, no command run                                              -> VOID
               another's, and found closed: it may have been him or an administrator           -> UNCLEAR
     ISSUED    read to be closed                                                               -> VERIFIED
               never closed, and proven well for long enough, or the administrator's word      -> OPENING
               not closed in time: said, and from INTENT again by the next
     VERIFIED  proven well for long enough, or the administrator's word                        -> OPENING
               twice read to be open: an administrator                                         -> TAKEN
               a node's that is no longer configured                                           -> UNDONE
     OPENING   stored by a quorum, still closed: the command; read to be open                  -> UNDONE
               it began to open, and is closed again                                           -> UNCLEAR

   The way to ISSUED is gate_close.c's, the way back gate_open.c's; here is whose turn it is, what is wanted, and what has failed.
   Where no node can act for all (`whole` is 0), each acts on itself in ISSUED and OPENING (gate_self.c). */
#include <stdio.h>
#include <string.h>

#include "gate_step.h"
#include "text.h"

#define BACKOFF_NS (10 * TG_NS_PER_S)
#define REMOVED_NS (60 * TG_NS_PER_S)

int64_t tg_gate_backoff_ns(uint8_t failures)
{
        return BACKOFF_NS << (failures < 6 ? failures : 6);
}

void tg_gate_failed(struct tg_gate *gate, const struct tg_situation *s, int slot, const char *why)
{
        struct tg_gate_work *work = &gate->work[slot];

        tg_copy(work->failed, sizeof work->failed, why);
        work->rest_until_ns = s->now_raw_ns + tg_gate_backoff_ns(work->failures);
        if (work->failures < UINT8_MAX)
                work->failures++;
        work->asked = work->done = false;
        if (!slot)
                tg_gate_duty_release(gate);
        gate->wants_report = true;
}

void tg_gate_taken(struct tg_gate *gate, const struct tg_situation *s)
{
        tg_gate_admin(gate, s, TG_WORD_HOLD, UINT32_MAX);
        gate->reg.hold.taken = true;
}

void tg_gate_finish(struct tg_gate_at *at, enum tg_gate_stage stage)
{
        tg_gate_write(at->gate, at->s, at->slot, stage);
        if (!at->slot)
                tg_gate_duty_release(at->gate);
}

bool tg_gate_is_late(const struct tg_gate_at *at)
{
        return at->s->now_raw_ns - at->work->stage_raw_ns > tg_gate_limit_of_duty_ns(at->s);
}

void tg_gate_tell_late(struct tg_gate_at *at, const char *what)
{
        char why[TG_GATE_TEXT_MAX];

        snprintf(why, sizeof why, "not %s %lld s after the command: %.150s", what,
                 (long long)((at->s->now_raw_ns - at->work->stage_raw_ns) / TG_NS_PER_S), at->gate->ha[at->slot].result.detail);
        tg_gate_failed(at->gate, at->s, at->slot, why);
}

uint32_t tg_gate_boot_tag(const struct tg_gate *gate)
{
        struct tg_epoch epoch = { .suspends = 0 };

        memcpy(epoch.boot_id, gate->boot_id, sizeof epoch.boot_id);
        return tg_epoch_tag(&epoch);
}

bool tg_gate_all_say(const struct tg_situation *s, int but, bool (*what)(const struct tg_gate_report *report))
{
        for (uint32_t i = 0; i < s->view->n; i++) {
                int slot = s->view->order[i];
                const struct tg_member *m = &s->view->members[slot];

                if (slot != but && m->fresh && m->present && !what(&m->report.gate))
                        return false;
        }
        return true;
}

bool tg_gate_says_shut(const struct tg_gate_report *report)
{
        return report->ha_state == TG_HA_CLOSED || report->ha_state == TG_HA_UNUSED;
}

/* The node that is gated alone accounts for the whole breach, as far as is proven. */
static bool is_accounted_for(const struct tg_gate_at *at)
{
        const struct tg_gate_record *alone = &at->gate->reg.records[1];
        int slot = tg_view_find(at->s->view, alone->target_id);

        return tg_stage_is_live(alone->stage) && slot >= 0 && at->gate->finding.danger == TG_DANGER_BREACH &&
               !tg_gate_any_far_without(&at->gate->watch, at->s, slot);
}

bool tg_gate_is_wanted(const struct tg_gate_at *at)
{
        const struct tg_finding *f = &at->gate->finding;
        const struct tg_gate_record *other = &at->gate->reg.records[!at->slot];
        /* what is unclear is said for as long as it is: its record makes room for no other node's */
        bool elsewhere =
                (tg_stage_is_live(at->gate->reg.records[1].stage) || at->gate->reg.records[1].stage == TG_STAGE_UNCLEAR) &&
                (f->lone < 0 || at->gate->reg.records[1].target_id != at->s->view->members[f->lone].id);
        char buf[TG_REASON_MAX];

        if (f->danger == TG_DANGER_NONE || f->waits ||
            (at->s->options->gate_mode != TG_GATE_ENFORCE && f->danger != TG_DANGER_WORD) ||
            tg_gate_may_not(at->gate, at->s, buf, sizeof buf))
                return false;
        if (at->slot)
                return f->scope == TG_GATE_NODE && f->lone == at->s->self && !tg_stage_is_live(other->stage) && !elsewhere;
        return (f->scope == TG_GATE_CLUSTER && !is_accounted_for(at)) || (f->scope == TG_GATE_NODE && elsewhere);
}

/* What this node would do about the record, were it its turn. */
static enum tg_claim desire(const struct tg_gate_at *at)
{
        switch (at->record->stage) {
        case TG_STAGE_INTENT:
        case TG_STAGE_ISSUED:
                return TG_CLAIM_CLOSE;
        case TG_STAGE_VERIFIED:
                return tg_gate_is_open_again(at) || tg_gate_opens(at) ? TG_CLAIM_OPEN : TG_CLAIM_NONE;
        case TG_STAGE_OPENING:
                return TG_CLAIM_OPEN;
        default:
                if (tg_gate_is_cleared_up(at))
                        return TG_CLAIM_OPEN;
                /* closed by somebody else: nothing to do */
                return tg_gate_is_wanted(at) && !(at->gate->ha[at->slot].known && tg_gate_is_shut(at)) ? TG_CLAIM_CLOSE
                                                                                                       : TG_CLAIM_NONE;
        }
}

/* Who lost the duty with an earlier ring may have set the executor going at its end; who was away then knows of it by the record alone. */
static bool may_still_run(const struct tg_gate_at *at)
{
        const struct tg_gate_record *r = at->record;

        return !at->slot && !tg_gate_is_fanned_out(at) && (r->stage == TG_STAGE_INTENT || r->stage == TG_STAGE_OPENING) &&
               r->owner_id != at->gate->self_id && r->ring_seq != at->s->view->ring.seq &&
               at->s->now_raw_ns - at->work->stage_raw_ns <= TG_GATE_RUN_NS;
}

/* A node that was taken out of the cluster's configuration does not come back to open what it had closed. */
static bool is_of_one_removed(const struct tg_gate_at *at)
{
        const struct tg_gate_record *r = at->record;
        int slot = tg_view_find(at->s->view, r->target_id);

        return at->slot && (tg_stage_is_live(r->stage) || r->stage == TG_STAGE_UNCLEAR) && r->target_id != at->gate->self_id &&
               at->s->view->members[at->s->self].configured &&
               (slot < 0 || (!at->s->view->members[slot].configured && !at->s->view->members[slot].present));
}

/* It has been so for long: a nodelist that is read while it is being replaced may lack a node. */
static bool leave_removed(struct tg_gate_at *at)
{
        int64_t *since = &at->work->removed_raw_ns;

        if (!is_of_one_removed(at)) {
                *since = 0;
                return false;
        }
        *since = *since ? *since : at->s->now_raw_ns;
        if (at->s->now_raw_ns - *since > REMOVED_NS && tg_gate_is_first(at->gate, at->s))
                tg_gate_finish(at, TG_STAGE_UNDONE);
        return true;
}

/* Why nothing has come of the duty: it goes to the next. */
static const char *stuck(const struct tg_gate_at *at)
{
        if (tg_stage_is_live(at->record->stage) && !tg_gate_is_stored(at->gate, at->s, at->slot))
                return "its record is not on the disks of nodes that would be quorate by themselves";
        return at->gate->ha[at->slot].result.detail[0] ? at->gate->ha[at->slot].result.detail : "the HA stack does not answer";
}

void tg_gate_step(struct tg_gate *gate, const struct tg_situation *s, int slot)
{
        static void (*const steps[TG_STAGE_COUNT])(struct tg_gate_at *) = {
                [TG_STAGE_NONE] = tg_gate_at_none,       [TG_STAGE_INTENT] = tg_gate_at_intent,
                [TG_STAGE_ISSUED] = tg_gate_at_issued,   [TG_STAGE_VERIFIED] = tg_gate_at_verified,
                [TG_STAGE_OPENING] = tg_gate_at_opening, [TG_STAGE_UNDONE] = tg_gate_at_none,
                [TG_STAGE_VOID] = tg_gate_at_none,       [TG_STAGE_TAKEN] = tg_gate_at_none,
                [TG_STAGE_UNCLEAR] = tg_gate_at_unclear,
        };
        struct tg_gate_at at = { gate, s, slot, &gate->reg.records[slot], &gate->work[slot] };
        enum tg_claim wish = desire(&at);

        if (leave_removed(&at) || (gate->ordered && gate->order.verb != TG_GATE_STATUS))
                return;
        if (wish == TG_CLAIM_NONE || s->now_raw_ns < at.work->rest_until_ns) {
                if (!slot)
                        tg_gate_duty_release(gate);
                return;
        }
        if (slot ? tg_stage_is_live(at.record->stage) && at.record->target_id != gate->self_id
                 : !tg_gate_duty_mine(gate, s, wish))
                return;
        if (!slot && s->now_raw_ns - gate->duty.since_raw_ns > tg_gate_limit_of_duty_ns(s) + TG_GATE_RUN_NS) {
                tg_gate_failed(gate, s, slot, stuck(&at));
                return;
        }
        if (!may_still_run(&at))
                steps[at.record->stage](&at);
}
