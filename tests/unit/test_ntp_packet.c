/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* NTP's datagrams against an independent writer of them: what a request gives away, stamps in each era, every fault, every kiss. */
#include "ntp_packet.h"
#include "ntp_reply.h"

#define NOW_NS  (INT64_C(1795000000) * TG_NS_PER_S)
#define COOKIE  UINT64_C(0x0123456789abcdef)
#define ERA_S   (INT64_C(1) << 32)
#define LAST_NS ((INT64_C(1) << 32) * TG_NS_PER_S - 1) /* a report has room for no time much later */

static void a_request_tells_nothing(void **state)
{
        uint8_t buf[TG_NTP_BYTES];

        (void)state;
        memset(buf, 0xff, sizeof buf);
        tg_ntp_request(buf, COOKIE);
        assert_int_equal(buf[0], 0x23); /* leap 0, version 4, mode 3 */
        for (size_t i = 1; i < 40; i++)
                assert_int_equal(buf[i], 0);
        assert_true(ntp_get(buf, 40, 8) == COOKIE);
}

static enum tg_ntp_fault read_it(const struct ntp_reply *reply, struct tg_ntp_answer *out)
{
        uint8_t buf[ANSWER_SIZE];

        ntp_write(reply, buf);
        return tg_ntp_read(buf, sizeof buf, COOKIE, NOW_NS, out);
}

static void fields_arrive(void **state)
{
        struct property p = property_begin(20000, 200);
        struct tg_random r;

        (void)state;
        while (property_next(&p, &r)) {
                struct ntp_reply reply = ntp_good(COOKIE, NOW_NS, NOW_NS + random_size(&r, 500 * TG_NS_PER_MS));
                struct tg_ntp_answer out;

                reply.leap = random_below(&r, 4);
                reply.version = 3 + random_below(&r, 2);
                reply.stratum = 1 + random_below(&r, 16);
                reply.ref_id = (uint32_t)random_u64(&r);
                assert_int_equal(read_it(&reply, &out), TG_NTP_GOOD);
                assert_int_equal(out.kiss, TG_KISS_NONE);
                assert_int_equal(out.leap, reply.leap);
                assert_int_equal(out.stratum, reply.stratum % 16);
                assert_int_equal(out.ref_id, reply.ref_id);
                assert_true(out.receive == reply.receive && out.transmit == reply.transmit);
        }
}

/* Any server time within 68 years of the own, in whatever era, is read to the nanosecond below. */
static void stamps_of_every_era(void **state)
{
        struct property p = property_begin(50000, 300);
        struct tg_random r;

        (void)state;
        while (property_next(&p, &r)) {
                int64_t real_ns = random_range(&r, 0, LAST_NS);
                int64_t off_ns = random_signed(&r, (ERA_S / 2 - 2) * TG_NS_PER_S), server_ns;
                struct ntp_reply reply;
                struct tg_ntp_answer out;
                uint8_t buf[ANSWER_SIZE];

                if (off_ns < 20 * TG_NS_PER_S - real_ns || off_ns > LAST_NS - TG_NS_PER_S - real_ns)
                        continue;
                server_ns = real_ns + off_ns;
                reply = ntp_good(COOKIE, server_ns, server_ns + 1000);
                ntp_write(&reply, buf);
                assert_int_equal(tg_ntp_read(buf, sizeof buf, COOKIE, real_ns, &out), TG_NTP_GOOD);
                assert_in_range(server_ns - out.receive_ns, 0, 1);
                assert_in_range(server_ns + 1000 - out.transmit_ns, 0, 1);
                assert_in_range(server_ns + 1000 - 12345678901 - out.ref_time_ns, 0, 1);
        }
}

static void the_era_turns_in_2036(void **state)
{
        const int64_t turn_ns = (ERA_S - (int64_t)NTP_1970) * TG_NS_PER_S;
        struct ntp_reply reply = ntp_good(COOKIE, turn_ns - 5, turn_ns + 5);
        struct tg_ntp_answer out;
        uint8_t buf[ANSWER_SIZE];

        (void)state;
        assert_true(reply.transmit >> 32 == 0 && reply.receive >> 32 == UINT32_MAX);
        ntp_write(&reply, buf);
        assert_int_equal(tg_ntp_read(buf, sizeof buf, COOKIE, turn_ns + TG_NS_PER_S, &out), TG_NTP_GOOD);
        assert_in_range(out.transmit_ns - out.receive_ns, 9, 11);
}

