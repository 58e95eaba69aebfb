/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The gate of one node: from what the delivered reports prove to what the executor is asked to do. Registers (gate_record.h) are written before
   deeds; whoever acts for the cluster holds the duty (gate_duty.c); the HA stack is read back, never believed (gate_ha.c). Whatever
   changes anything is done in tg_gate_act alone, which runs when an own report has come back that was sent a moment ago in the present
   ring: an agent that was frozen learns first, in the order of deliveries, what became of its duty.

   Times are the own RAW. Nothing here asks for the time. */
#pragma once

#include <timeguard/gate.h>
#include <timeguard/node.h>

#include "alerts.h"
#include "gate_danger.h"
#include "gate_record.h"

#define TG_GATE_RUN_NS (35 * TG_NS_PER_S) /* no run of the executor lasts longer */
#define TG_GATE_RECENT 8
#define TG_GATE_SEEN   2 /* one reading may be of the moment of a change */

/* One reading of the HA stack, of the cluster or of the own node. */
struct tg_ha_reading {
        bool known;
        /* what was asked for, in whichever way it was read: what is wanted may be something else by now (tg_gate_ha_fits) */
        enum tg_gate_scope scope;
        uint8_t backend;
        int64_t asked_raw_ns; /* it is of a moment later than this */
        int64_t took_ns;      /* ... by no more than this */
        int64_t state_raw_ns; /* ... and the first in a row that found it in this state, than this */
        struct tg_gate_result result;
        uint8_t open_seen; /* readings in a row, since the record was verified, that found it open or about to be */
        bool shut_seen;    /* one since the record came to its stage found it closing, or closed */
};

/* What this node does about one record. */
struct tg_gate_work {
        uint8_t stage;        /* as of the last look, to notice the next */
        int64_t stage_raw_ns; /* since when */
        uint8_t intent[16];   /* the record whose INTENT this process wrote ... */
        bool done;            /* ... and whose command was accepted, or may have been */
        bool asked;           /* the record is OPENING, and this process has asked it to open */
        bool moved;           /* it was read to be opening, or open, since the record is OPENING, whoever asked it to */
        bool was_open;      /* what it had closed was read to be open, twice: seen also while nothing could be done about it */
        uint8_t shut_again; /* readings in a row, after that, that found it closed, or closing */
        uint8_t failures;
        int64_t rest_until_ns;         /* after a failure */
        int64_t removed_raw_ns;        /* since when its node is not configured; 0: it is */
        int64_t asked_raw_ns;          /* when it was last asked to open */
        int64_t first_raw_ns;          /* ... and first, by this node */
        char failed[TG_GATE_TEXT_MAX]; /* why; "" when the last attempt did not fail */
};

struct tg_gate_duty {
        uint32_t id;      /* 0: nobody has it */
        uint32_t pid;     /* of the agent that claimed it */
        uint32_t deaf_to; /* did not give it back in time: not heard before it claims nothing */
        int64_t since_raw_ns, heard_raw_ns;
        int64_t guard_until_ns; /* until then a run of somebody who lost it may go on */
};

struct tg_gate {
        uint32_t self_id;
        uint8_t boot_id[16];
        int64_t start_raw_ns;
        struct tg_watchfulness watch;
        struct tg_finding finding; /* as of the last judging */

        struct tg_gate_registers reg;
        int64_t hold_raw_ns;  /* when its left_s was as it says */
        int64_t saved_raw_ns; /* when what was left of it last went to the disk */

        uint32_t version, saving, saved;        /* of the registers: now, being made durable, durable */
        uint32_t changed_at[TG_GATE_SLOTS + 2]; /* the version that brought each record, the hold, `own` */
        bool save_failed;
        int64_t save_again_ns;

        struct tg_ha_reading ha[TG_GATE_SLOTS]; /* of the cluster, of the own node */
        int64_t look_raw_ns;                    /* an administrator wants a reading that is asked for later than this */
        struct tg_gate_order order;             /* the one that runs */
        bool ordered, has_order;                /* it runs; it is to be handed out */
        int64_t ordered_raw_ns;
        int order_slot;
        uint32_t ticket;

