/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The gate: what lets HA actions through. These are the words that core, agent and peers share: what is wanted of the executor and what it
   found, the ownership record that every node keeps, an administrator's hold, and what a report says of them. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <timeguard/limits.h>

#define TG_GATE_VERSION   1  /* of the logic; nodes of different versions close nothing together */
#define TG_GATE_PRIOR_MAX 25 /* bytes of the state before, NUL included */
#define TG_GATE_TEXT_MAX  256
#define TG_GATE_SLOTS     2 /* records at once: the cluster's, and one node's */

enum tg_gate_mode { TG_GATE_OBSERVE, TG_GATE_ENFORCE };

/* Where a list of words stands beside an enumeration, it is indexed by it and ends with NULL: the same words in files, documents, options and
   alerts. */
enum tg_gate_backend {
        TG_BACKEND_AUTO, /* the first of proxmox and pacemaker that is installed, else none */
        TG_BACKEND_PROXMOX,
        TG_BACKEND_PACEMAKER,
        TG_BACKEND_UNITS,
        TG_BACKEND_COMMAND,
        TG_BACKEND_NONE,
};
extern const char *const tg_gate_backend_words[];

/* What a node sees of the gate, from records, hold and claims. */
enum tg_gate_state { TG_GATE_IS_OPEN, TG_GATE_IS_CLOSING, TG_GATE_IS_CLOSED, TG_GATE_IS_OPENING, TG_GATE_IS_HELD };
const char *tg_gate_state_text(enum tg_gate_state state); /* "open", ... */

enum tg_gate_scope { TG_GATE_NOTHING, TG_GATE_CLUSTER, TG_GATE_NODE };
extern const char *const tg_gate_scope_words[];
const char *tg_gate_scope_text(enum tg_gate_scope scope);

/* What the HA stack itself shows, read back; never what was asked of it. */
enum tg_ha_state {
        TG_HA_UNKNOWN, /* not read, or not readable */
        TG_HA_UNUSED,  /* there is no HA here that could act */
        TG_HA_OPEN,
        TG_HA_CLOSING,
        TG_HA_CLOSED,
        TG_HA_OPENING,
};
extern const char *const tg_ha_state_words[];
const char *tg_ha_state_text(enum tg_ha_state state);

enum tg_gate_verb { TG_GATE_STATUS, TG_GATE_CLOSE, TG_GATE_OPEN };
extern const char *const tg_gate_verb_words[];
const char *tg_gate_verb_text(enum tg_gate_verb verb); /* "status", "close", "open" */

/* Wanted of the executor: one run of timeguard-gate@.service. One at a time. */
struct tg_gate_order {
        uint32_t ticket; /* counts the orders of one core; the result names it */
        enum tg_gate_verb verb;
        enum tg_gate_scope scope;      /* NODE: the own node */
        uint8_t backend;               /* enum tg_gate_backend; AUTO: the one that is configured */
        uint8_t uuid[16];              /* of the record that it belongs to; zero for STATUS without one */
        char prior[TG_GATE_PRIOR_MAX]; /* OPEN: what to restore, as CLOSE's or STATUS's result told it */
        char reason[TG_REASON_MAX];    /* the evidence, one sentence */
};

enum tg_gate_outcome {
        TG_GATE_DONE,    /* STATUS: read; CLOSE, OPEN: the command was accepted. What it led to, STATUS tells later */
        TG_GATE_FAILED,  /* refused or failed; nothing was changed as far as is known */
        TG_GATE_TIMEOUT, /* the unit's time ran out: what it led to is not known */
};

struct tg_gate_result {
        uint32_t ticket;
        enum tg_gate_verb verb;
        enum tg_gate_outcome outcome;
        enum tg_ha_state state;         /* of the order's scope; for STATUS and, where the backend knows at once, the others */
        uint8_t backend;                /* enum tg_gate_backend: the one that was used, never AUTO */
        uint32_t flags;                 /* enum tg_gate_flag, those that the executor can tell */
        char prior[TG_GATE_PRIOR_MAX];  /* what OPEN would have to restore */
        char command[TG_GATE_TEXT_MAX]; /* STATUS: what CLOSE would run; else what was run */
        char detail[TG_GATE_TEXT_MAX];  /* one sentence: what was found, or why it failed */
};

