/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The way of a record (gate_step.c) from nothing to ISSUED, and to VERIFIED. The command runs under an INTENT that this process itself has written
   and that a quorum has on disk; whoever goes on with another's proves first that nothing was closed under it. */
#include <string.h>

#include "gate_step.h"
#include <timeguard/hash.h>

/* 128 bits that no other record has: of the node, its boot, the ring, and a counter within it. */
static void make_uuid(const struct tg_gate *gate, const struct tg_situation *s, uint8_t out[static 16])
{
        static const uint64_t begins[2] = { TG_HASH64_BEGIN, UINT64_C(0x9ae16a3b2f90404f) };
        const uint64_t words[] = { gate->self_id, s->view->ring.seq, (uint64_t)s->now_raw_ns, gate->ticket, gate->version };

        for (int k = 0; k < 2; k++) {
                uint64_t h = tg_hash64(tg_hash64(begins[k], gate->boot_id, sizeof gate->boot_id), words, sizeof words);

                memcpy(out + 8 * k, &h, sizeof h);
        }
        out[0] = (uint8_t)(out[0] | 1); /* never zero */
}

bool tg_gate_knows_whole(const struct tg_gate_report *report)
{
        return report->flags & TG_GATE_WHOLE;
}

/* This process's own INTENT, whose command it has yet to ask for. */
static void intend(struct tg_gate_at *at)
{
        memcpy(at->work->intent, at->record->uuid, sizeof at->work->intent);
        at->work->done = false;
        tg_gate_write(at->gate, at->s, at->slot, TG_STAGE_INTENT);
}

void tg_gate_begin(struct tg_gate_at *at)
{
        const struct tg_gate_result *ha = &at->gate->ha[at->slot].result;
        struct tg_gate_record *r = at->record;

        make_uuid(at->gate, at->s, r->uuid);
        r->scope = at->slot ? TG_GATE_NODE : TG_GATE_CLUSTER;
        r->target_id = at->slot ? at->gate->self_id : 0;
        /* one command for all is worth nothing where a node does not know it; what a mute node knows is not known, and it cannot act on
           itself either */
        r->whole = at->slot || ((ha->flags & TG_GATE_WHOLE) && tg_gate_all_say(at->s, -1, tg_gate_knows_whole));
        r->damping = tg_gate_damping(at->gate, at->s->now_raw_ns, r->damping);
        r->since_real_ns = at->s->now_real_ns;
        r->boot_tag = tg_gate_boot_tag(at->gate);
        r->backend = ha->backend;
        memcpy(r->prior, ha->prior, sizeof r->prior);
        at->work->failures = 0;
        intend(at);
}

void tg_gate_at_none(struct tg_gate_at *at)
{
        if (!tg_gate_ha_read(at->gate, at->s, at->slot, TG_GATE_NOW_NS))
                return;
        if (tg_gate_ha_state(at) == TG_HA_OPEN)
                tg_gate_begin(at);
        else if (!at->slot) /* whoever closed it, it is closed; and what cannot be read is said by the alert */
                tg_gate_duty_release(at->gate);
}

/* A node's: it alone reads whether it is still closed, and tells when it is not. */
bool tg_gate_is_cleared_up(const struct tg_gate_at *at)
{
        return at->slot && at->record->stage == TG_STAGE_UNCLEAR && at->record->target_id == at->gate->self_id &&
               at->gate->ha[1].known && tg_gate_ha_state(at) == TG_HA_OPEN;
}

void tg_gate_at_unclear(struct tg_gate_at *at)
{
        if (tg_gate_is_cleared_up(at) && !tg_gate_is_wanted(at))
                tg_gate_finish(at, TG_STAGE_UNDONE);
        else
                tg_gate_at_none(at);
}

static void take_over(struct tg_gate_at *at)
{
        if (!tg_gate_is_fanned_out(at)) {
                if (!tg_gate_ha_read(at->gate, at->s, at->slot, TG_GATE_NOW_NS))
                        return;
                if (tg_gate_is_shut(at)) {
                        tg_gate_finish(at, TG_STAGE_UNCLEAR);
                        return;
                }
                if (tg_gate_ha_state(at) != TG_HA_OPEN)
                        return;
        }
        intend(at);
}

/* The INTENT is on the disks of a quorum: the deed, unless what is read now speaks against it. */
static void close_intended(struct tg_gate_at *at)
{
        if (tg_gate_is_fanned_out(at)) {
                tg_gate_write(at->gate, at->s, at->slot, TG_STAGE_ISSUED);
        } else if (tg_gate_ha_read(at->gate, at->s, at->slot, TG_GATE_NOW_NS)) {
                if (tg_gate_is_shut(at)) {
                        tg_gate_finish(at, at->work->failures ? TG_STAGE_UNCLEAR : TG_STAGE_VOID);
                } else if (!tg_gate_is_wanted(at)) {
                        tg_gate_finish(at, TG_STAGE_VOID);
                } else if (tg_gate_ha_state(at) == TG_HA_OPEN && !at->gate->ordered) {
                        tg_gate_order_run(at->gate, at->s, at->slot, TG_GATE_CLOSE);
                }
        }
}

void tg_gate_at_intent(struct tg_gate_at *at)
{
        struct tg_gate_work *work = at->work;

        if (memcmp(work->intent, at->record->uuid, sizeof work->intent) || at->record->owner_id != at->gate->self_id)
                take_over(at);
        else if (work->done)
                tg_gate_write(at->gate, at->s, at->slot, TG_STAGE_ISSUED);
        else if ((tg_gate_is_fanned_out(at) || !work->failures) &&
                 !tg_gate_is_wanted(at)) /* where each acts for itself nobody has yet */
                tg_gate_finish(at, TG_STAGE_VOID);
        else if (tg_gate_is_stored(at->gate, at->s, at->slot))
                close_intended(at);
}

void tg_gate_at_issued(struct tg_gate_at *at)
{
        bool fanned_out = tg_gate_is_fanned_out(at);

        if (!tg_gate_ha_read(at->gate, at->s, at->slot, TG_GATE_WORK_NS))
                return;
        if (fanned_out ? tg_gate_all_say(at->s, -1, tg_gate_says_shut) : tg_gate_ha_state(at) == TG_HA_CLOSED) {
                at->work->failed[0] = 0;
                tg_gate_finish(at, TG_STAGE_VERIFIED);
                return;
        }
        if ((fanned_out || tg_gate_is_shut(at)) && tg_gate_may_open(at->gate, at->s, at->slot)) {
                /* what never came to be closed is not left halfway either */
                tg_gate_write(at->gate, at->s, at->slot, TG_STAGE_OPENING);
                return;
        }
        /* the command had its effect, and somebody undid it: a reboot, or an administrator */
        if (tg_gate_is_open_again(at) && at->gate->ha[at->slot].shut_seen &&
            (!at->slot || at->record->boot_tag == tg_gate_boot_tag(at->gate))) {
                tg_gate_taken(at->gate, at->s);
                tg_gate_finish(at, TG_STAGE_TAKEN);
                return;
        }
        if (!tg_gate_is_late(at))
                return;
        if (fanned_out || tg_gate_ha_state(at) != TG_HA_OPEN) {
                tg_gate_tell_late(at, "closed");
                at->work->stage_raw_ns = at->s->now_raw_ns;
        } else if (!tg_gate_is_wanted(at)) {
                tg_gate_finish(at, TG_STAGE_UNDONE);
        } else {
                tg_gate_tell_late(at, "closed");
                intend(at);
        }
}