        uint8_t claim; /* enum tg_claim of the own reports */
        struct tg_gate_duty duty;
        struct tg_gate_work work[TG_GATE_SLOTS];
        uint8_t own_failures;      /* of what this node does to itself */
        bool own_unasked;          /* `own` is TRIED, and no command of this process was accepted, or may have been */
        bool own_opens, own_moved; /* `own` is TRIED to open; and it was read to be opening since */
        bool own_was_open; /* what it had closed was read to be open, twice: seen also while nothing could be done about it */
        int64_t own_rest_until_ns, own_asked_raw_ns;

        int64_t calm_raw_ns;   /* since when all was proven well, without a break; 0: it is not */
        uint32_t calm_reports; /* own reports since */
        uint8_t n_recent;
        int64_t recent[TG_GATE_RECENT]; /* transitions */
        int64_t closed_raw_ns;          /* since when this node has known it closed; 0: it is open */
        char blocked[TG_REASON_MAX];    /* why it does not close though there is danger; "" it does, or there is none */
        bool would_close;
        bool wants_report;
};

void tg_gate_start(struct tg_gate *gate, const struct tg_identity *identity, int64_t now_raw_ns);
/* What was on disk; once, before the first event. False: not sound, and nothing is taken over. */
bool tg_gate_restore(struct tg_gate *gate, const uint8_t *data, size_t len);

/* A report of slot was taken into the view. */
void tg_gate_deliver(struct tg_gate *gate, const struct tg_situation *s, int slot);
/* The own report sent at sent_raw_ns has come back: acts. */
void tg_gate_act(struct tg_gate *gate, const struct tg_situation *s, const struct tg_agreement *agreement, int64_t sent_raw_ns);
/* Another ring, or none: every duty is void. */
void tg_gate_ring(struct tg_gate *gate, int64_t now_raw_ns);
/* With each verdict: what is proven, readings that are due, alerts. */
void tg_gate_judge(struct tg_gate *gate, const struct tg_situation *s, const struct tg_agreement *agreement,
                   struct tg_alerts *alerts);
void tg_gate_result(struct tg_gate *gate, const struct tg_situation *s, const struct tg_gate_result *result);
/* version as tg_gate_next_save told it. */
void tg_gate_stored(struct tg_gate *gate, uint32_t version, bool ok, int64_t now_raw_ns);
/* An administrator's word; left_s: how long it stands, UINT32_MAX: until the next one. */
void tg_gate_admin(struct tg_gate *gate, const struct tg_situation *s, enum tg_gate_word word, uint32_t left_s);
/* The own report's part. */
void tg_gate_fill(struct tg_gate *gate, struct tg_gate_report *out, int64_t now_raw_ns);
bool tg_gate_next_order(struct tg_gate *gate, struct tg_gate_order *out);
/* *version names what is to be saved; returns its length, 0 when nothing is. */
size_t tg_gate_next_save(struct tg_gate *gate, uint8_t out[static TG_GATE_SAVED_MAX], uint32_t *version, int64_t now_raw_ns);

