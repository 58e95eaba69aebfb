/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* chronyd's messages: requests byte by byte, replies from an encoder of its own, cut short, too long, and with every header field wrong. */
#include "chrony_reply.h"
#include "chrony_wire.h"

static const unsigned commands[] = { ASK_TRACKING, ASK_N_SOURCES, ASK_SOURCE_DATA, ASK_SOURCE_NAME };

struct message {
        enum tg_chrony_command command;
        uint32_t sequence;
        size_t len;
        uint8_t bytes[REPLY_MAX];
        union tg_chrony_reply meant;
};

static void random_message(struct tg_random *r, struct message *m)
{
        memset(m, 0, sizeof *m);
        m->command = (enum tg_chrony_command)commands[random_below(r, 4)];
        m->sequence = (uint32_t)random_u64(r);
        switch ((int)m->command) {
        case ASK_TRACKING:
                random_tracking(r, &m->meant.tracking);
                m->len = put_tracking(m->bytes, m->sequence, &m->meant.tracking);
                break;
        case ASK_N_SOURCES:
                m->meant.n_sources = (uint32_t)random_u64(r);
                m->len = put_n_sources(m->bytes, m->sequence, m->meant.n_sources);
                break;
        case ASK_SOURCE_DATA:
                random_source(r, &m->meant.source);
                m->len = put_source(m->bytes, m->sequence, &m->meant.source);
                break;
        default:
                random_word(r, m->meant.name, TG_NAME_MAX - 1);
                m->len = put_name(m->bytes, m->sequence, m->meant.name);
        }
}

/* Read from memory of exactly that size, so that a sanitizer sees a step beyond it. */
static enum tg_chrony_fault read_exactly(const struct message *m, size_t len, union tg_chrony_reply *out)
{
        uint8_t *copy = malloc(len ? len : 1);
        enum tg_chrony_fault fault;

        memcpy(copy, m->bytes, len);
        memset(out, 0, sizeof *out);
        fault = tg_chrony_read_reply(copy, len, m->command, m->sequence, out);
        free(copy);
        return fault;
}

static bool equal(const struct message *m, const union tg_chrony_reply *out)
{
        switch ((int)m->command) {
        case ASK_TRACKING:
                return !memcmp(&out->tracking, &m->meant.tracking, sizeof out->tracking);
        case ASK_N_SOURCES:
                return out->n_sources == m->meant.n_sources;
        case ASK_SOURCE_DATA:
                return !memcmp(&out->source, &m->meant.source, sizeof out->source);
        default:
                return !strcmp(out->name, m->meant.name);
        }
}

static void replies_are_understood(void **state)
{
        static const size_t ignored[] = { 2, 3, 10, 11, 12, 13, 14, 15, 20, 21, 22, 23, 24, 25, 26, 27 };
        struct property p = property_begin(20000, 300);
        struct tg_random r;

        (void)state;
        while (property_next(&p, &r)) {
                union tg_chrony_reply out;
                struct message m;

                random_message(&r, &m);
                for (size_t i = 0; i < COUNT_OF(ignored); i++)
                        m.bytes[ignored[i]] = random_chance(&r, 50) ? 0 : (uint8_t)random_u64(&r);
                assert_int_equal(read_exactly(&m, m.len, &out), TG_CHRONY_GOOD);
                assert_true(equal(&m, &out));
        }
}

static void every_other_length_is_refused(void **state)
{
        struct property p = property_begin(100, 300);
        struct tg_random r;

        (void)state;
        while (property_next(&p, &r)) {
                union tg_chrony_reply out;
                struct message m;

                random_message(&r, &m);
                for (size_t len = 0; len < m.len; len++)
                        assert_int_equal(read_exactly(&m, len, &out), len < 20 ? TG_CHRONY_OTHER : TG_CHRONY_UNFIT);
                for (size_t len = m.len + 1; len <= REPLY_MAX; len += 1 + random_below(&r, 16))
                        assert_int_equal(read_exactly(&m, len, &out), TG_CHRONY_UNFIT);
        }
}

