/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See gate_record.h. */
#include <string.h>

#include "gate_record.h"
#include <timeguard/hash.h>

#define SAVED_MAGIC  0x31474754u /* "TGG1" */
#define HOLD_THERE   1
#define HOLD_HOLDS   2
#define HOLD_TAKEN   4
#define HOLD_CLOSES  16
#define HOLD_ACK     8
#define RECORD_WHOLE 0x80
#define BACKEND_BIT  4 /* ... to 6, above a stage, or what a node did to itself */
#define BELOW_BITS   0x0f
#define BACKEND_BITS 0x07

int tg_gate_version_order(uint64_t a_seq, uint32_t a_serial, uint64_t b_seq, uint32_t b_serial)
{
        if (a_seq != b_seq)
                return a_seq < b_seq ? -1 : 1;
        return a_serial < b_serial ? -1 : a_serial > b_serial;
}

bool tg_gate_is_no_uuid(const uint8_t bytes[static 16])
{
        static const uint8_t zero[16];

        return !memcmp(bytes, zero, sizeof zero);
}

static void write_prior(struct tg_writer *w, const char *prior)
{
        size_t n = strnlen(prior, TG_GATE_PRIOR_MAX - 1);

        tg_write_le(w, n, 1);
        tg_write_bytes(w, prior, n);
}

static void read_prior(struct tg_reader *r, char out[static TG_GATE_PRIOR_MAX])
{
        size_t n = tg_read_le(r, 1);
        const uint8_t *bytes = tg_read_bytes(r, n);

        memset(out, 0, TG_GATE_PRIOR_MAX);
        if (!bytes)
                return;
        if (n > TG_GATE_PRIOR_MAX - 1)
                r->bad = true;
        for (size_t i = 0; i < n && !r->bad; i++) {
                out[i] = (char)bytes[i];
                r->bad |= bytes[i] < ' ' || bytes[i] > '~';
        }
}

static void read_id(struct tg_reader *r, uint8_t out[static 16])
{
        const uint8_t *bytes = tg_read_bytes(r, 16);

        if (bytes)
                memcpy(out, bytes, 16);
}

static void write_record(struct tg_writer *w, const struct tg_gate_record *record)
{
        tg_write_le(w, record->stage | (unsigned)record->backend << BACKEND_BIT | (record->whole ? RECORD_WHOLE : 0), 1);
        if (record->stage == TG_STAGE_NONE)
                return;
        tg_write_bytes(w, record->uuid, sizeof record->uuid);
        tg_write_le(w, record->ring_seq, 8);
        tg_write_le(w, record->serial, 4);
        tg_write_le(w, record->owner_id, 4);
        tg_write_le(w, record->target_id, 4);
        tg_write_le(w, record->boot_tag, 4);
        tg_write_le(w, record->damping, 1);
        tg_write_le(w, (uint64_t)record->since_real_ns, 8);
        write_prior(w, record->prior);
}

static void read_record(struct tg_reader *r, int slot, struct tg_gate_record *out)
{
        uint8_t head = (uint8_t)tg_read_le(r, 1);

        *out = (struct tg_gate_record){ .stage = head & BELOW_BITS,
                                        .backend = head >> BACKEND_BIT & BACKEND_BITS,
                                        .whole = head / RECORD_WHOLE };
        if (out->stage == TG_STAGE_NONE)
                return;
        out->scope = slot ? TG_GATE_NODE : TG_GATE_CLUSTER;
        read_id(r, out->uuid);
        out->ring_seq = tg_read_le(r, 8);
        out->serial = (uint32_t)tg_read_le(r, 4);
        out->owner_id = (uint32_t)tg_read_le(r, 4);
        out->target_id = (uint32_t)tg_read_le(r, 4);
        out->boot_tag = (uint32_t)tg_read_le(r, 4);
        out->damping = (uint8_t)tg_read_le(r, 1);
        out->since_real_ns = tg_read_i64(r);
        read_prior(r, out->prior);
        r->bad |= out->stage >= TG_STAGE_COUNT || out->backend > TG_BACKEND_NONE || !out->owner_id ||
                  (slot ? !out->target_id : out->target_id != 0) || tg_gate_is_no_uuid(out->uuid);
}

static void write_hold(struct tg_writer *w, const struct tg_gate_hold *hold)
{
        bool ack = !tg_gate_is_no_uuid(hold->ack);
        unsigned head = HOLD_THERE | (hold->holds ? HOLD_HOLDS : 0) | (hold->closes ? HOLD_CLOSES : 0) |
                        (hold->taken ? HOLD_TAKEN : 0) | (ack ? HOLD_ACK : 0);

        tg_write_le(w, hold->node_id ? head : 0, 1);
        if (!hold->node_id)
                return;
        tg_write_le(w, hold->ring_seq, 8);
        tg_write_le(w, hold->serial, 4);
        tg_write_le(w, hold->node_id, 4);
        tg_write_le(w, hold->left_s, 4);
        if (ack)
                tg_write_bytes(w, hold->ack, sizeof hold->ack);
}