static void a_grain_is_the_precision(void **state)
{
        struct ntp_reply reply = ntp_good(COOKIE, NOW_NS, NOW_NS);
        struct tg_ntp_answer out;

        (void)state;
        for (int precision = -128; precision <= 0; precision++) {
                double s = precision < -40 ? 0 : 1;

                for (int i = precision; i < 0 && s > 0; i++)
                        s /= 2;
                reply.precision = precision;
                assert_int_equal(read_it(&reply, &out), TG_NTP_GOOD);
                assert_true((double)out.grain_ns >= 1 + s * 1e9 - 1 && (double)out.grain_ns <= 3 + s * 1e9);
                assert_true(out.grain_ns >= 1);
        }
}

static void check_fault(void (*change)(struct ntp_reply *reply), enum tg_ntp_fault want)
{
        struct ntp_reply reply = ntp_good(COOKIE, NOW_NS, NOW_NS + 1000);
        struct tg_ntp_answer out;

        assert_int_equal(read_it(&reply, &out), TG_NTP_GOOD);
        change(&reply);
        assert_int_equal(read_it(&reply, &out), want);
}

static void other_cookie(struct ntp_reply *reply)
{
        reply->origin ^= 1;
}

static void no_origin(struct ntp_reply *reply)
{
        reply->origin = 0;
}

static void own_request(struct ntp_reply *reply)
{
        reply->mode = 3;
}

static void broadcast(struct ntp_reply *reply)
{
        reply->mode = 5;
}

static void old(struct ntp_reply *reply)
{
        reply->version = 2;
}

static void new (struct ntp_reply *reply)
{
        reply->version = 5;
}

static void reserved(struct ntp_reply *reply)
{
        reply->stratum = 17;
}

static void no_receive(struct ntp_reply *reply)
{
        reply->receive = 0;
}

static void no_transmit(struct ntp_reply *reply)
{
        reply->transmit = 0;
}

static void coarse(struct ntp_reply *reply)
{
        reply->precision = 1;
}

static void before_1970(struct ntp_reply *reply)
{
        reply->transmit = reply->receive = (NTP_1970 - 5) << 32;
}

static void sent_before_received(struct ntp_reply *reply)
{
        reply->receive = reply->transmit + (UINT64_C(1) << 20);
}

static void every_fault(void **state)
{
        static const struct {
                void (*change)(struct ntp_reply *reply);
                enum tg_ntp_fault want;
        } faults[] = {
                { other_cookie, TG_NTP_ORIGIN }, { no_origin, TG_NTP_ORIGIN },   { own_request, TG_NTP_MODE },
                { broadcast, TG_NTP_MODE },      { old, TG_NTP_VERSION },        { new, TG_NTP_VERSION },
                { reserved, TG_NTP_STRATUM },    { no_receive, TG_NTP_NO_TIME }, { no_transmit, TG_NTP_NO_TIME },
                { coarse, TG_NTP_COARSE },       { before_1970, TG_NTP_RANGE },  { sent_before_received, TG_NTP_ORDER },
        };
        bool seen[TG_NTP_FAULTS] = { [TG_NTP_GOOD] = true, [TG_NTP_SHORT] = true };

        (void)state;
        for (size_t i = 0; i < COUNT_OF(faults); i++) {
                check_fault(faults[i].change, faults[i].want);
                seen[faults[i].want] = true;
        }
        for (int fault = 0; fault < TG_NTP_FAULTS; fault++) {
                assert_true(seen[fault]);
                assert_true(strlen(tg_ntp_fault_text((enum tg_ntp_fault)fault)) > 5);
                for (int other = 0; other < fault; other++)
                        assert_string_not_equal(tg_ntp_fault_text((enum tg_ntp_fault)fault),
                                                tg_ntp_fault_text((enum tg_ntp_fault)other));
        }
}

