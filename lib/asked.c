/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What can be said of answers later: how far the server's time can have moved since, and whether two addresses are one server. A reference
   time is when a server last set its own clock, to the nanosecond: two servers do not share one, except where it means nothing or where a
   device rounds it to seconds. */
#include "interval.h"

#include <timeguard/ntp.h>

#define REFID_LOCAL_NET 0x7f7fu     /* 127.127.x.x, of ntpd's drivers and of chronyd's local mode */
#define REFID_LOCL      0x4c4f434cu /* "LOCL" */

const char *tg_asked_state_text(enum tg_asked_state state)
{
        static const char *const texts[] = {
                [TG_ASKED_NEVER] = "never",     [TG_ASKED_OK] = "ok",   [TG_ASKED_SILENT] = "silent",
                [TG_ASKED_REFUSED] = "refused", [TG_ASKED_KOD] = "kod", [TG_ASKED_BAD] = "bad",
        };

        return texts[state];
}

bool tg_asked_ahead(const struct tg_asked *asked, int64_t raw_ns, int64_t *low_ns, int64_t *high_ns)
{
        int64_t age_ns = raw_ns - asked->raw_ns, by_ns;

        if (asked->raw_ns == 0 || age_ns < 0 || age_ns > TG_ASK_VALID_NS)
                return false;
        by_ns = tg_ageing_ns(age_ns, TG_ASK_RATE_PPM);
        *low_ns = asked->ahead_low_ns - by_ns;
        *high_ns = asked->ahead_high_ns + by_ns;
        return true;
}

void tg_ntp_trail_add(struct tg_ntp_trail *trail, uint32_t ref_id, int64_t ref_time_ns)
{
        trail->last[trail->next].ref_id = ref_id;
        trail->last[trail->next].ref_time_ns = ref_time_ns;
        trail->next = (uint8_t)((trail->next + 1) % TG_ASK_REPLIES);
        if (trail->n < TG_ASK_REPLIES)
                trail->n++;
}

static bool is_telling(uint32_t ref_id, int64_t ref_time_ns)
{
        return ref_id && ref_id >> 16 != REFID_LOCAL_NET && ref_id != REFID_LOCL && ref_time_ns % TG_NS_PER_S != 0;
}

bool tg_ntp_trail_same(const struct tg_ntp_trail *a, const struct tg_ntp_trail *b)
{
        for (size_t i = 0; i < a->n; i++)
                for (size_t k = 0; k < b->n; k++)
                        if (a->last[i].ref_id == b->last[k].ref_id && a->last[i].ref_time_ns == b->last[k].ref_time_ns &&
                            is_telling(a->last[i].ref_id, a->last[i].ref_time_ns))
                                return true;
        return false;
}
