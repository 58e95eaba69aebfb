/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See ntp_packet.h. Fields are big-endian; a stamp is seconds since 1900 modulo 2^32 and a fraction in 2^-32 s. It is rounded down to ns, and
   servers fill the bits below their precision with zeros or noise: a stamp of precision p says that the instant lay within 2^p s of it.
   The answer's origin is the request's transmit stamp: whoever did not see the request cannot answer it. Extensions and MACs behind the
   header are not looked at. */
#include <string.h>

#include "ntp_packet.h"
#include "wire.h"

#define MODE_CLIENT     3
#define MODE_SERVER     4
#define VERSION         4
#define VERSION_OLDEST  3
#define STRATUM_MAX     16 /* not synchronised; above: reserved */
#define TO_1900_S       INT64_C(2208988800)
#define LATEST_S        (INT64_C(1) << 32) /* in 2106; a report has room for 10 years more */
#define PRECISION_LEAST (-29)              /* 2 ns */

static const char *const fault_texts[TG_NTP_FAULTS] = {
        [TG_NTP_GOOD] = "a valid answer",
        [TG_NTP_SHORT] = "shorter than any answer",
        [TG_NTP_MODE] = "not in a server's mode",
        [TG_NTP_ORIGIN] = "an answer to another request",
        [TG_NTP_VERSION] = "neither version 3 nor 4",
        [TG_NTP_STRATUM] = "a stratum above 16",
        [TG_NTP_NO_TIME] = "no time stamps",
        [TG_NTP_COARSE] = "a clock coarser than a second",
        [TG_NTP_RANGE] = "a time before 1970 or after 2106",
        [TG_NTP_ORDER] = "received later than sent, or between the two longer at the server than in all",
};

const char *tg_ntp_fault_text(enum tg_ntp_fault fault)
{
        return fault_texts[fault];
}

void tg_ntp_request(uint8_t buf[static TG_NTP_BYTES], uint64_t cookie)
{
        struct tg_writer w = { .data = buf, .size = TG_NTP_BYTES, .pos = TG_NTP_BYTES - 8 };

        memset(buf, 0, TG_NTP_BYTES);
        buf[0] = VERSION << 3 | MODE_CLIENT;
        tg_write_be(&w, cookie, 8);
}

static enum tg_ntp_kiss read_kiss(uint8_t stratum, uint32_t code)
{
        /* ntpd says INIT and STEP while it is not synchronised; all else is as in a good answer. */
        static const struct {
                char code[5];
                enum tg_ntp_kiss kiss;
        } kisses[] = {
                { "RATE", TG_KISS_SLOWER }, { "DENY", TG_KISS_STOP }, { "RSTR", TG_KISS_STOP },
                { "INIT", TG_KISS_NONE },   { "STEP", TG_KISS_NONE },
        };
        char letters[4] = { (char)(code >> 24), (char)(code >> 16), (char)(code >> 8), (char)code };

        if (stratum != 0)
                return TG_KISS_NONE;
        for (size_t i = 0; i < sizeof kisses / sizeof kisses[0]; i++)
                if (!memcmp(letters, kisses[i].code, sizeof letters))
                        return kisses[i].kiss;
        for (size_t i = 0; i < sizeof letters; i++)
                if (letters[i] <= ' ' || letters[i] > '~')
                        return TG_KISS_NONE;
        return TG_KISS_OTHER;
}

/* The instant with this stamp that is nearest to near_s. */
static bool read_stamp(uint64_t stamp, int64_t near_s, int64_t *ns)
{
        uint32_t near = (uint32_t)(uint64_t)(near_s + TO_1900_S);
        int64_t s = near_s + (int32_t)((uint32_t)(stamp >> 32) - near);

        if (s < 0 || s >= LATEST_S)
                return false;
        *ns = s * TG_NS_PER_S + (int64_t)((stamp & UINT32_MAX) * (uint64_t)TG_NS_PER_S >> 32);
        return true;
}

static int64_t grain_ns(int precision)
{
        return 1 + (TG_NS_PER_S >> -(precision < PRECISION_LEAST ? PRECISION_LEAST : precision));
}

/* Stamps, or why there are none. */
static enum tg_ntp_fault read_time(struct tg_ntp_answer *out, uint64_t ref_time, int precision, int64_t real_ns)
{
        if (!out->receive || !out->transmit)
                return TG_NTP_NO_TIME;
        if (precision > 0)
                return TG_NTP_COARSE;
        out->grain_ns = grain_ns(precision);
        if (!read_stamp(out->transmit, real_ns / TG_NS_PER_S, &out->transmit_ns) ||
            !read_stamp(out->receive, out->transmit_ns / TG_NS_PER_S, &out->receive_ns))
                return TG_NTP_RANGE;
        if (!ref_time || !read_stamp(ref_time, out->transmit_ns / TG_NS_PER_S, &out->ref_time_ns))
                out->ref_time_ns = 0;
        return out->receive_ns > out->transmit_ns + out->grain_ns ? TG_NTP_ORDER : TG_NTP_GOOD;
}

enum tg_ntp_fault tg_ntp_read(const uint8_t *data, size_t len, uint64_t cookie, int64_t real_ns, struct tg_ntp_answer *out)
{
        struct tg_reader r = { .data = data, .size = len };
        uint8_t first = (uint8_t)tg_read_be(&r, 1), version = first >> 3 & 7, stratum = (uint8_t)tg_read_be(&r, 1);
        int8_t precision;
        uint64_t ref_time, origin;

        *out = (struct tg_ntp_answer){ .leap = first >> 6, .stratum = stratum % STRATUM_MAX };
        tg_read_be(&r, 1);
        precision = (int8_t)tg_read_be(&r, 1);
        tg_read_be(&r, 8); /* root delay and dispersion: chronyd's claim has them */
        out->ref_id = (uint32_t)tg_read_be(&r, 4);
        ref_time = tg_read_be(&r, 8);
        origin = tg_read_be(&r, 8);
        out->receive = tg_read_be(&r, 8);
        out->transmit = tg_read_be(&r, 8);
        if (r.bad)
                return TG_NTP_SHORT;
        if ((first & 7) != MODE_SERVER)
                return TG_NTP_MODE;
        if (origin != cookie)
                return TG_NTP_ORIGIN;
        if (version < VERSION_OLDEST || version > VERSION)
                return TG_NTP_VERSION;
        if (stratum > STRATUM_MAX)
                return TG_NTP_STRATUM;
        out->kiss = read_kiss(stratum, out->ref_id);
        return out->kiss ? TG_NTP_GOOD : read_time(out, ref_time, precision, real_ns);
}