/* Between the gate's files. */
void tg_gate_changed(struct tg_gate *gate, int what); /* a slot, TG_GATE_SLOTS: hold, + 1: own */
/* An administrator has given his word, or it has been heard of. */
void tg_gate_new_word(struct tg_gate *gate, int64_t now_raw_ns);
/* His word lets this record open. */
bool tg_gate_is_acknowledged(const struct tg_gate *gate, int slot);
/* It was about to open, and danger came again: the word that let it counts no more, on any node, whatever becomes of this agent. */
void tg_gate_spend_word(struct tg_gate *gate, const struct tg_situation *s, int slot);
/* Writes the next stage of a record, which is told to all and saved. */
void tg_gate_write(struct tg_gate *gate, const struct tg_situation *s, int slot, enum tg_gate_stage stage);
/* Nodes that would be quorate by themselves have this version of the record on disk. */
bool tg_gate_is_stored(const struct tg_gate *gate, const struct tg_situation *s, int slot);
enum tg_gate_state tg_gate_state(const struct tg_gate *gate, int64_t now_raw_ns);
uint32_t tg_gate_word_left_s(const struct tg_gate *gate, int64_t now_raw_ns);
bool tg_gate_wants_closed(const struct tg_gate *gate, int64_t now_raw_ns);
/* Finds anew what is proven, and wished. */
void tg_gate_look(struct tg_gate *gate, const struct tg_situation *s, const struct tg_agreement *agreement);
bool tg_gate_holds(const struct tg_gate *gate, int64_t now_raw_ns);
/* gate_may.c: why nothing may be closed now, or NULL. */
const char *tg_gate_may_not(const struct tg_gate *gate, const struct tg_situation *s, char *buf, size_t size);
void tg_gate_check_all(const struct tg_gate *gate, const struct tg_situation *s,
                       struct tg_gate_check out[static TG_GATE_CHECKS]); /* each of these reasons by itself */
/* gate_duty.c */
void tg_gate_duty_deliver(struct tg_gate *gate, const struct tg_situation *s, int slot);
bool tg_gate_duty_mine(struct tg_gate *gate, const struct tg_situation *s,
                       enum tg_claim kind); /* or claims it, if it is this node's turn */
void tg_gate_duty_release(struct tg_gate *gate);
bool tg_gate_is_first(const struct tg_gate *gate, const struct tg_situation *s);
int64_t tg_gate_limit_of_duty_ns(const struct tg_situation *s);
/* gate_ha.c */
void tg_gate_order_run(struct tg_gate *gate, const struct tg_situation *s, int slot, enum tg_gate_verb verb);
bool tg_gate_ha_read(struct tg_gate *gate, const struct tg_situation *s, int slot, int64_t max_age_ns); /* else orders it */
/* What was read is of the scope, the cluster or this node alone, in which the record has its effect, and by the backend that it is for. */
bool tg_gate_ha_fits(const struct tg_gate *gate, int slot);
static inline bool tg_gate_is_shut_state(enum tg_ha_state state)
{
        return state == TG_HA_CLOSED || state == TG_HA_CLOSING;
}
void tg_gate_ha_watch(struct tg_gate *gate, const struct tg_situation *s);
void tg_gate_ha_doubt(struct tg_gate *gate, int64_t now_raw_ns);
/* gate_step.c, gate_self.c; what the files of the former share is in gate_step.h */
void tg_gate_step(struct tg_gate *gate, const struct tg_situation *s, int slot);
bool tg_gate_self_owes(const struct tg_gate *gate); /* what this node has closed, or tried to, is its own to open */
void tg_gate_step_self(struct tg_gate *gate, const struct tg_situation *s);
void tg_gate_failed(struct tg_gate *gate, const struct tg_situation *s, int slot, const char *why);
void tg_gate_self_failed(struct tg_gate *gate, const struct tg_situation *s, const char *why);
/* What it was to close was closed before, by somebody else. */
void tg_gate_self_disown(struct tg_gate *gate);
/* An administrator has opened it: nothing is closed before he says so. */
void tg_gate_taken(struct tg_gate *gate, const struct tg_situation *s);
int64_t tg_gate_backoff_ns(uint8_t failures);
/* gate_release.c */
void tg_gate_release_judge(struct tg_gate *gate, const struct tg_situation *s);
bool tg_gate_may_open(const struct tg_gate *gate, const struct tg_situation *s, int slot);
uint8_t tg_gate_recent(const struct tg_gate *gate, int64_t now_raw_ns); /* transitions within the hour */
uint8_t tg_gate_damping(const struct tg_gate *gate, int64_t now_raw_ns, uint8_t before);
void tg_gate_transition(struct tg_gate *gate, int64_t now_raw_ns);
int64_t tg_gate_release_ns(const struct tg_options *options, uint8_t damping);
/* gate_alerts.c */
void tg_gate_alert(struct tg_gate *gate, const struct tg_situation *s, struct tg_alerts *alerts);
