/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* When: once in chronyd's own poll interval of the source, between 16 and 1024 s; three times in a row each 16 s where the last request was
   lost or its answer lay beyond the step limit, so that a lost datagram is no silence and a pending step is known in time. RATE doubles
   all of that for as long as the source is remembered.
   What an answer proves. RAW is the own MONOTONIC_RAW, A(x) = the server's time - RAW at the instant x, positive: the server is ahead.
   The request left at RAW t1 or later, came at RAW r with the stamp T2, the answer left at RAW x with the stamp T3, and came at RAW t4 or earlier:
        r >= t1, so A(r) = T2 - r <= T2 - t1        (early stamps of ours only widen it)
        x <= t4, so A(x) = T3 - x >= T3 - t4
   Both are carried to t4 with 500 ppm of t4 - t1, the stamps' grain g is added to either side:
        T3 - t4 - g - age <= A(t4) <= T2 - t1 + g + age
   An empty interval is a contradiction: no such answer was given between our two stamps.
   With c = REALTIME - RAW the source's offset from the own REALTIME is A - c, positive: the source is ahead. c is that of the look, which was
   taken a little after t4: the slew in between and the look's bracket are added. */
#include "ask_slot.h"
#include "interval.h"

#define POLL_MIN 4  /* log2 of TG_ASK_MIN_NS in seconds */
#define POLL_MAX 10 /* ... of TG_ASK_MAX_NS */
#define QUICK    3  /* requests in a row at the least distance */

static bool is_quick(const struct tg_ask_slot *slot)
{
        return slot->urged || (slot->lost > 0 && slot->lost < QUICK) || (slot->asked.clear > 0 && slot->asked.clear < QUICK);
}

static int64_t interval_ns(const struct tg_ask_slot *slot)
{
        int poll = slot->poll < POLL_MIN || is_quick(slot) ? POLL_MIN : slot->poll > POLL_MAX ? POLL_MAX : slot->poll;
        int64_t ns = TG_NS_PER_S << poll << slot->doublings;

        return ns < TG_ASK_BARRED_NS ? ns : TG_ASK_BARRED_NS;
}

int64_t tg_ask_slot_due_ns(const struct tg_ask_slot *slot)
{
        int64_t ns = slot->ever ? slot->sent_raw_ns + interval_ns(slot) : slot->not_before_raw_ns;

        return ns > slot->not_before_raw_ns ? ns : slot->not_before_raw_ns;
}

void tg_ask_slot_recount(struct tg_ask_slot *slot)
{
        slot->asked.side = 0;
        slot->asked.clear = 0;
        slot->asked.span_s = 0;
}

static struct tg_interval ahead(const struct tg_ask_slot *slot, const struct tg_ntp_answer *answer,
                                const struct tg_ask_arrival *arrival)
{
        int64_t t1_ns = arrival->t1_raw_ns > slot->sent_raw_ns ? arrival->t1_raw_ns : slot->sent_raw_ns;
        int64_t t4_ns = arrival->t4_raw_ns;
        struct tg_interval a = { answer->transmit_ns - t4_ns, answer->receive_ns - t1_ns };

        return tg_interval_widen(a, answer->grain_ns + tg_ageing_ns(t4_ns - t1_ns, TG_ASK_RATE_PPM));
}

/* To which side of the own REALTIME the source certainly is beyond the limit. */
static int8_t side_of(struct tg_interval a, const struct tg_ask_arrival *arrival, int64_t limit_ns)
{
        const struct tg_look *look = &arrival->look;
        int64_t gap_ns = look->raw_ns > arrival->t4_raw_ns ? look->raw_ns - arrival->t4_raw_ns : 0;
        int64_t c_ns = look->real_ns - look->raw_ns;
        struct tg_interval offset = { a.low_ns - c_ns, a.high_ns - c_ns };

        offset = tg_interval_widen(offset, look->bracket_ns + gap_ns / (TG_NS_PER_S / TG_SLEW_MAX_PPB) + 1);
        return (int8_t)(offset.low_ns > limit_ns ? 1 : offset.high_ns < -limit_ns ? -1 : 0);
}

