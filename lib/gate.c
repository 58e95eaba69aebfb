/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See gate.h. The registers: adopted from what is delivered, changed by whoever has the duty, saved, and told in the own reports. */
#include <stdio.h>
#include <string.h>

#include "gate.h"
#include "text.h"

#define FRESH_NS      (2 * TG_NS_PER_S) /* an own report that took longer proves nothing of the present order */
#define SAVE_AGAIN_NS (5 * TG_NS_PER_S)
#define WORD_SAVE_NS  (60 * TG_NS_PER_S) /* so much longer a word may stand by an agent that begins anew */

void tg_gate_start(struct tg_gate *gate, const struct tg_identity *identity, int64_t now_raw_ns)
{
        memcpy(gate->boot_id, identity->boot_id, sizeof gate->boot_id);
        gate->self_id = identity->node_id;
        gate->start_raw_ns = now_raw_ns;
        gate->finding.lone = -1;
}

bool tg_gate_restore(struct tg_gate *gate, const uint8_t *data, size_t len)
{
        if (!tg_gate_load(data, len, &gate->reg))
                return false;
        gate->hold_raw_ns = gate->start_raw_ns;
        for (uint8_t i = 0; i < gate->reg.recent; i++)
                tg_gate_transition(gate, gate->start_raw_ns);
        for (int i = 0; i < TG_GATE_SLOTS; i++) {
                gate->work[i].stage = gate->reg.records[i].stage;
                gate->work[i].stage_raw_ns = gate->start_raw_ns;
        }
        /* a run of before may still go on, here or where the duty was */
        gate->duty.guard_until_ns = gate->start_raw_ns + TG_GATE_RUN_NS;
        if (gate->reg.own.acted == TG_ACTED_TRIED)
                gate->own_rest_until_ns = gate->duty.guard_until_ns;
        return true;
}

void tg_gate_changed(struct tg_gate *gate, int what)
{
        gate->changed_at[what] = ++gate->version;
        gate->wants_report = true;
}

static void note_stage(struct tg_gate *gate, int slot, int64_t now_raw_ns)
{
        struct tg_gate_work *work = &gate->work[slot];
        const struct tg_gate_record *record = &gate->reg.records[slot];

        if (work->stage == record->stage)
                return;
        if (record->stage == TG_STAGE_VERIFIED || record->stage == TG_STAGE_UNDONE)
                tg_gate_transition(gate, now_raw_ns);
        work->asked = work->moved = work->was_open = false; /* whoever wrote it: this node may have to go on with it */
        work->stage = record->stage;
        work->stage_raw_ns = now_raw_ns;
        gate->ha[slot].open_seen = 0;
        gate->ha[slot].shut_seen = false;
        if (!tg_stage_is_live(record->stage)) {
                work->failures = 0;
                work->failed[0] = 0;
        }
}

void tg_gate_write(struct tg_gate *gate, const struct tg_situation *s, int slot, enum tg_gate_stage stage)
{
        struct tg_gate_record *record = &gate->reg.records[slot];

        record->serial = record->ring_seq == s->view->ring.seq ? record->serial + 1 : 1;
        record->ring_seq = s->view->ring.seq;
        record->owner_id = gate->self_id;
        record->stage = (uint8_t)stage;
        note_stage(gate, slot, s->now_raw_ns);
        tg_gate_changed(gate, slot);
}

/* A version of a ring that is not yet known here cannot have been written before its report was delivered. */
static bool is_newer(const struct tg_situation *s, uint64_t seq, uint32_t serial, uint64_t than_seq, uint32_t than_serial)
{
        if (s->view->ring.seq &&
            than_seq > s->view->ring.seq) /* corosync has begun its numbers anew: that one is older than all of them */
                return seq <= s->view->ring.seq;
        return seq <= s->view->ring.seq && tg_gate_version_order(seq, serial, than_seq, than_serial) > 0;
}

/* Of two words that were given in the same instant a hold counts, for all, else that of the higher node id. */
static bool is_newer_word(const struct tg_situation *s, const struct tg_gate_hold *word, const struct tg_gate_hold *than)
{
        if (word->ring_seq != than->ring_seq || word->serial != than->serial)
                return is_newer(s, word->ring_seq, word->serial, than->ring_seq, than->serial);
        return word->holds != than->holds ? word->holds : word->node_id > than->node_id;
}

