/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The two ownership records and the hold, as this node knows them: registers that every node keeps, changed in quorate rings only and
   adopted from any report. Two quorate rings that follow one another share a member, which has the higher sequence number; so the
   version with the higher (ring_seq, serial) is the newer one everywhere, also after a partition.
   What this node did to itself for a record (`own`) is nobody else's business, but is kept on disk as well. */
#pragma once

#include <timeguard/gate.h>

#include "wire.h"

enum tg_gate_acted {
        TG_ACTED_NOT,
        TG_ACTED_TRIED,   /* the command that closes this node may have been run */
        TG_ACTED_CLOSED,  /* ... and the node was read to be closed */
        TG_ACTED_UNCLEAR, /* ... and shut again while it was opened: by whom is not known, and it is said until it is open */
};

struct tg_gate_own {
        uint8_t acted;       /* enum tg_gate_acted */
        uint8_t backend;     /* by which */
        uint8_t uuid[16];    /* of the record for which */
        uint8_t boot_id[16]; /* ... and in which boot */
        char prior[TG_GATE_PRIOR_MAX];
};

struct tg_gate_registers {
        struct tg_gate_record records[TG_GATE_SLOTS]; /* the cluster's, a node's */
        struct tg_gate_hold hold;
        struct tg_gate_own own;
        uint8_t recent; /* transitions within the last hour, as of the saving */
};

/* Zero is the name of no record. */
bool tg_gate_is_no_uuid(const uint8_t bytes[static 16]);
/* <0, 0, >0: a is older than, the same as, newer than b. */
int tg_gate_version_order(uint64_t a_seq, uint32_t a_serial, uint64_t b_seq, uint32_t b_serial);
static inline bool tg_gate_record_same(const struct tg_gate_record *a, const struct tg_gate_record *b)
{
        return a->ring_seq == b->ring_seq && a->serial == b->serial && !memcmp(a->uuid, b->uuid, sizeof a->uuid);
}
static inline bool tg_gate_hold_same(const struct tg_gate_hold *a, const struct tg_gate_hold *b)
{
        return a->ring_seq == b->ring_seq && a->serial == b->serial && a->node_id == b->node_id;
}

/* The gate's part of a report on the wire: flags, stored, state, backend, claim | hold | records | digest; a hold or record that is
   not there takes a byte. The digest keeps a byte that went wrong on its way from becoming a record. */
void tg_gate_write_report(struct tg_writer *w, const struct tg_gate_report *gate);
void tg_gate_read_report(struct tg_reader *r, struct tg_gate_report *gate);

#define TG_GATE_SAVED_MAX 512 /* TG_GATE_STORE_MAX */
/* What goes to disk; returns its length. Reading returns false, and leaves *out as it was, when that is not a whole and sound record. */
size_t tg_gate_save(const struct tg_gate_registers *registers, uint8_t out[static TG_GATE_SAVED_MAX]);
bool tg_gate_load(const uint8_t *data, size_t len, struct tg_gate_registers *out);
