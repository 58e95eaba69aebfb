/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the delivered reports prove of danger to HA actions, and what they prove of safety. Between the two lies what is not proven: then the
   gate stays as it is. The gate limit takes the budget's place; offsets are of REALTIME.

     breach   a pair is beyond the gate limit for gate.confirm bounds in a row
     early    going on at their proven rates, pairs cross it within gate.horizon, and so many votes are then in doubt that the quorum is
     pending  nodes that would be quorate by themselves are about to be stepped by more than gate.step_limit: their source, asked
              directly, says so (3 distinct answers over 32 s), or chronyd's own correction (3 distinct updates)

   A danger is the cluster's, and blames nobody, unless a breach has one lone node in it and the source, asked by it and by others after the
   breach began, contradicts it and none else. A source that moved faster than an oscillator drifts is no witness; and a node that stood still
   while another one was moved is not the one that is wrong. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <timeguard/gate.h>

#include "gate_watch.h"
#include "verdict.h"

enum tg_danger { TG_DANGER_NONE, TG_DANGER_BREACH, TG_DANGER_EARLY, TG_DANGER_PENDING, TG_DANGER_WORD };

struct tg_finding {
        enum tg_danger danger;
        enum tg_gate_scope scope;
        int lone;     /* slot: NODE's target; else -1 */
        bool waits;   /* a breach whose scope the source's next answers decide: act on neither yet */
        bool suspect; /* something may become a danger: time to look at the HA stack */
        bool calm;  /* proven: every present member within the gate limit of every other, nothing crosses, nothing is pending */
        bool quiet; /* the same, but for members that are mute: enough to go on with an opening that was begun */
        bool pending; /* a step is pending, whatever else */
        struct tg_evidence evidence;
        char why[TG_REASON_MAX];      /* the danger in one sentence; "" without one */
        char why_not[TG_REASON_MAX];  /* what is not proven, when it is neither calm nor dangerous */
        char step_why[TG_REASON_MAX]; /* the pending step */
};

void tg_gate_find(const struct tg_watchfulness *w, const struct tg_situation *s, const struct tg_agreement *agreement,
                  struct tg_finding *out);

/* gate_lone.c: looks for the lone node of a breach and asks the witnesses; sets scope, lone and waits. */
void tg_gate_find_lone(const struct tg_watchfulness *w, const struct tg_situation *s, const struct tg_agreement *agreement,
                       struct tg_finding *out);
/* gate_pending.c: votes of nodes whose step is pending, and one sentence about them. */
uint64_t tg_gate_pending_votes(const struct tg_watchfulness *w, const struct tg_situation *s, char *why, size_t size);
/* Two nodes other than that one are beyond each other. */
bool tg_gate_any_far_without(const struct tg_watchfulness *w, const struct tg_situation *s, int slot);
bool tg_gate_is_far(const struct tg_watchfulness *w, const struct tg_situation *s, int i, int j);
