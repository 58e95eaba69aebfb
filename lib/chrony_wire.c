/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See chrony_wire.h. A request is padded to the length of its reply, else chronyd refuses it. A reply counts only with the right
   version, type, command, sequence, code and length; one that is longer than its layout is of a newer chronyd that we do not know, and
   is taken for unfit rather than guessed at. */
#include <string.h>

#include "chrony_wire.h"
#include "wire.h"

#define VERSION      6
#define TYPE_REQUEST 1
#define TYPE_REPLY   2
#define REPLY_HEADER 28
#define ADDR_BYTES   20

enum { STATUS_OK = 0, STATUS_UNAUTHORISED = 2, STATUS_NO_SUCH_SOURCE = 4, STATUS_BAD_VERSION = 18 };

static const struct message {
        enum tg_chrony_command command;
        uint16_t code; /* of its reply */
        uint16_t request_len, reply_len;
} messages[] = {
        { TG_CHRONY_TRACKING, 5, 104, 104 },
        { TG_CHRONY_N_SOURCES, 2, 32, 32 },
        { TG_CHRONY_SOURCE_DATA, 3, 76, 76 },
        { TG_CHRONY_SOURCE_NAME, 19, 284, 284 },
};

static const struct message *message_of(enum tg_chrony_command command)
{
        size_t i = 0;

        while (messages[i].command != command)
                i++;
        return &messages[i];
}

static void write_addr(struct tg_writer *w, const struct tg_addr *addr)
{
        static const uint8_t families[] = {
                [TG_ADDR_NONE] = 0, [TG_ADDR_IPV4] = 1, [TG_ADDR_IPV6] = 2, [TG_ADDR_REFCLOCK] = 1
        };

        tg_write_bytes(w, addr->bytes, sizeof addr->bytes);
        tg_write_be(w, families[addr->family], 2);
        tg_write_be(w, 0, 2);
}

static void read_addr(struct tg_reader *r, struct tg_addr *addr)
{
        const uint8_t *bytes = tg_read_bytes(r, sizeof addr->bytes);
        uint64_t family = tg_read_be(r, 2);

        tg_read_be(r, 2);
        memset(addr, 0, sizeof *addr);
        if (!bytes || family < 1 || family > 2)
                return;
        addr->family = family == 1 ? TG_ADDR_IPV4 : TG_ADDR_IPV6;
        memcpy(addr->bytes, bytes, family == 1 ? 4 : 16);
}

size_t tg_chrony_request(uint8_t buf[static TG_CHRONY_DATAGRAM_MAX], enum tg_chrony_command command, uint32_t sequence,
                         uint16_t attempt, uint32_t index, const struct tg_addr *addr)
{
        const struct message *m = message_of(command);
        struct tg_writer w = { .data = buf, .size = m->request_len };

        memset(buf, 0, m->request_len);
        tg_write_be(&w, VERSION, 1);
        tg_write_be(&w, TYPE_REQUEST, 1);
        tg_write_be(&w, 0, 2);
        tg_write_be(&w, command, 2);
        tg_write_be(&w, attempt, 2);
        tg_write_be(&w, sequence, 4);
        tg_write_be(&w, 0, 8);
        if (command == TG_CHRONY_SOURCE_DATA)
                tg_write_be(&w, index, 4);
        if (command == TG_CHRONY_SOURCE_NAME)
                write_addr(&w, addr);
        return m->request_len;
}

/* seconds in two halves and nanoseconds; the high half 0x7fffffff stands for 0 (candm.h, Timespec) */
static int64_t read_timespec(struct tg_reader *r, bool *bad)
{
        uint64_t high = tg_read_be(r, 4), low = tg_read_be(r, 4), ns = tg_read_be(r, 4);
        int64_t s = (int64_t)((high == 0x7fffffff ? 0 : high) << 32 | low);

        if (ns >= TG_NS_PER_S || s < 0 || s > INT64_MAX / TG_NS_PER_S - 1) {
                *bad = true;
                return 0;
        }
        return s * TG_NS_PER_S + (int64_t)ns;
}

