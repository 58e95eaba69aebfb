/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Requests and what becomes of them, and the own clocks meanwhile. Times are RAW, in ns. What is kept of a source is relative to RAW and
   survives steps; a suspend (BOOTTIME - MONOTONIC jumps, RAW stands still) or a return of RAW ends it. Which sources there are is
   ask_sources.c's, when each is asked and what its answers prove ask_slot.c's. */
#include <stdlib.h>

#include "ask_slot.h"

#define JUMP_NS       TG_NS_PER_MS
#define DOUBLINGS_MAX 8

/* ---- the own clocks ---- */

static void recount(struct tg_ask *ask)
{
        for (size_t i = 0; i < TG_ASK_SLOTS; i++)
                tg_ask_slot_recount(&ask->slots[i]);
}

void tg_ask_urge(struct tg_ask *ask)
{
        for (size_t i = 0; i < TG_ASK_SLOTS; i++)
                ask->slots[i].urged = ask->slots[i].wanted;
}

void tg_ask_stepped(struct tg_ask *ask)
{
        recount(ask);
        tg_ask_urge(ask);
}

void tg_ask_limit(struct tg_ask *ask, int64_t step_limit_ns)
{
        if (step_limit_ns != ask->step_limit_ns)
                recount(ask);
        ask->step_limit_ns = step_limit_ns;
}

/* What was measured on another timeline of RAW. When a source was last asked stays, moved by `shift_ns`. */
static void forget(struct tg_ask *ask, int64_t shift_ns)
{
        for (size_t i = 0; i < TG_ASK_SLOTS; i++) {
                struct tg_ask_slot *slot = &ask->slots[i];

                slot->asked = (struct tg_asked){ .addr = slot->asked.addr, .state = TG_ASKED_NEVER };
                slot->waiting = false;
                slot->sent_raw_ns += shift_ns;
                slot->not_before_raw_ns += shift_ns;
        }
}

static bool jumped(int64_t *kept_ns, int64_t value_ns, int64_t tolerance_ns)
{
        if (llabs(value_ns - *kept_ns) <= tolerance_ns)
                return false;
        *kept_ns = value_ns;
        return true;
}

void tg_ask_watch(struct tg_ask *ask, const struct tg_look *look)
{
        int64_t tolerance_ns = JUMP_NS + look->bracket_ns;
        bool slept = jumped(&ask->boot_mono_ns, look->boot_ns - look->mono_ns, tolerance_ns);
        int64_t back_ns = look->raw_ns < ask->look_raw_ns ? look->raw_ns - ask->look_raw_ns : 0;
        bool stepped = jumped(&ask->real_boot_ns, look->real_ns - look->boot_ns, tolerance_ns);

        if (slept || back_ns)
                forget(ask, back_ns);
        if (slept || back_ns || stepped)
                tg_ask_stepped(ask);
        ask->look_raw_ns = look->raw_ns;
}

void tg_ask_begin(struct tg_ask *ask, int64_t step_limit_ns, const struct tg_look *now)
{
        *ask = (struct tg_ask){ .step_limit_ns = step_limit_ns,
                                .look_raw_ns = now->raw_ns,
                                .real_boot_ns = now->real_ns - now->boot_ns,
                                .boot_mono_ns = now->boot_ns - now->mono_ns };
}

/* ---- requests and what becomes of them ---- */

static void fail(struct tg_ask_slot *slot, enum tg_asked_state state)
{
        slot->waiting = false;
        slot->asked.state = (uint8_t)state;
        if (state == TG_ASKED_BAD) {
                slot->lost = 0;
                tg_ask_slot_recount(slot);
        } else if (slot->lost < UINT8_MAX) {
                slot->lost++;
        }
}

bool tg_ask_due(struct tg_ask *ask, int64_t raw_ns, uint64_t cookie, struct tg_ask_request *out)
{
        for (size_t i = 0; i < TG_ASK_SLOTS; i++) {
                struct tg_ask_slot *slot = &ask->slots[i];

                if (slot->waiting && raw_ns - slot->sent_raw_ns > TG_ASK_ANSWER_NS)
                        fail(slot, slot->noise ? TG_ASKED_BAD : TG_ASKED_SILENT);
                if (!slot->wanted || slot->waiting || raw_ns < tg_ask_slot_due_ns(slot))
                        continue;
                slot->ever = slot->waiting = true;
                slot->urged = slot->noise = false;
                slot->cookie = cookie;
                slot->sent_raw_ns = raw_ns;
                out->addr = slot->asked.addr;
                tg_ntp_request(out->datagram, cookie);
                return true;
        }
        return false;
}

void tg_ask_failed(struct tg_ask *ask, const struct tg_addr *addr, enum tg_asked_state state)
{
        struct tg_ask_slot *slot = tg_ask_find(ask, addr);

        if (slot && slot->waiting)
                fail(slot, state);
}

static void obey(struct tg_ask_slot *slot, enum tg_ntp_kiss kiss, int64_t raw_ns)
{
        slot->asked.state = TG_ASKED_KOD;
        if (kiss == TG_KISS_SLOWER && slot->doublings < DOUBLINGS_MAX)
                slot->doublings++;
        if (kiss == TG_KISS_STOP)
                slot->not_before_raw_ns = raw_ns + TG_ASK_BARRED_NS;
}

enum tg_ntp_fault tg_ask_reply(struct tg_ask *ask, const struct tg_addr *addr, const struct tg_ask_arrival *arrival)
{
        struct tg_ask_slot *slot = tg_ask_find(ask, addr);
        struct tg_ntp_answer answer;
        enum tg_ntp_fault fault;

        tg_ask_watch(ask, &arrival->look);
        if (!slot || !slot->waiting || arrival->t4_raw_ns - slot->sent_raw_ns > TG_ASK_ANSWER_NS)
                return TG_NTP_ORIGIN;
        fault = tg_ntp_read(arrival->data, arrival->len, slot->cookie, arrival->look.real_ns, &answer);
        if (!tg_ntp_is_answer(fault)) {
                slot->noise = true;
                return fault;
        }
        slot->waiting = false;
        slot->lost = 0;
        if (fault == TG_NTP_GOOD && answer.kiss)
                obey(slot, answer.kiss, arrival->t4_raw_ns);
        else if (fault == TG_NTP_GOOD)
                fault = tg_ask_slot_take(slot, &answer, arrival, ask->step_limit_ns);
        if (fault != TG_NTP_GOOD)
                fail(slot, TG_ASKED_BAD);
        return fault;
}