static enum tg_chrony_fault fault_of_status(unsigned status)
{
        switch (status) {
        case STATUS_GOOD:
                return TG_CHRONY_GOOD;
        case STATUS_UNAUTH:
        case STATUS_OTHER_VERSION:
                return TG_CHRONY_DENIED;
        case STATUS_NO_SOURCE:
                return TG_CHRONY_NO_SUCH;
        default:
                return TG_CHRONY_UNFIT;
        }
}

static void header_fields_that_are_wrong(void **state)
{
        static const struct {
                size_t at, n;
                enum tg_chrony_fault fault;
        } fields[] = { { 0, 1, TG_CHRONY_DENIED },
                       { 1, 1, TG_CHRONY_OTHER },
                       { 4, 2, TG_CHRONY_OTHER },
                       { 6, 2, TG_CHRONY_UNFIT },
                       { 16, 4, TG_CHRONY_OTHER } };
        struct property p = property_begin(5000, 300);
        struct tg_random r;

        (void)state;
        while (property_next(&p, &r)) {
                union tg_chrony_reply out;
                struct message m, bad;
                unsigned status = random_below(&r, 25);

                random_message(&r, &m);
                for (size_t i = 0; i < COUNT_OF(fields); i++) {
                        uint64_t right = get(m.bytes, fields[i].at, fields[i].n);

                        bad = m;
                        put(bad.bytes, fields[i].at, fields[i].n,
                            right ^ (UINT64_C(1) << random_below(&r, (uint32_t)(8 * fields[i].n))));
                        assert_int_equal(read_exactly(&bad, bad.len, &out), fields[i].fault);
                }
                put(m.bytes, 8, 2, status);
                assert_int_equal(read_exactly(&m, m.len, &out), fault_of_status(status));
                m.len = put_error(m.bytes, m.command, status, m.sequence);
                assert_int_equal(read_exactly(&m, m.len, &out), status ? fault_of_status(status) : TG_CHRONY_UNFIT);
        }
}

static void check_body(unsigned command, size_t at, size_t n, uint64_t value, enum tg_chrony_fault fault)
{
        struct tg_random r = { command };
        union tg_chrony_reply out;
        struct message m;

        do
                random_message(&r, &m);
        while (m.command != command);
        put(m.bytes, at, n, value);
        if (read_exactly(&m, m.len, &out) != fault)
                fail_msg("command %u, %zu bytes at %zu: %llu", command, n, at, (unsigned long long)value);
}

static void body_fields_that_are_wrong(void **state)
{
        (void)state;
        check_body(ASK_TRACKING, 52, 2, 16, TG_CHRONY_GOOD);
        check_body(ASK_TRACKING, 52, 2, 17, TG_CHRONY_UNFIT);
        check_body(ASK_TRACKING, 52, 2, 0x100, TG_CHRONY_UNFIT);
        check_body(ASK_TRACKING, 54, 2, 4, TG_CHRONY_UNFIT);
        check_body(ASK_TRACKING, 56, 4, 0x80000000, TG_CHRONY_UNFIT);
        check_body(ASK_TRACKING, 56, 4, 0x7ffffffe, TG_CHRONY_UNFIT);
        check_body(ASK_TRACKING, 56, 4, 3, TG_CHRONY_UNFIT); /* the year 2378 */
        check_body(ASK_TRACKING, 64, 4, 1000000000, TG_CHRONY_UNFIT);
        check_body(ASK_TRACKING, 64, 4, 999999999, TG_CHRONY_GOOD);
        check_body(ASK_SOURCE_DATA, 48, 2, 0xffdf, TG_CHRONY_UNFIT);
        check_body(ASK_SOURCE_DATA, 48, 2, 33, TG_CHRONY_UNFIT);
        check_body(ASK_SOURCE_DATA, 50, 2, 17, TG_CHRONY_UNFIT);
        check_body(ASK_SOURCE_DATA, 52, 2, 5, TG_CHRONY_GOOD);
        check_body(ASK_SOURCE_DATA, 52, 2, 6, TG_CHRONY_UNFIT);
        check_body(ASK_SOURCE_DATA, 54, 2, 3, TG_CHRONY_UNFIT);
        check_body(ASK_SOURCE_DATA, 58, 2, 0x100, TG_CHRONY_UNFIT);
        check_body(ASK_SOURCE_NAME, 28, 1, '\n', TG_CHRONY_UNFIT);
        check_body(ASK_SOURCE_NAME, 28, 1, 0x1b, TG_CHRONY_UNFIT);
        check_body(ASK_SOURCE_NAME, 28, 1, 0, TG_CHRONY_GOOD);
}

