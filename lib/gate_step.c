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
     OPENING   stored by a quorum, still closed: the command; read to be open                  -> UNDONE

   Where no node can act for all (`whole` is 0), each acts on itself in ISSUED and OPENING (gate_self.c). */
#include <stdio.h>
#include <string.h>

#include "gate.h"
#include "text.h"

#define NOW_NS     (3 * TG_NS_PER_S) /* a reading that may lead to a deed */
#define WORK_NS    (2 * TG_NS_PER_S)
#define AGAIN_NS   (30 * TG_NS_PER_S)
#define OPEN_SEEN  2
#define BACKOFF_NS (10 * TG_NS_PER_S)

struct step {
        struct tg_gate *gate;
        const struct tg_situation *s;
        int slot;
        struct tg_gate_record *record;
        struct tg_gate_work *work;
};

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
        work->tried = work->done = false;
        if (!slot)
                tg_gate_duty_release(gate);
        gate->wants_report = true;
}

void tg_gate_taken(struct tg_gate *gate, const struct tg_situation *s)
{
        tg_gate_admin(gate, s, TG_WORD_HOLD, UINT32_MAX);
        gate->reg.hold.taken = true;
}

static void finish(struct step *st, enum tg_gate_stage stage)
{
        tg_gate_write(st->gate, st->s, st->slot, stage);
        if (!st->slot)
                tg_gate_duty_release(st->gate);
}

static enum tg_ha_state ha_state(const struct step *st)
{
        return st->gate->ha[st->slot].result.state;
}

static bool is_shut(const struct step *st)
{
        return ha_state(st) == TG_HA_CLOSED || ha_state(st) == TG_HA_CLOSING;
}

static bool is_fanned_out(const struct step *st)
{
        return !st->slot && !st->record->whole;
}

static bool is_late(const struct step *st)
{
        return st->s->now_raw_ns - st->work->stage_raw_ns > tg_gate_limit_of_duty_ns(st->s);
}

/* The node that is gated alone accounts for the whole breach, as far as is proven. */
static bool is_accounted_for(const struct step *st)
{
        const struct tg_gate_record *alone = &st->gate->reg.records[1];
        int slot = tg_view_find(st->s->view, alone->target_id);

        return tg_stage_is_live(alone->stage) && slot >= 0 && st->gate->finding.danger == TG_DANGER_BREACH &&
               !tg_gate_any_far_without(&st->gate->watch, st->s, slot);
}

static bool is_wanted(const struct step *st)
{
        const struct tg_finding *f = &st->gate->finding;
        const struct tg_gate_record *other = &st->gate->reg.records[!st->slot];
        bool elsewhere = tg_stage_is_live(st->gate->reg.records[1].stage) &&
                         (f->lone < 0 || st->gate->reg.records[1].target_id != st->s->view->members[f->lone].id);
        char buf[TG_REASON_MAX];

        if (f->danger == TG_DANGER_NONE || f->waits ||
            (st->s->options->gate_mode != TG_GATE_ENFORCE && f->danger != TG_DANGER_WORD) ||
            tg_gate_may_not(st->gate, st->s, buf, sizeof buf))
                return false;
        if (st->slot)
                return f->scope == TG_GATE_NODE && f->lone == st->s->self && !tg_stage_is_live(other->stage) && !elsewhere;
        return (f->scope == TG_GATE_CLUSTER && !is_accounted_for(st)) || (f->scope == TG_GATE_NODE && elsewhere);
}

/* 128 bits that no other record has: of the node, its boot, the ring, and a counter within it. */
static void make_uuid(const struct tg_gate *gate, const struct tg_situation *s, uint8_t out[static 16])
{
        uint64_t words[] = { gate->self_id, s->view->ring.seq, (uint64_t)s->now_raw_ns, gate->ticket, gate->version };
        uint64_t h[2] = { UINT64_C(14695981039346656037), UINT64_C(0x9ae16a3b2f90404f) };

        for (int k = 0; k < 2; k++) {
                for (size_t i = 0; i < 16; i++)
                        h[k] = (h[k] ^ gate->boot_id[i]) * UINT64_C(1099511628211);
                for (size_t i = 0; i < sizeof words; i++)
                        h[k] = (h[k] ^ (uint8_t)(words[i / 8] >> i % 8 * 8)) * UINT64_C(1099511628211);
                for (int i = 0; i < 8; i++)
                        out[8 * k + i] = (uint8_t)(h[k] >> 8 * i);
        }
        out[0] = (uint8_t)(out[0] | 1); /* never zero */
}