/* Two parts that were both quorate (two_node) may have come to the same number: what is closed counts, for all, else the higher owner's. */
static bool is_newer_record(const struct tg_situation *s, const struct tg_gate_record *record,
                            const struct tg_gate_record *than)
{
        bool live = tg_stage_is_live(record->stage);

        if (record->ring_seq != than->ring_seq || record->serial != than->serial)
                return is_newer(s, record->ring_seq, record->serial, than->ring_seq, than->serial);
        return live != tg_stage_is_live(than->stage) ? live : record->owner_id > than->owner_id;
}

/* This node was taken out of the cluster, its closing was written off, and it is back: how it is nobody else knows. */
static bool is_written_off(const struct tg_gate *gate, int slot, const struct tg_gate_record *record)
{
        const struct tg_gate_record *own = &gate->reg.records[slot];

        return slot && tg_stage_is_live(own->stage) && own->target_id == gate->self_id && record->owner_id != gate->self_id &&
               record->stage == TG_STAGE_UNDONE && !memcmp(own->uuid, record->uuid, sizeof own->uuid);
}

static void contradict(struct tg_gate *gate, const struct tg_situation *s, int slot, const struct tg_gate_record *record)
{
        struct tg_gate_record *own = &gate->reg.records[slot];

        own->ring_seq = record->ring_seq;
        own->serial = record->serial;
        tg_gate_write(gate, s, slot, (enum tg_gate_stage)own->stage);
}

static void adopt(struct tg_gate *gate, const struct tg_situation *s, const struct tg_gate_report *from)
{
        for (int i = 0; i < TG_GATE_SLOTS; i++) {
                const struct tg_gate_record *record = &from->records[i];

                if (record->stage == TG_STAGE_NONE || !is_newer_record(s, record, &gate->reg.records[i]))
                        continue;
                if (is_written_off(gate, i, record)) {
                        contradict(gate, s, i, record);
                        continue;
                }
                gate->reg.records[i] = *record;
                note_stage(gate, i, s->now_raw_ns);
                tg_gate_changed(gate, i);
        }
        /* whoever has just come back had not seen it run down */
        if (from->hold.node_id && tg_gate_hold_same(&from->hold, &gate->reg.hold) &&
            from->hold.left_s < tg_gate_word_left_s(gate, s->now_raw_ns)) {
                gate->reg.hold.left_s = from->hold.left_s;
                gate->hold_raw_ns = s->now_raw_ns;
        }
        if (from->hold.node_id && is_newer_word(s, &from->hold, &gate->reg.hold)) {
                gate->reg.hold = from->hold;
                tg_gate_new_word(gate, s->now_raw_ns);
        }
}

void tg_gate_deliver(struct tg_gate *gate, const struct tg_situation *s, int slot)
{
        const struct tg_member *m = &s->view->members[slot];

        tg_watch_deliver(&gate->watch, s->view, s->options, slot);
        adopt(gate, s, &m->report.gate);
        tg_gate_duty_deliver(gate, s, slot);
}

void tg_gate_act(struct tg_gate *gate, const struct tg_situation *s, const struct tg_agreement *agreement, int64_t sent_raw_ns)
{
        if (s->now_raw_ns - sent_raw_ns > FRESH_NS || !s->connected || s->self < 0 || !s->quorum->provider ||
            !s->quorum->quorate || !tg_ring_id_equal(s->quorum->ring, s->view->ring) ||
            !tg_ring_id_equal(s->view->members[s->self].report.ring, s->view->ring))
                return;
        tg_gate_look(gate, s, agreement);
        gate->calm_reports += gate->calm_raw_ns != 0;
        tg_gate_step(gate, s, 0);
        tg_gate_step(gate, s, 1);
        tg_gate_step_self(gate, s);
}

bool tg_gate_is_stored(const struct tg_gate *gate, const struct tg_situation *s, int slot)
{
        uint64_t votes = 0;
        bool everybody = true;

        for (uint32_t i = 0; i < s->view->n; i++) {
                const struct tg_member *m = &s->view->members[s->view->order[i]];
                bool has = m->fresh && m->present && (m->report.gate.stored & 1 << slot) &&
                           tg_gate_record_same(&m->report.gate.records[slot], &gate->reg.records[slot]);

                votes += has ? m->votes : 0;
                everybody &= has || !m->present;
        }
        /* all of this part, which is quorate: also by a qdevice, or as corosync breaks ties */
        return votes > 0 && (everybody || votes >= s->quorum->quorum);
}