static void addresses_of_other_families(void **state)
{
        struct tg_random r = { 1 };
        struct tg_tracking t;
        struct message m = { .command = TG_CHRONY_TRACKING, .sequence = 1 };
        union tg_chrony_reply out;
        const struct tg_addr none = { 0 };

        (void)state;
        random_tracking(&r, &t);
        m.len = put_tracking(m.bytes, 1, &t);
        put(m.bytes, 48, 2, 3); /* an id of a source without an address yet */
        assert_int_equal(read_exactly(&m, m.len, &out), TG_CHRONY_GOOD);
        assert_true(tg_addr_equal(&out.tracking.addr, &none));
}

static void long_names(void **state)
{
        struct message m = { .command = TG_CHRONY_SOURCE_NAME, .sequence = 9 };
        union tg_chrony_reply out;
        char name[257];

        (void)state;
        for (size_t n = TG_NAME_MAX - 2; n <= 256; n += n < 66 ? 1 : 95) {
                memset(name, 'x', sizeof name);
                name[n] = 0;
                m.len = put_name(m.bytes, 9, name);
                assert_int_equal(read_exactly(&m, m.len, &out), TG_CHRONY_GOOD);
                assert_int_equal(strlen(out.name), n < TG_NAME_MAX - 1 ? n : TG_NAME_MAX - 1);
        }
}

static void requests_byte_by_byte(void **state)
{
        static const size_t lens[] = { 104, 32, 76, 284 };
        struct property p = property_begin(2000, 100);
        struct tg_random r;

        (void)state;
        while (property_next(&p, &r)) {
                uint8_t got[TG_CHRONY_DATAGRAM_MAX], want[TG_CHRONY_DATAGRAM_MAX] = { 6, 1 };
                uint32_t which = random_below(&r, 4), sequence = (uint32_t)random_u64(&r), index = (uint32_t)random_u64(&r);
                uint16_t attempt = (uint16_t)random_below(&r, 2);
                struct tg_source source;

                random_source(&r, &source);
                memset(got, 0xaa, sizeof got);
                put(want, 4, 2, commands[which]);
                put(want, 6, 2, attempt);
                put(want, 8, 4, sequence);
                if (commands[which] == ASK_SOURCE_DATA)
                        put(want, 20, 4, index);
                if (commands[which] == ASK_SOURCE_NAME)
                        put_addr(want, 20, &source.addr);
                assert_int_equal(
                        tg_chrony_request(got, (enum tg_chrony_command)commands[which], sequence, attempt, index, &source.addr),
                        lens[which]);
                assert_memory_equal(got, want, lens[which]);
        }
}

static void random_bytes_are_no_reply(void **state)
{
        struct property p = property_begin(20000, 200);
        struct tg_random r;

        (void)state;
        while (property_next(&p, &r)) {
                union tg_chrony_reply out;
                struct message m;

                random_message(&r, &m);
                random_bytes(&r, m.bytes + (random_chance(&r, 50) ? 0 : 28), 300 - 28);
                (void)read_exactly(&m, random_chance(&r, 50) ? m.len : random_below(&r, REPLY_MAX), &out);
                if (m.command == TG_CHRONY_SOURCE_NAME)
                        assert_true(strnlen(out.name, TG_NAME_MAX) < TG_NAME_MAX);
        }
}

TESTS_MAIN(TEST(replies_are_understood), TEST(every_other_length_is_refused), TEST(header_fields_that_are_wrong),
           TEST(body_fields_that_are_wrong), TEST(addresses_of_other_families), TEST(long_names), TEST(requests_byte_by_byte),
           TEST(random_bytes_are_no_reply))