static bool read_tracking(struct tg_reader *r, union tg_chrony_reply *out)
{
        struct tg_tracking *t = &out->tracking;
        tg_chrony_float *const floats[] = { &t->correction_s, &t->last_offset_s,     &t->rms_offset_s,
                                            &t->freq_ppm,     &t->resid_freq_ppm,    &t->skew_ppm,
                                            &t->root_delay_s, &t->root_dispersion_s, &t->update_interval_s };
        uint64_t stratum, leap;
        bool bad = false;

        t->ref_id = (uint32_t)tg_read_be(r, 4);
        read_addr(r, &t->addr);
        stratum = tg_read_be(r, 2);
        leap = tg_read_be(r, 2);
        t->ref_time_ns = read_timespec(r, &bad);
        for (size_t i = 0; i < sizeof floats / sizeof floats[0]; i++)
                *floats[i] = (tg_chrony_float)tg_read_be(r, 4);
        if (bad || stratum > 16 || leap > 3)
                return false;
        t->stratum = (uint8_t)stratum;
        t->leap = (uint8_t)leap;
        return true;
}

static bool read_n_sources(struct tg_reader *r, union tg_chrony_reply *out)
{
        out->n_sources = (uint32_t)tg_read_be(r, 4);
        return true;
}

static bool read_source(struct tg_reader *r, union tg_chrony_reply *out)
{
        static const char states[] = "*?x~+-"; /* client.c, by the number on the wire */
        struct tg_source *s = &out->source;
        uint64_t stratum, state, mode, reach;
        int64_t poll;

        memset(s, 0, sizeof *s);
        read_addr(r, &s->addr);
        poll = (int16_t)tg_read_be(r, 2);
        stratum = tg_read_be(r, 2);
        state = tg_read_be(r, 2);
        mode = tg_read_be(r, 2);
        tg_read_be(r, 2);
        reach = tg_read_be(r, 2);
        s->since_sample_s = (uint32_t)tg_read_be(r, 4);
        if (state >= sizeof states - 1 || mode > TG_SOURCE_REFCLOCK || stratum > 16 || reach > 0xff || poll < -32 || poll > 32)
                return false;
        s->state = states[state];
        s->mode = (uint8_t)mode;
        s->reach = (uint8_t)reach;
        s->poll = (int8_t)poll;
        s->stratum = (uint8_t)stratum;
        if (mode == TG_SOURCE_REFCLOCK && s->addr.family == TG_ADDR_IPV4)
                s->addr.family = TG_ADDR_REFCLOCK;
        return true;
}

/* What is no plain name would break the lines of a journal or a screen. */
static bool read_name(struct tg_reader *r, union tg_chrony_reply *out)
{
        const uint8_t *name = tg_read_bytes(r, 256);
        size_t n = 0;

        while (name && n < TG_NAME_MAX - 1 && name[n] > ' ' && name[n] <= '~') {
                out->name[n] = (char)name[n];
                n++;
        }
        out->name[n] = 0;
        return name && (n == TG_NAME_MAX - 1 || name[n] == 0);
}

static enum tg_chrony_fault read_body(struct tg_reader *r, const struct message *m, union tg_chrony_reply *out)
{
        bool good = false;

        switch (m->command) {
        case TG_CHRONY_TRACKING:
                good = read_tracking(r, out);
                break;
        case TG_CHRONY_N_SOURCES:
                good = read_n_sources(r, out);
                break;
        case TG_CHRONY_SOURCE_DATA:
                good = read_source(r, out);
                break;
        case TG_CHRONY_SOURCE_NAME:
                good = read_name(r, out);
                break;
        }
        return good && !r->bad ? TG_CHRONY_GOOD : TG_CHRONY_UNFIT;
}

enum tg_chrony_fault tg_chrony_read_reply(const uint8_t *data, size_t len, enum tg_chrony_command command, uint32_t sequence,
                                          union tg_chrony_reply *out)
{
        const struct message *m = message_of(command);
        struct tg_reader r = { .data = data, .size = len };
        uint64_t version = tg_read_be(&r, 1), type = tg_read_be(&r, 1), echoed, code, status;

        tg_read_be(&r, 2);
        echoed = tg_read_be(&r, 2);
        code = tg_read_be(&r, 2);
        status = tg_read_be(&r, 2);
        tg_read_bytes(&r, 6);
        if (tg_read_be(&r, 4) != sequence || r.bad || echoed != command || type != TYPE_REPLY)
                return TG_CHRONY_OTHER;
        if (status == STATUS_UNAUTHORISED || status == STATUS_BAD_VERSION || version != VERSION)
                return TG_CHRONY_DENIED;
        if (status == STATUS_NO_SUCH_SOURCE)
                return TG_CHRONY_NO_SUCH;
        if (status != STATUS_OK || code != m->code || len != m->reply_len)
                return TG_CHRONY_UNFIT;
        tg_read_bytes(&r, 8);
        return read_body(&r, m, out);
}