static void read_hold(struct tg_reader *r, struct tg_gate_hold *out)
{
        unsigned head = (unsigned)tg_read_le(r, 1);

        *out = (struct tg_gate_hold){ .holds = head & HOLD_HOLDS, .closes = head & HOLD_CLOSES, .taken = head & HOLD_TAKEN };
        if (!(head & HOLD_THERE)) {
                *out = (struct tg_gate_hold){ 0 };
                return;
        }
        out->ring_seq = tg_read_le(r, 8);
        out->serial = (uint32_t)tg_read_le(r, 4);
        out->node_id = (uint32_t)tg_read_le(r, 4);
        out->left_s = (uint32_t)tg_read_le(r, 4);
        if (head & HOLD_ACK)
                read_id(r, out->ack);
        r->bad |= !out->node_id;
}

void tg_gate_write_report(struct tg_writer *w, const struct tg_gate_report *gate)
{
        size_t from = w->pos;

        tg_write_le(w, gate->flags, 1);
        tg_write_le(w, gate->stored, 1);
        tg_write_le(w, gate->ha_state, 1);
        tg_write_le(w, gate->backend, 1);
        tg_write_le(w, gate->claim, 1);
        write_hold(w, &gate->hold);
        for (int i = 0; i < TG_GATE_SLOTS; i++)
                write_record(w, &gate->records[i]);
        tg_write_le(w, w->bad ? 0 : tg_hash32(TG_HASH32_BEGIN, w->data + from, w->pos - from), 4);
}

void tg_gate_read_report(struct tg_reader *r, struct tg_gate_report *gate)
{
        size_t from = r->pos, to;

        gate->flags = (uint8_t)tg_read_le(r, 1);
        gate->stored = (uint8_t)tg_read_le(r, 1);
        gate->ha_state = (uint8_t)tg_read_le(r, 1);
        gate->backend = (uint8_t)tg_read_le(r, 1);
        gate->claim = (uint8_t)tg_read_le(r, 1);
        read_hold(r, &gate->hold);
        for (int i = 0; i < TG_GATE_SLOTS; i++)
                read_record(r, i, &gate->records[i]);
        to = r->pos;
        r->bad |= r->bad || tg_read_le(r, 4) != tg_hash32(TG_HASH32_BEGIN, r->data + from, to - from);
        r->bad |= gate->ha_state > TG_HA_OPENING || gate->backend > TG_BACKEND_NONE || gate->claim > TG_CLAIM_OPEN;
}

size_t tg_gate_save(const struct tg_gate_registers *registers, uint8_t out[static TG_GATE_SAVED_MAX])
{
        struct tg_writer w = { .data = out, .size = TG_GATE_SAVED_MAX };

        tg_write_le(&w, SAVED_MAGIC, 4);
        write_hold(&w, &registers->hold);
        for (int i = 0; i < TG_GATE_SLOTS; i++)
                write_record(&w, &registers->records[i]);
        tg_write_le(&w, registers->own.acted | (unsigned)registers->own.backend << BACKEND_BIT, 1);
        tg_write_bytes(&w, registers->own.uuid, sizeof registers->own.uuid);
        tg_write_bytes(&w, registers->own.boot_id, sizeof registers->own.boot_id);
        write_prior(&w, registers->own.prior);
        tg_write_le(&w, registers->recent, 1);
        tg_write_le(&w, tg_hash32(TG_HASH32_BEGIN, out, w.pos), 4);
        return w.pos;
}

bool tg_gate_load(const uint8_t *data, size_t len, struct tg_gate_registers *out)
{
        struct tg_reader r = { .data = data, .size = len };
        struct tg_gate_registers read = { 0 };
        bool sound = tg_read_le(&r, 4) == SAVED_MAGIC;
        uint8_t head;
        size_t end;

        read_hold(&r, &read.hold);
        for (int i = 0; i < TG_GATE_SLOTS; i++)
                read_record(&r, i, &read.records[i]);
        head = (uint8_t)tg_read_le(&r, 1);
        read.own.acted = head & BELOW_BITS;
        read.own.backend = head >> BACKEND_BIT & BACKEND_BITS;
        r.bad |= read.own.acted > TG_ACTED_UNCLEAR || read.own.backend > TG_BACKEND_NONE;
        read_id(&r, read.own.uuid);
        read_id(&r, read.own.boot_id);
        read_prior(&r, read.own.prior);
        read.recent = (uint8_t)tg_read_le(&r, 1);
        end = r.pos;
        if (!sound || tg_read_le(&r, 4) != tg_hash32(TG_HASH32_BEGIN, data, end) || r.bad || r.pos != len)
                return false;
        *out = read;
        return true;
}
