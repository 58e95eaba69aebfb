/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Replies of an NTP server, written by the byte offsets of RFC 5905 and by nothing of the code under test. */
#pragma once

#include <timeguard/ntp.h>

#include "property.h"

#define NTP_1970    UINT64_C(2208988800)
#define ANSWER_SIZE 48

struct ntp_reply {
        unsigned leap, version, mode, stratum;
        int precision;
        uint32_t ref_id;
        uint64_t ref_time, origin, receive, transmit;
};

static inline void ntp_put(uint8_t *buf, size_t at, size_t n, uint64_t value)
{
        for (size_t i = 0; i < n; i++)
                buf[at + i] = (uint8_t)(value >> 8 * (n - 1 - i));
}

static inline uint64_t ntp_get(const uint8_t *buf, size_t at, size_t n)
{
        uint64_t v = 0;

        for (size_t i = 0; i < n; i++)
                v = v << 8 | buf[at + i];
        return v;
}

static inline void ntp_write(const struct ntp_reply *r, uint8_t buf[static ANSWER_SIZE])
{
        memset(buf, 0, ANSWER_SIZE);
        buf[0] = (uint8_t)(r->leap << 6 | r->version << 3 | r->mode);
        buf[1] = (uint8_t)r->stratum;
        buf[2] = 6;
        buf[3] = (uint8_t)r->precision;
        ntp_put(buf, 4, 4, 0x00001234);
        ntp_put(buf, 8, 4, 0x00005678);
        ntp_put(buf, 12, 4, r->ref_id);
        ntp_put(buf, 16, 8, r->ref_time);
        ntp_put(buf, 24, 8, r->origin);
        ntp_put(buf, 32, 8, r->receive);
        ntp_put(buf, 40, 8, r->transmit);
}

/* The stamp of an instant after 1970; the fraction rounded down, as a server does. */
static inline uint64_t ntp_stamp(int64_t ns)
{
        uint64_t s = (uint64_t)(ns / TG_NS_PER_S), part = (uint64_t)(ns % TG_NS_PER_S);

        return (s + NTP_1970) << 32 | ((part << 32) / (uint64_t)TG_NS_PER_S);
}

/* Good in all: a stratum 3 server that follows 192.0.2.1. */
static inline struct ntp_reply ntp_good(uint64_t cookie, int64_t receive_ns, int64_t transmit_ns)
{
        return (struct ntp_reply){ .version = 4,
                                   .mode = 4,
                                   .stratum = 3,
                                   .precision = -25,
                                   .ref_id = 0xc0000201,
                                   .ref_time = ntp_stamp(transmit_ns - 12345678901),
                                   .origin = cookie,
                                   .receive = ntp_stamp(receive_ns),
                                   .transmit = ntp_stamp(transmit_ns) };
}