/* What a node says of the HA stack on it. */
enum tg_gate_flag {
        TG_GATE_READY = 1 << 0,   /* the backend was read and could act */
        TG_GATE_WHOLE = 1 << 1,   /* ... for the whole cluster at once; where one node cannot, each acts on itself */
        TG_GATE_MASTER = 1 << 2,  /* the HA manager of the cluster runs here (CRM master, DC) */
        TG_GATE_ARMED = 1 << 3,   /* an HA watchdog is armed on this node */
        TG_GATE_BUSY = 1 << 4,    /* services are being fenced, recovered or migrated */
        TG_GATE_FENCING = 1 << 5, /* closed or not, lost nodes are fenced */
        TG_GATE_OURS = 1 << 6,    /* told by the core: this agent has closed this node, or tried to */
};

/* How far a record has come. Each stage is multicast, and what follows an INTENT or OPENING waits until nodes that would be quorate by
   themselves have it on disk. */
enum tg_gate_stage {
        TG_STAGE_NONE,
        TG_STAGE_INTENT,   /* the command may run from now on */
        TG_STAGE_ISSUED,   /* ... has been accepted */
        TG_STAGE_VERIFIED, /* ... and the HA stack was read to be closed */
        TG_STAGE_OPENING,  /* the command that opens may run from now on */
        /* the record is closed: */
        TG_STAGE_UNDONE,  /* the HA stack was read to be open again */
        TG_STAGE_VOID,    /* given up before any command ran */
        TG_STAGE_TAKEN,   /* an administrator opened it */
        TG_STAGE_UNCLEAR, /* found closed without a proof that it was us: never opened by us */
        TG_STAGE_COUNT
};
const char *tg_gate_stage_text(enum tg_gate_stage stage);
static inline bool tg_stage_is_live(uint8_t stage)
{
        return stage >= TG_STAGE_INTENT && stage <= TG_STAGE_OPENING;
}

/* Who closed what. Changed only in quorate rings, whose sequence numbers grow; of two versions the one with the higher (ring_seq, serial)
   counts, everywhere. */
struct tg_gate_record {
        uint8_t uuid[16];
        uint64_t ring_seq;
        uint32_t serial;
        uint32_t owner_id;  /* who wrote this version */
        uint32_t target_id; /* of a node's record; 0 for the cluster's */
        uint8_t scope;      /* enum tg_gate_scope */
        uint8_t stage;      /* enum tg_gate_stage */
        uint8_t whole;      /* one command for all; 0: each node acts on itself */
        uint8_t backend;    /* enum tg_gate_backend: by which it closed, and is opened again whatever is configured by then */
        uint32_t boot_tag;  /* a short name of the owner's boot when it closed: a reboot starts the HA services again */
        uint8_t damping;    /* gate.release is doubled so often */
        int64_t since_real_ns; /* REALTIME of the owner when it closed; for display */
        char prior[TG_GATE_PRIOR_MAX];
};

/* hold: nothing is closed. close: the cluster is closed, whatever the clocks say, and stays so. release: the hold is over, or, where there is none, what is closed
   may open as soon as all is proven well. */
enum tg_gate_word { TG_WORD_RELEASE, TG_WORD_HOLD, TG_WORD_CLOSE };

/* An administrator's word, kept by every node: the newest (ring_seq, serial) counts. */
struct tg_gate_hold {
        uint64_t ring_seq;
        uint32_t serial;
        uint32_t node_id; /* where it was given */
        bool holds;       /* false: released */
        uint32_t left_s;  /* UINT32_MAX: until released */
        bool closes;
        bool taken;      /* set by timeguard itself, as an administrator took over */
        uint8_t ack[16]; /* the record that may open without waiting for gate.release */
};

enum tg_claim { TG_CLAIM_NONE, TG_CLAIM_CLOSE, TG_CLAIM_OPEN };

/* The gate's part of a report. */
struct tg_gate_report {
        uint8_t ha_state; /* enum tg_ha_state as this node last read it */
        uint8_t backend;  /* enum tg_gate_backend, never AUTO once it is known */
        uint8_t flags;    /* enum tg_gate_flag */
        uint8_t claim;    /* enum tg_claim: it wants, or has, the duty to act for the cluster */
        uint8_t stored;   /* bit i: records[i] is on its disk; bit TG_GATE_SLOTS: hold is */
        struct tg_gate_hold hold;
        struct tg_gate_record records[TG_GATE_SLOTS]; /* stage NONE: none known */
};
