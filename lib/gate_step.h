/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One record on its way from stage to stage: what gate_step.c (whose turn it is, and what is wanted), gate_close.c (up to ISSUED) and gate_open.c
   (from VERIFIED on) share. */
#pragma once

#include "gate.h"

#define TG_GATE_NOW_NS  (3 * TG_NS_PER_S) /* a reading that may lead to a deed */
#define TG_GATE_WORK_NS (2 * TG_NS_PER_S) /* one that only follows a deed */

struct tg_gate_at {
        struct tg_gate *gate;
        const struct tg_situation *s;
        int slot;
        struct tg_gate_record *record;
        struct tg_gate_work *work;
};

static inline enum tg_ha_state tg_gate_ha_state(const struct tg_gate_at *at)
{
        return at->gate->ha[at->slot].result.state;
}

static inline bool tg_gate_is_shut(const struct tg_gate_at *at)
{
        return tg_gate_is_shut_state(tg_gate_ha_state(at));
}

static inline bool tg_gate_is_fanned_out(const struct tg_gate_at *at)
{
        return !at->slot && !at->record->whole;
}

/* gate_step.c: there is danger, and nothing forbids closing for it under this record. */
bool tg_gate_is_wanted(const struct tg_gate_at *at);
/* Writes a stage after which there is nothing to do for all. */
void tg_gate_finish(struct tg_gate_at *at, enum tg_gate_stage stage);
bool tg_gate_is_late(const struct tg_gate_at *at);
/* Counts it as a failure that the HA stack is not ("closed", "open") by now. */
void tg_gate_tell_late(struct tg_gate_at *at, const char *what);
uint32_t tg_gate_boot_tag(const struct tg_gate *gate);
/* So say the reports of all present members but that slot (-1: none); mute ones say nothing. */
bool tg_gate_all_say(const struct tg_situation *s, int but, bool (*what)(const struct tg_gate_report *report));
bool tg_gate_says_shut(const struct tg_gate_report *report);
bool tg_gate_knows_whole(const struct tg_gate_report *report); /* gate_close.c: one command closes it for all */

/* gate_close.c: a new record. */
void tg_gate_begin(struct tg_gate_at *at);
/* The doubt about a record of the own node is over: it is open. */
bool tg_gate_is_cleared_up(const struct tg_gate_at *at);
void tg_gate_at_none(struct tg_gate_at *at);
void tg_gate_at_unclear(struct tg_gate_at *at);
void tg_gate_at_intent(struct tg_gate_at *at);
void tg_gate_at_issued(struct tg_gate_at *at);

/* gate_open.c: somebody else has opened it. */
bool tg_gate_is_open_again(const struct tg_gate_at *at);
bool tg_gate_opens(const struct tg_gate_at *at);
void tg_gate_at_verified(struct tg_gate_at *at);
void tg_gate_at_opening(struct tg_gate_at *at);
