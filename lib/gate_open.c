/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The way of a record (gate_step.c) from VERIFIED to UNDONE, or to TAKEN where an administrator was there first. What opens is what this record
   closed, and what a quorum knows to be opening. */
#include <string.h>

#include "gate_step.h"

#define AGAIN_NS (30 * TG_NS_PER_S)

bool tg_gate_is_open_again(const struct tg_gate_at *at)
{
        return !tg_gate_is_fanned_out(at) && (at->work->was_open || at->gate->ha[at->slot].open_seen >= TG_GATE_SEEN);
}

/* One command for all has been accepted. It never takes effect while a node's HA services stand still by themselves (Proxmox: the manager waits
   for that node's LRM), and covers that node as well. */
static bool is_superseded(const struct tg_gate_at *at)
{
        const struct tg_gate_record *all = &at->gate->reg.records[0];

        return at->slot && all->whole && (all->stage == TG_STAGE_ISSUED || all->stage == TG_STAGE_VERIFIED);
}

bool tg_gate_opens(const struct tg_gate_at *at)
{
        return is_superseded(at) || tg_gate_may_open(at->gate, at->s, at->slot);
}

/* It opens, or was opened: for nothing else does tg_gate_step come here. */
void tg_gate_at_verified(struct tg_gate_at *at)
{
        if (tg_gate_is_open_again(at)) {
                if (at->slot && at->record->boot_tag != tg_gate_boot_tag(at->gate)) {
                        /* a reboot has started its services */
                        if (tg_gate_is_wanted(at) && tg_gate_ha_state(at) == TG_HA_OPEN)
                                tg_gate_begin(at);
                        else
                                tg_gate_finish(at, TG_STAGE_UNDONE);
                        return;
                }
                tg_gate_taken(at->gate, at->s);
                tg_gate_finish(at, TG_STAGE_TAKEN);
        } else if (tg_gate_is_fanned_out(at) ||
                   (tg_gate_ha_read(at->gate, at->s, at->slot, TG_GATE_NOW_NS) && tg_gate_is_shut(at))) {
                tg_gate_write(at->gate, at->s, at->slot, TG_STAGE_OPENING);
        }
}

static bool is_not_ours(const struct tg_gate_report *report)
{
        return !(report->flags & TG_GATE_OURS);
}

static void open_whole(struct tg_gate_at *at)
{
        if (!tg_gate_ha_read(at->gate, at->s, at->slot, TG_GATE_WORK_NS))
                return;
        if (tg_gate_ha_state(at) == TG_HA_OPEN) {
                tg_gate_finish(at, TG_STAGE_UNDONE);
        } else if (at->work->moved && tg_gate_is_shut(at)) {
                /* shut again by somebody else, or it never came to be open: a service failed to start, the manager died. One reading
                   may be of the moment between a command's being taken and its being carried out */
                if (at->work->shut_again >= TG_GATE_SEEN)
                        tg_gate_finish(at, TG_STAGE_UNCLEAR);
        } else if (tg_gate_is_shut(at) && (!at->work->asked || at->s->now_raw_ns - at->work->asked_raw_ns > AGAIN_NS)) {
                if (at->gate->finding.danger != TG_DANGER_NONE && !is_superseded(at)) {
                        tg_gate_spend_word(at->gate, at->s, at->slot);
                        tg_gate_finish(at, tg_gate_ha_state(at) == TG_HA_CLOSED ? TG_STAGE_VERIFIED : TG_STAGE_ISSUED);
                        return;
                }
                /* whoever goes on with what another one began proves it anew */
                if ((!at->gate->finding.quiet && !is_superseded(at)) || at->gate->ordered)
                        return;
                if (!at->work->asked)
                        at->work->first_raw_ns = at->s->now_raw_ns;
                at->work->asked = true;
                at->work->asked_raw_ns = at->s->now_raw_ns;
                tg_gate_order_run(at->gate, at->s, at->slot, TG_GATE_OPEN);
        }
}

void tg_gate_at_opening(struct tg_gate_at *at)
{
        if (!tg_gate_is_stored(at->gate, at->s, at->slot))
                return;
        if (!tg_gate_is_fanned_out(at))
                open_whole(at);
        else if (tg_gate_is_wanted(at)) { /* half open and dangerous again: those that have opened close anew */
                tg_gate_spend_word(at->gate, at->s, at->slot);
                tg_gate_write(at->gate, at->s, at->slot, TG_STAGE_ISSUED);
        } else if (tg_gate_all_say(at->s, -1, is_not_ours))
                tg_gate_finish(at, TG_STAGE_UNDONE);
        /* what another one began long ago, and this one has only just asked for, is not late; and while its run goes on the duty is kept */
        if (at->record->stage != TG_STAGE_OPENING || !tg_gate_is_late(at) ||
            (at->work->asked && at->s->now_raw_ns - at->work->first_raw_ns <= tg_gate_limit_of_duty_ns(at->s)))
                return;
        tg_gate_tell_late(at, "open");
        at->work->stage_raw_ns = at->s->now_raw_ns;
}