enum tg_gate_state tg_gate_state(const struct tg_gate *gate, int64_t now_raw_ns)
{
        static const enum tg_gate_state of_stage[TG_STAGE_COUNT] = {
                [TG_STAGE_INTENT] = TG_GATE_IS_CLOSING,
                [TG_STAGE_ISSUED] = TG_GATE_IS_CLOSING,
                [TG_STAGE_VERIFIED] = TG_GATE_IS_CLOSED,
                [TG_STAGE_OPENING] = TG_GATE_IS_OPENING,
        };

        for (int i = 0; i < TG_GATE_SLOTS; i++)
                if (tg_stage_is_live(gate->reg.records[i].stage))
                        return of_stage[gate->reg.records[i].stage];
        if (tg_gate_self_owes(gate))
                return TG_GATE_IS_CLOSED;
        return tg_gate_holds(gate, now_raw_ns) ? TG_GATE_IS_HELD : TG_GATE_IS_OPEN;
}

void tg_gate_fill(struct tg_gate *gate, struct tg_gate_report *out, int64_t now_raw_ns)
{
        const struct tg_gate_result *cluster = &gate->ha[0].result, *node = &gate->ha[1].result;
        bool rests = gate->work[0].rest_until_ns > now_raw_ns;

        *out = (struct tg_gate_report){ .claim = gate->claim, .hold = gate->reg.hold };
        out->hold.left_s = tg_gate_word_left_s(gate, now_raw_ns);
        if (gate->ha[0].known) {
                out->ha_state = (uint8_t)(tg_gate_ha_fits(gate, 0) ? cluster->state : TG_HA_UNKNOWN);
                out->backend = cluster->backend;
                out->flags = (uint8_t)(cluster->flags | (gate->ha[1].known ? node->flags & TG_GATE_BUSY : 0));
        }
        /* whoever has just failed leaves the next turn to others */
        if (rests)
                out->flags &= (uint8_t)~TG_GATE_READY;
        if (tg_gate_self_owes(gate))
                out->flags |= TG_GATE_OURS;
        for (int i = 0; i < TG_GATE_SLOTS; i++) {
                out->records[i] = gate->reg.records[i];
                out->stored |= (uint8_t)(out->records[i].stage != TG_STAGE_NONE && gate->changed_at[i] <= gate->saved) << i;
        }
        out->stored |= (uint8_t)(gate->reg.hold.node_id && gate->changed_at[TG_GATE_SLOTS] <= gate->saved) << TG_GATE_SLOTS;
        gate->wants_report = false;
}

bool tg_gate_next_order(struct tg_gate *gate, struct tg_gate_order *out)
{
        if (!gate->has_order)
                return false;
        gate->has_order = false;
        *out = gate->order;
        return true;
}

size_t tg_gate_next_save(struct tg_gate *gate, uint8_t out[static TG_GATE_SAVED_MAX], uint32_t *version, int64_t now_raw_ns)
{
        struct tg_gate_registers now;
        uint32_t left_s = tg_gate_word_left_s(gate, now_raw_ns);

        if (left_s && left_s != UINT32_MAX && now_raw_ns - gate->saved_raw_ns > WORD_SAVE_NS && gate->saved == gate->version)
                gate->version++;
        if (gate->saving || gate->saved == gate->version || (gate->save_failed && now_raw_ns < gate->save_again_ns))
                return 0;
        gate->saved_raw_ns = now_raw_ns;
        gate->reg.recent = tg_gate_recent(gate, now_raw_ns);
        gate->saving = gate->version;
        *version = gate->saving;
        now = gate->reg;
        now.hold.left_s = left_s;
        return tg_gate_save(&now, out);
}

void tg_gate_stored(struct tg_gate *gate, uint32_t version, bool ok, int64_t now_raw_ns)
{
        if (version != gate->saving)
                return;
        gate->saving = 0;
        gate->save_failed = !ok;
        gate->save_again_ns = now_raw_ns + SAVE_AGAIN_NS;
        if (!ok)
                return;
        gate->saved = version;
        gate->wants_report = true;
}