/* A clock within 500 ppm that was in the one interval can be in the other, and so in both at once, or none fits. */
static void fit(struct tg_ask_slot *slot, struct tg_interval a, int64_t raw_ns)
{
        int64_t age_ns = raw_ns - slot->asked.raw_ns, steady_s;
        struct tg_interval fits = { slot->fit_low_ns, slot->fit_high_ns };

        fits = tg_interval_both(tg_interval_widen(fits, tg_ageing_ns(age_ns, TG_ASK_RATE_PPM)), a);
        if (slot->asked.raw_ns == 0 || age_ns > TG_ASK_VALID_NS || fits.low_ns > fits.high_ns) {
                fits = a;
                slot->steady_raw_ns = raw_ns;
        }
        slot->fit_low_ns = fits.low_ns;
        slot->fit_high_ns = fits.high_ns;
        steady_s = (raw_ns - slot->steady_raw_ns) / TG_NS_PER_S;
        slot->asked.steady_s = (uint16_t)(steady_s < UINT16_MAX ? steady_s : UINT16_MAX);
}

static void begin_row(struct tg_ask_slot *slot, int8_t side)
{
        slot->asked.side = side;
        slot->asked.clear = 1;
        slot->asked.span_s = 0;
        slot->first_raw_ns = slot->sent_raw_ns;
}

/* Not the same answer once more, whoever sends it. */
static bool is_distinct(const struct tg_ask_slot *slot, const struct tg_ntp_answer *answer)
{
        return slot->cookie != slot->counted_cookie && slot->sent_raw_ns - slot->counted_raw_ns >= TG_ASK_MIN_NS &&
               (answer->receive != slot->counted_receive || answer->transmit != slot->counted_transmit);
}

static void extend_row(struct tg_ask_slot *slot)
{
        int64_t span_s = (slot->sent_raw_ns - slot->first_raw_ns) / TG_NS_PER_S;

        slot->asked.clear = (uint8_t)(slot->asked.clear + (slot->asked.clear < UINT8_MAX));
        slot->asked.span_s = (uint16_t)(span_s < UINT16_MAX ? span_s : UINT16_MAX);
}

static void count(struct tg_ask_slot *slot, const struct tg_ntp_answer *answer, int8_t side)
{
        bool goes_on = side == slot->asked.side && slot->sent_raw_ns - slot->counted_raw_ns <= TG_ASK_VALID_NS;

        if (side == 0) {
                tg_ask_slot_recount(slot);
                return;
        }
        if (goes_on && !is_distinct(slot, answer))
                return;
        if (goes_on)
                extend_row(slot);
        else
                begin_row(slot, side);
        slot->counted_cookie = slot->cookie;
        slot->counted_receive = answer->receive;
        slot->counted_transmit = answer->transmit;
        slot->counted_raw_ns = slot->sent_raw_ns;
}

enum tg_ntp_fault tg_ask_slot_take(struct tg_ask_slot *slot, const struct tg_ntp_answer *answer,
                                   const struct tg_ask_arrival *arrival, int64_t step_limit_ns)
{
        bool synchronised = answer->stratum > 0 && answer->leap < 3;
        struct tg_interval a = ahead(slot, answer, arrival);

        if (a.low_ns > a.high_ns)
                return TG_NTP_ORDER;
        fit(slot, a, arrival->t4_raw_ns);
        slot->asked.state = TG_ASKED_OK;
        slot->asked.stratum = answer->stratum;
        slot->asked.leap = answer->leap;
        slot->asked.ref_id = answer->ref_id;
        slot->asked.ref_time_ns = answer->ref_time_ns;
        slot->asked.raw_ns = arrival->t4_raw_ns;
        slot->asked.ahead_low_ns = a.low_ns;
        slot->asked.ahead_high_ns = a.high_ns;
        if (synchronised)
                tg_ntp_trail_add(&slot->trail, answer->ref_id, answer->ref_time_ns);
        /* Nobody follows a source that calls itself not synchronised. */
        count(slot, answer, synchronised ? side_of(a, arrival, step_limit_ns) : 0);
        return TG_NTP_GOOD;
}