static uint32_t boot_tag(const struct tg_gate *gate)
{
        struct tg_epoch epoch = { .suspends = 0 };

        memcpy(epoch.boot_id, gate->boot_id, sizeof epoch.boot_id);
        return tg_epoch_tag(&epoch);
}

/* One command for all is worth nothing where a node does not know it; what a mute node knows is not known, and it cannot act on itself either. */
static bool all_know_whole(const struct step *st)
{
        for (uint32_t i = 0; i < st->s->view->n; i++) {
                const struct tg_member *m = &st->s->view->members[st->s->view->order[i]];

                if (m->fresh && m->present && !(m->report.gate.flags & TG_GATE_WHOLE))
                        return false;
        }
        return true;
}

static void begin(struct step *st)
{
        const struct tg_gate_result *ha = &st->gate->ha[st->slot].result;
        struct tg_gate_record *r = st->record;

        make_uuid(st->gate, st->s, r->uuid);
        r->scope = st->slot ? TG_GATE_NODE : TG_GATE_CLUSTER;
        r->target_id = st->slot ? st->gate->self_id : 0;
        r->whole = st->slot || ((ha->flags & TG_GATE_WHOLE) && all_know_whole(st));
        r->damping = tg_gate_damping(st->gate, st->s->now_raw_ns, r->damping);
        r->since_real_ns = st->s->now_real_ns;
        r->boot_tag = boot_tag(st->gate);
        memcpy(r->prior, ha->prior, sizeof r->prior);
        memcpy(st->work->intent, r->uuid, sizeof r->uuid);
        st->work->tried = st->work->done = false;
        st->work->failures = 0;
        tg_gate_write(st->gate, st->s, st->slot, TG_STAGE_INTENT);
}

static void step_none(struct step *st)
{
        if (!tg_gate_ha_read(st->gate, st->s, st->slot, NOW_NS))
                return;
        if (ha_state(st) == TG_HA_OPEN)
                begin(st);
        else if (!st->slot) /* whoever closed it, it is closed; and what cannot be read is said by the alert */
                tg_gate_duty_release(st->gate);
}

/* A node's: it alone reads whether it is still closed, and tells when it is not. */
static bool is_cleared_up(const struct step *st)
{
        return st->slot && st->record->stage == TG_STAGE_UNCLEAR && st->record->target_id == st->gate->self_id &&
               st->gate->ha[1].known && ha_state(st) == TG_HA_OPEN;
}

static void step_unclear(struct step *st)
{
        if (is_cleared_up(st) && !is_wanted(st))
                finish(st, TG_STAGE_UNDONE);
        else
                step_none(st);
}

static void take_over(struct step *st)
{
        if (!is_fanned_out(st)) {
                if (!tg_gate_ha_read(st->gate, st->s, st->slot, NOW_NS))
                        return;
                if (is_shut(st)) {
                        finish(st, TG_STAGE_UNCLEAR);
                        return;
                }
                if (ha_state(st) != TG_HA_OPEN)
                        return;
        }
        memcpy(st->work->intent, st->record->uuid, sizeof st->work->intent);
        st->work->tried = st->work->done = false;
        tg_gate_write(st->gate, st->s, st->slot, TG_STAGE_INTENT);
}

static void step_intent(struct step *st)
{
        struct tg_gate_work *work = st->work;

        if (memcmp(work->intent, st->record->uuid, sizeof work->intent) || st->record->owner_id != st->gate->self_id) {
                take_over(st);
        } else if (work->done) {
                tg_gate_write(st->gate, st->s, st->slot, TG_STAGE_ISSUED);
        } else if (!work->tried && !work->failures && !is_wanted(st)) {
                finish(st, TG_STAGE_VOID);
        } else if (!work->tried && tg_gate_is_stored(st->gate, st->s, st->slot)) {
                if (is_fanned_out(st)) {
                        tg_gate_write(st->gate, st->s, st->slot, TG_STAGE_ISSUED);
                } else if (tg_gate_ha_read(st->gate, st->s, st->slot, NOW_NS)) {
                        if (is_shut(st)) {
                                finish(st, work->failures ? TG_STAGE_UNCLEAR : TG_STAGE_VOID);
                        } else if (!is_wanted(st)) {
                                finish(st, TG_STAGE_VOID);
                        } else if (ha_state(st) == TG_HA_OPEN) {
                                work->tried = true;
                                tg_gate_order_run(st->gate, st->s, st->slot, TG_GATE_CLOSE);
                        }
                }
        }
}

