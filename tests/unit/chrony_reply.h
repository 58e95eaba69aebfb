/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Replies of chronyd, written by the byte offsets of its protocol (candm.h) and by nothing of the code under test. */
#pragma once

#include <timeguard/chrony.h>

#include "property.h"

enum { ASK_N_SOURCES = 14, ASK_SOURCE_DATA = 15, ASK_TRACKING = 33, ASK_SOURCE_NAME = 65 };
enum { STATUS_GOOD = 0, STATUS_UNAUTH = 2, STATUS_NO_SOURCE = 4, STATUS_OTHER_VERSION = 18, STATUS_BAD_LENGTH = 19 };

#define REPLY_MAX 512

static inline void put(uint8_t *buf, size_t at, size_t n, uint64_t value)
{
        for (size_t i = 0; i < n; i++)
                buf[at + i] = (uint8_t)(value >> 8 * (n - 1 - i));
}

static inline uint64_t get(const uint8_t *buf, size_t at, size_t n)
{
        uint64_t v = 0;

        for (size_t i = 0; i < n; i++)
                v = v << 8 | buf[at + i];
        return v;
}

static inline void put_addr(uint8_t *buf, size_t at, const struct tg_addr *addr)
{
        memcpy(buf + at, addr->bytes, 16);
        put(buf, at + 16, 2, addr->family == TG_ADDR_IPV6 ? 2 : addr->family == TG_ADDR_NONE ? 0 : 1);
}

static inline void put_header(uint8_t *buf, unsigned command, unsigned code, unsigned status, uint32_t sequence)
{
        memset(buf, 0, REPLY_MAX);
        buf[0] = 6;
        buf[1] = 2;
        put(buf, 4, 2, command);
        put(buf, 6, 2, code);
        put(buf, 8, 2, status);
        put(buf, 16, 4, sequence);
}

/* An error has no body. */
static inline size_t put_error(uint8_t *buf, unsigned command, unsigned status, uint32_t sequence)
{
        put_header(buf, command, 1, status, sequence);
        return 28;
}

static inline size_t put_tracking(uint8_t *buf, uint32_t sequence, const struct tg_tracking *t)
{
        uint64_t s = (uint64_t)(t->ref_time_ns / TG_NS_PER_S);

        put_header(buf, ASK_TRACKING, 5, STATUS_GOOD, sequence);
        put(buf, 28, 4, t->ref_id);
        put_addr(buf, 32, &t->addr);
        put(buf, 52, 2, t->stratum);
        put(buf, 54, 2, t->leap);
        put(buf, 56, 4, s >> 32 ? s >> 32 : 0x7fffffff);
        put(buf, 60, 4, s & 0xffffffff);
        put(buf, 64, 4, (uint64_t)(t->ref_time_ns % TG_NS_PER_S));
        put(buf, 68, 4, t->correction_s);
        put(buf, 72, 4, t->last_offset_s);
        put(buf, 76, 4, t->rms_offset_s);
        put(buf, 80, 4, t->freq_ppm);
        put(buf, 84, 4, t->resid_freq_ppm);
        put(buf, 88, 4, t->skew_ppm);
        put(buf, 92, 4, t->root_delay_s);
        put(buf, 96, 4, t->root_dispersion_s);
        put(buf, 100, 4, t->update_interval_s);
        return 104;
}

static inline size_t put_n_sources(uint8_t *buf, uint32_t sequence, uint32_t n)
{
        put_header(buf, ASK_N_SOURCES, 2, STATUS_GOOD, sequence);
        put(buf, 28, 4, n);
        return 32;
}

static inline size_t put_source(uint8_t *buf, uint32_t sequence, const struct tg_source *s)
{
        static const char states[] = "*?x~+-";

        put_header(buf, ASK_SOURCE_DATA, 3, STATUS_GOOD, sequence);
        put_addr(buf, 28, &s->addr);
        put(buf, 48, 2, (uint16_t)s->poll);
        put(buf, 50, 2, s->stratum);
        put(buf, 52, 2, (uint64_t)(strchr(states, s->state) - states));
        put(buf, 54, 2, s->mode);
        put(buf, 58, 2, s->reach);
        put(buf, 60, 4, s->since_sample_s);
        put(buf, 64, 4, 0x12345678); /* measurements that nobody asked for */
        put(buf, 68, 4, 0x9abcdef0);
        put(buf, 72, 4, 0xffffffff);
        return 76;
}

static inline size_t put_name(uint8_t *buf, uint32_t sequence, const char *name)
{
        put_header(buf, ASK_SOURCE_NAME, 19, STATUS_GOOD, sequence);
        memcpy(buf + 28, name, strnlen(name, 256));
        return 284;
}

static inline void random_tracking(struct tg_random *r, struct tg_tracking *t)
{
        *t = (struct tg_tracking){ .ref_id = (uint32_t)random_u64(r),
                                   .stratum = (uint8_t)random_below(r, 17),
                                   .leap = (uint8_t)random_below(r, 4),
                                   .ref_time_ns = random_size(r, INT64_MAX / 2) };
        t->addr.family = (uint8_t)random_below(r, 3);
        random_bytes(r, t->addr.bytes, t->addr.family == TG_ADDR_IPV6 ? 16 : t->addr.family == TG_ADDR_IPV4 ? 4 : 0);
        random_bytes(r, &t->correction_s, 9 * sizeof t->correction_s);
}

static inline void random_source(struct tg_random *r, struct tg_source *s)
{
        *s = (struct tg_source){ .mode = (uint8_t)random_below(r, 3),
                                 .state = "*?x~+-"[random_below(r, 6)],
                                 .poll = (int8_t)random_range(r, -7, 24),
                                 .reach = random_chance(r, 30) ? 0 : (uint8_t)random_u64(r),
                                 .stratum = (uint8_t)random_below(r, 17),
                                 .since_sample_s = random_chance(r, 10) ? UINT32_MAX : (uint32_t)random_u64(r) };
        s->addr.family = s->mode == TG_SOURCE_REFCLOCK ? TG_ADDR_REFCLOCK : (uint8_t)(1 + random_below(r, 2));
        random_bytes(r, s->addr.bytes, s->addr.family == TG_ADDR_IPV6 ? 16 : 4);
}
