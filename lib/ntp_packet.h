/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* NTP's datagrams (RFC 5905, figure 8) as a client uses them: the request written, the answer read and checked. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <timeguard/ntp.h>

/* What a kiss-o'-death asks for (RFC 5905, 7.4). */
enum tg_ntp_kiss {
        TG_KISS_NONE,
        TG_KISS_SLOWER, /* RATE */
        TG_KISS_STOP,   /* DENY, RSTR */
        TG_KISS_OTHER,  /* any other code: no answer, and nothing to obey */
};

struct tg_ntp_answer {
        enum tg_ntp_kiss kiss; /* with a kiss nothing below ref_id is meaningful */
        uint8_t leap, stratum; /* stratum 0 where it is not synchronised */
        uint32_t ref_id;
        int64_t ref_time_ns;        /* 0: none */
        uint64_t receive, transmit; /* as they came */
        int64_t receive_ns, transmit_ns;
        int64_t grain_ns; /* the stamps are right within this, to either side: the clock's precision, and what rounding adds */
};

/* Tells no more than that somebody asks for the time: all is zero but mode, version and the cookie, where a client's time would stand. */
void tg_ntp_request(uint8_t buf[static TG_NTP_BYTES], uint64_t cookie);

/* Reads what came back. Of the eras of 136 years in which a stamp may be meant, the one nearest to `real_ns` counts. On a fault *out is
   undefined. */
enum tg_ntp_fault tg_ntp_read(const uint8_t *data, size_t len, uint64_t cookie, int64_t real_ns, struct tg_ntp_answer *out);

static inline bool tg_ntp_is_answer(enum tg_ntp_fault fault)
{
        return fault == TG_NTP_GOOD || fault > TG_NTP_ORIGIN;
}