static bool all_shut(const struct step *st)
{
        for (uint32_t i = 0; i < st->s->view->n; i++) {
                const struct tg_member *m = &st->s->view->members[st->s->view->order[i]];

                if (m->fresh && m->present && m->report.gate.ha_state != TG_HA_CLOSED &&
                    m->report.gate.ha_state != TG_HA_UNUSED)
                        return false;
        }
        return true;
}

static void step_issued(struct step *st)
{
        char why[TG_GATE_TEXT_MAX];
        bool closed;

        if (!tg_gate_ha_read(st->gate, st->s, st->slot, WORK_NS))
                return;
        closed = is_fanned_out(st) ? all_shut(st) : ha_state(st) == TG_HA_CLOSED;
        if (closed) {
                st->work->failed[0] = 0;
                finish(st, TG_STAGE_VERIFIED);
                return;
        }
        if ((is_fanned_out(st) || is_shut(st)) && tg_gate_may_open(st->gate, st->s, st->record)) {
                /* what never came to be closed is not left halfway either */
                st->work->tried = st->work->moved = false;
                tg_gate_write(st->gate, st->s, st->slot, TG_STAGE_OPENING);
                return;
        }
        if (!is_late(st))
                return;
        snprintf(why, sizeof why, "not closed %lld s after the command: %.150s",
                 (long long)((st->s->now_raw_ns - st->work->stage_raw_ns) / TG_NS_PER_S), st->gate->ha[st->slot].result.detail);
        if (!is_fanned_out(st) && ha_state(st) == TG_HA_OPEN) {
                if (!is_wanted(st)) {
                        finish(st, TG_STAGE_UNDONE);
                        return;
                }
                memcpy(st->work->intent, st->record->uuid, sizeof st->work->intent);
                tg_gate_write(st->gate, st->s, st->slot, TG_STAGE_INTENT);
        } else {
                st->work->stage_raw_ns = st->s->now_raw_ns;
        }
        tg_gate_failed(st->gate, st->s, st->slot, why);
}

static bool is_open_again(const struct step *st)
{
        return !is_fanned_out(st) && st->gate->ha[st->slot].known && ha_state(st) == TG_HA_OPEN &&
               st->gate->ha[st->slot].open_seen >= OPEN_SEEN;
}

/* One command for all has been accepted. It never takes effect while a node's HA services stand still by themselves (Proxmox: the manager waits
   for that node's LRM), and covers that node as well. */
static bool is_superseded(const struct step *st)
{
        const struct tg_gate_record *all = &st->gate->reg.records[0];

        return st->slot && all->whole && (all->stage == TG_STAGE_ISSUED || all->stage == TG_STAGE_VERIFIED);
}

static bool may_open(const struct step *st)
{
        return is_superseded(st) || tg_gate_may_open(st->gate, st->s, st->record);
}

static void step_verified(struct step *st)
{
        if (is_open_again(st)) {
                if (st->slot && st->record->boot_tag != boot_tag(st->gate)) {
                        /* a reboot has started its services */
                        if (is_wanted(st))
                                begin(st);
                        else
                                finish(st, TG_STAGE_UNDONE);
                        return;
                }
                tg_gate_taken(st->gate, st->s);
                finish(st, TG_STAGE_TAKEN);
        } else if (may_open(st) && (is_fanned_out(st) ||
                                    (tg_gate_ha_read(st->gate, st->s, st->slot, NOW_NS) && ha_state(st) == TG_HA_CLOSED))) {
                st->work->tried = st->work->moved = false;
                tg_gate_write(st->gate, st->s, st->slot, TG_STAGE_OPENING);
        } else if (!st->slot && !may_open(st)) {
                tg_gate_duty_release(st->gate);
        }
}

static bool any_ours(const struct step *st)
{
        for (uint32_t i = 0; i < st->s->view->n; i++) {
                const struct tg_member *m = &st->s->view->members[st->s->view->order[i]];

                if (m->fresh && m->present && (m->report.gate.flags & TG_GATE_OURS))
                        return true;
        }
        return false;
}

