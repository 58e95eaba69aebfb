/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One source that is or was asked: when it is to be asked again, and what its answers prove. */
#pragma once

#include <timeguard/ntp.h>

#include "ntp_packet.h"

static inline bool tg_ask_slot_is_taken(const struct tg_ask_slot *slot)
{
        return slot->asked.addr.family != TG_ADDR_NONE;
}

/* The RAW time from which on it may be asked again. */
int64_t tg_ask_slot_due_ns(const struct tg_ask_slot *slot);
/* No row of answers beyond the step limit any more. */
void tg_ask_slot_recount(struct tg_ask_slot *slot);
/* Takes an answer that was read; TG_NTP_ORDER where it contradicts causality, and then nothing is taken. */
enum tg_ntp_fault tg_ask_slot_take(struct tg_ask_slot *slot, const struct tg_ntp_answer *answer,
                                   const struct tg_ask_arrival *arrival, int64_t step_limit_ns);

struct tg_ask_slot *tg_ask_find(struct tg_ask *ask, const struct tg_addr *addr);
/* Takes note of what the own clocks did since the last look. */
void tg_ask_watch(struct tg_ask *ask, const struct tg_look *look);