static void any_length(void **state)
{
        struct ntp_reply reply = ntp_good(COOKIE, NOW_NS, NOW_NS);
        uint8_t buf[ANSWER_SIZE + 300] = { 0 };
        struct tg_ntp_answer out;

        (void)state;
        ntp_write(&reply, buf);
        for (size_t len = 0; len < sizeof buf; len++)
                assert_int_equal(tg_ntp_read(buf, len, COOKIE, NOW_NS, &out), len < ANSWER_SIZE ? TG_NTP_SHORT : TG_NTP_GOOD);
}

static uint32_t code(const char *text)
{
        return (uint32_t)ntp_get((const uint8_t *)text, 0, 4);
}

static void every_kiss(void **state)
{
        static const struct {
                const char *code;
                enum tg_ntp_kiss want;
        } kisses[] = {
                { "RATE", TG_KISS_SLOWER },
                { "DENY", TG_KISS_STOP },
                { "RSTR", TG_KISS_STOP },
                { "INIT", TG_KISS_NONE },
                { "STEP", TG_KISS_NONE },
                { "DROP", TG_KISS_OTHER },
                { "NTSN", TG_KISS_OTHER },
                { "XYZ?", TG_KISS_OTHER },
                { "\0\0\0\0", TG_KISS_NONE },
                { "ABC\0", TG_KISS_NONE },
                { "\x7f\x7f\x01\x01", TG_KISS_NONE },
        };

        (void)state;
        for (size_t i = 0; i < COUNT_OF(kisses); i++) {
                struct ntp_reply reply = ntp_good(COOKIE, NOW_NS, NOW_NS);
                struct tg_ntp_answer out;

                reply.ref_id = code(kisses[i].code);
                assert_int_equal(read_it(&reply, &out), TG_NTP_GOOD);
                assert_int_equal(out.kiss, TG_KISS_NONE); /* at stratum 3 it is an address */
                reply.stratum = 0;
                reply.leap = 3;
                assert_int_equal(read_it(&reply, &out), TG_NTP_GOOD);
                assert_int_equal(out.kiss, kisses[i].want);
                /* a kiss's stamps mean nothing; without one they must be there */
                reply.receive = reply.transmit = 0;
                assert_int_equal(read_it(&reply, &out), kisses[i].want ? TG_NTP_GOOD : TG_NTP_NO_TIME);
                /* nobody else can tell us to go away */
                reply.origin++;
                assert_int_equal(read_it(&reply, &out), TG_NTP_ORIGIN);
        }
}

static void any_bytes(void **state)
{
        struct property p = property_begin(200000, 500);
        struct tg_random r;

        (void)state;
        while (property_next(&p, &r)) {
                uint8_t buf[64];
                size_t len = random_below(&r, sizeof buf);
                struct tg_ntp_answer out;
                enum tg_ntp_fault fault;

                random_bytes(&r, buf, sizeof buf);
                buf[0] = (uint8_t)((buf[0] & 0xf8) | (random_chance(&r, 80) ? 4 : random_below(&r, 8)));
                buf[1] %= random_chance(&r, 80) ? 20 : 255;
                if (random_chance(&r, 90))
                        ntp_put(buf, 24, 8, COOKIE);
                fault = tg_ntp_read(buf, len, COOKIE, (int64_t)random_u64(&r), &out);
                assert_true(fault < TG_NTP_FAULTS);
                assert_true(!tg_ntp_is_answer(fault) ||
                            (len >= ANSWER_SIZE && ntp_get(buf, 24, 8) == COOKIE && (buf[0] & 7) == 4));
                if (fault != TG_NTP_GOOD || out.kiss)
                        continue;
                assert_true(out.receive_ns >= 0 && out.receive_ns <= LAST_NS && out.transmit_ns >= 0 &&
                            out.transmit_ns <= LAST_NS);
                assert_true(out.ref_time_ns >= 0 && out.ref_time_ns <= LAST_NS);
                assert_true(out.grain_ns >= 1 && out.grain_ns <= TG_NS_PER_S + 1);
                assert_true(out.receive_ns <= out.transmit_ns + out.grain_ns);
                assert_true(out.stratum < 16 && out.leap < 4);
        }
}

TESTS_MAIN(TEST(a_request_tells_nothing), TEST(fields_arrive), TEST(stamps_of_every_era), TEST(the_era_turns_in_2036),
           TEST(a_grain_is_the_precision), TEST(every_fault), TEST(any_length), TEST(every_kiss), TEST(any_bytes))