static void open_whole(struct step *st)
{
        if (!tg_gate_ha_read(st->gate, st->s, st->slot, WORK_NS))
                return;
        st->work->moved |= st->work->tried && ha_state(st) == TG_HA_OPENING;
        if (ha_state(st) == TG_HA_OPEN || (st->work->moved && is_shut(st))) {
                /* what is shut again after that was shut by somebody else */
                finish(st, TG_STAGE_UNDONE);
        } else if (is_shut(st) && (!st->work->tried || st->s->now_raw_ns - st->work->asked_raw_ns > AGAIN_NS)) {
                if (st->gate->finding.danger != TG_DANGER_NONE && !is_superseded(st)) {
                        finish(st, ha_state(st) == TG_HA_CLOSED ? TG_STAGE_VERIFIED : TG_STAGE_ISSUED);
                        return;
                }
                /* whoever goes on with what another one began proves it anew */
                if (!st->gate->finding.quiet && !is_superseded(st))
                        return;
                st->work->tried = true;
                st->work->asked_raw_ns = st->s->now_raw_ns;
                tg_gate_order_run(st->gate, st->s, st->slot, TG_GATE_OPEN);
        }
}

static void step_opening(struct step *st)
{
        char why[TG_GATE_TEXT_MAX];

        if (!tg_gate_is_stored(st->gate, st->s, st->slot))
                return;
        if (!is_fanned_out(st))
                open_whole(st);
        else if (is_wanted(st)) /* half open and dangerous again: those that have opened close anew */
                tg_gate_write(st->gate, st->s, st->slot, TG_STAGE_ISSUED);
        else if (!any_ours(st))
                finish(st, TG_STAGE_UNDONE);
        if (st->record->stage != TG_STAGE_OPENING || !is_late(st))
                return;
        snprintf(why, sizeof why, "not open %lld s after the command: %.150s",
                 (long long)((st->s->now_raw_ns - st->work->stage_raw_ns) / TG_NS_PER_S), st->gate->ha[st->slot].result.detail);
        st->work->stage_raw_ns = st->s->now_raw_ns;
        tg_gate_failed(st->gate, st->s, st->slot, why);
}

/* What this node would do about the record, were it its turn. */
static enum tg_claim desire(const struct step *st)
{
        switch (st->record->stage) {
        case TG_STAGE_INTENT:
        case TG_STAGE_ISSUED:
                return TG_CLAIM_CLOSE;
        case TG_STAGE_VERIFIED:
                return is_open_again(st) || may_open(st) ? TG_CLAIM_OPEN : TG_CLAIM_NONE;
        case TG_STAGE_OPENING:
                return TG_CLAIM_OPEN;
        default:
                if (is_cleared_up(st))
                        return TG_CLAIM_OPEN;
                /* closed by somebody else: nothing to do */
                return is_wanted(st) && !(st->gate->ha[st->slot].known && is_shut(st)) ? TG_CLAIM_CLOSE : TG_CLAIM_NONE;
        }
}

/* Why nothing has come of the duty: it goes to the next. */
static const char *stuck(const struct step *st)
{
        if (tg_stage_is_live(st->record->stage) && !tg_gate_is_stored(st->gate, st->s, st->slot))
                return "its record is not on the disks of nodes that would be quorate by themselves";
        return st->gate->ha[st->slot].result.detail[0] ? st->gate->ha[st->slot].result.detail : "the HA stack does not answer";
}

void tg_gate_step(struct tg_gate *gate, const struct tg_situation *s, int slot)
{
        static void (*const steps[TG_STAGE_COUNT])(struct step *) = {
                [TG_STAGE_NONE] = step_none,         [TG_STAGE_INTENT] = step_intent,   [TG_STAGE_ISSUED] = step_issued,
                [TG_STAGE_VERIFIED] = step_verified, [TG_STAGE_OPENING] = step_opening, [TG_STAGE_UNDONE] = step_none,
                [TG_STAGE_VOID] = step_none,         [TG_STAGE_TAKEN] = step_none,      [TG_STAGE_UNCLEAR] = step_unclear,
        };
        struct step st = { gate, s, slot, &gate->reg.records[slot], &gate->work[slot] };
        enum tg_claim wish = desire(&st);

        if (gate->ordered && gate->order.verb != TG_GATE_STATUS)
                return;
        if (wish == TG_CLAIM_NONE || s->now_raw_ns < st.work->rest_until_ns) {
                if (!slot)
                        tg_gate_duty_release(gate);
                return;
        }
        if (slot ? tg_stage_is_live(st.record->stage) && st.record->target_id != gate->self_id
                 : !tg_gate_duty_mine(gate, s, wish))
                return;
        if (!slot && s->now_raw_ns - gate->duty.since_raw_ns > tg_gate_limit_of_duty_ns(s) + TG_GATE_RUN_NS) {
                tg_gate_failed(gate, s, slot, stuck(&st));
                return;
        }
        steps[st.record->stage](&st);
}
