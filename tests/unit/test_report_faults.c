/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reports that are not sound: cut short, with a bit flipped, foreign, too long, out of range, or mere noise. Whatever is taken is in range,
   and nothing is read beyond the end. */
#include <errno.h>

#include "random_report.h"

/* Read from memory of exactly that size, so that a sanitizer sees a step beyond it. */
static enum tg_report_fault decode(const uint8_t *bytes, size_t len, struct tg_report *out)
{
        uint8_t *copy = malloc(len ? len : 1);
        const char *field = NULL;
        enum tg_report_fault fault;

        memcpy(copy, bytes, len);
        fault = tg_report_decode(copy, len, out, &field);
        free(copy);
        assert_true(tg_report_fault_text(fault)[0] != 0);
        assert_int_equal(fault != TG_REPORT_OK, field != NULL);
        return fault;
}

static bool is_text(const char *text)
{
        for (size_t i = 0; i < TG_NAME_MAX; i++) {
                if (!text[i])
                        return true;
                if (text[i] <= ' ' || text[i] > '~')
                        return false;
        }
        return false;
}

/* What was taken can be used, and sent again. */
static void check_taken(const struct tg_report *report)
{
        uint8_t again[TG_REPORT_BYTES_MAX];

        assert_null(tg_report_range_fault(report));
        assert_true(tg_report_encode(report, again) > 0);
        assert_true(is_text(report->time_zone));
        for (uint8_t i = 0; i < report->chrony.n_sources; i++)
                assert_true(is_text(report->chrony.sources[i].name));
}

static size_t random_encoded(struct tg_random *r, uint8_t bytes[static TG_REPORT_BYTES_MAX])
{
        struct tg_report report;
        int len;

        random_report(r, &report);
        len = tg_report_encode(&report, bytes);
        assert_true(len > 0);
        return (size_t)len;
}

static void every_truncation_is_a_fault(void **state)
{
        struct property p = property_begin(300, 400);
        struct tg_random r;

        (void)state;
        while (property_next(&p, &r)) {
                uint8_t bytes[TG_REPORT_BYTES_MAX];
                size_t len = random_encoded(&r, bytes);
                struct tg_report out;

                for (size_t n = 0; n < len; n++)
                        assert_int_equal(decode(bytes, n, &out), n < 8 ? TG_REPORT_FOREIGN : TG_REPORT_SHORT);
        }
}

static void every_flipped_bit_is_in_range_or_a_fault(void **state)
{
        struct property p = property_begin(60, 600);
        struct tg_random r;

        (void)state;
        while (property_next(&p, &r)) {
                uint8_t bytes[TG_REPORT_BYTES_MAX];
                size_t len = random_encoded(&r, bytes);
                struct tg_report out;

                for (size_t bit = 0; bit < 8 * len; bit++) {
                        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
                        if (decode(bytes, len, &out) == TG_REPORT_OK)
                                check_taken(&out);
                        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
                }
        }
}

static void noise(void **state)
{
        struct property p = property_begin(100000, 600);
        struct tg_random r;

        (void)state;
        while (property_next(&p, &r)) {
                uint8_t bytes[TG_REPORT_BYTES_MAX + 64];
                size_t len = random_encoded(&r, bytes), keep = random_below(&r, 40);
                struct tg_report out;

                if (random_chance(&r, 50)) { /* all random behind a good beginning */
                        len = random_below(&r, sizeof bytes + 1);
                        if (len > keep)
                                random_bytes(&r, bytes + keep, len - keep);
                } else { /* a few random bytes */
                        for (uint32_t i = random_below(&r, 8); i > 0; i--)
                                bytes[random_below(&r, (uint32_t)len)] = (uint8_t)random_u64(&r);
                }
                if (decode(bytes, len, &out) == TG_REPORT_OK)
                        check_taken(&out);
        }
}

static void foreign_new_or_oversized(void **state)
{
        struct property p = property_begin(2000, 200);
        struct tg_random r;

        (void)state;
        while (property_next(&p, &r)) {
                uint8_t bytes[4 * TG_REPORT_BYTES_MAX] = { 0 }, major = (uint8_t)random_range(&r, 2, 256);
                size_t len = random_encoded(&r, bytes);
                struct tg_report out;

                assert_int_equal(decode(bytes, TG_REPORT_BYTES_MAX, &out), TG_REPORT_OK); /* a tail */
                assert_int_equal(decode(bytes, TG_REPORT_BYTES_MAX + 1 + random_below(&r, 3 * TG_REPORT_BYTES_MAX), &out),
                                 TG_REPORT_OVERSIZED);
                assert_int_equal(decode(bytes, TG_REPORT_BYTES_MAX + 1, &out), TG_REPORT_OVERSIZED);
                bytes[4] = major;
                assert_int_equal(decode(bytes, random_chance(&r, 50) ? len : 8, &out), TG_REPORT_MAJOR_NEW);
                bytes[random_below(&r, 4)] ^= (uint8_t)random_range(&r, 1, 255);
                assert_int_equal(decode(bytes, len, &out), TG_REPORT_FOREIGN);
        }
}

#define FIELD(NAME, VALUE)                                                                                                     \
        {                                                                                                                      \
                offsetof(struct tg_report, NAME), sizeof((struct tg_report *)0)->NAME, (VALUE)                                 \
        }

static const struct {
        size_t at, size;
        int64_t value;
} out_of_range[] = {
        FIELD(node_id, 0),
        FIELD(seq, 0),
        FIELD(raw_ns, -1),
        FIELD(raw_ns, TG_RAW_MAX_NS + 1),
        FIELD(raw_ns, INT64_MIN),
        FIELD(raw_ns, INT64_MAX),
        FIELD(boot_ns, -1),
        FIELD(boot_ns, INT64_MAX),
        FIELD(c_ns, TG_C_MAX_NS + 1),
        FIELD(c_ns, -TG_RAW_MAX_NS - 1),
        FIELD(c_ns, INT64_MIN),
        FIELD(bracket_ns, -1),
        FIELD(bracket_ns, INT64_MAX),
        FIELD(last_step_ns, INT64_MIN),
        FIELD(last_step_ns, INT64_MAX),
        FIELD(hull_low_ns, INT64_MIN),
        FIELD(hull_low_ns, INT64_MAX),
        FIELD(hull_high_ns, INT64_MIN),
        FIELD(hull_high_ns, INT64_MAX),
        FIELD(hull_since_raw_ns, -1),
        FIELD(hull_since_raw_ns, INT64_MAX),
        FIELD(steady_since_raw_ns, -1),
        FIELD(steady_since_raw_ns, INT64_MAX),
        FIELD(gate_state, TG_GATE_IS_HELD + 1),
        FIELD(asked.state, TG_ASKED_BAD + 1),
        FIELD(asked.side, 2),
        FIELD(asked.side, -2),
        FIELD(asked.ahead_low_ns, INT64_MIN),
        FIELD(chrony.state, TG_CHRONY_GARBLED + 1),
        FIELD(chrony.tracking.stratum, 17),
        FIELD(chrony.tracking.leap, 4),
        FIELD(chrony.tracking.ref_time_ns, -1),
        FIELD(chrony.tracking.ref_time_ns, INT64_MIN),
        FIELD(chrony.tracking.ref_time_ns, INT64_MAX),
        FIELD(chrony.sources[0].state, '?'),
        FIELD(chrony.sources[0].state, 0),
        FIELD(chrony.sources[0].mode, 3),
        FIELD(echoes[0].upper_ns, TG_RAW_MAX_NS + 1),
        FIELD(echoes[0].upper_ns, INT64_MIN),
        FIELD(echoes[0].rho_ppm, 0),
        FIELD(n_echoes, TG_ECHOES_MAX + 1),
        FIELD(chrony.n_sources, TG_SOURCES_MAX + 1),
};

static void fields_out_of_range(void **state)
{
        struct property p = property_begin(200, 200);
        struct tg_random r;

        (void)state;
        while (property_next(&p, &r))
                for (size_t i = 0; i < COUNT_OF(out_of_range); i++) {
                        uint8_t bytes[TG_REPORT_BYTES_MAX];
                        struct tg_report report;

                        random_report_of(&r, &report, 1, 1, 5);
                        assert_true(tg_report_encode(&report, bytes) > 0);
                        memcpy((char *)&report + out_of_range[i].at, &out_of_range[i].value, out_of_range[i].size);
                        if (tg_report_encode(&report, bytes) != -EINVAL)
                                fail_msg("row %zu", i);
                }
}

/* The same on the wire, where no sound sender would write it: the numbers of 8 bytes of the fixed part, each at its edge. */
static void numbers_out_of_range_on_the_wire(void **state)
{
        static const int64_t values[] = { INT64_MIN,          INT64_MAX,      -1, 0, TG_RAW_MAX_NS, TG_RAW_MAX_NS + 1,
                                          -TG_RAW_MAX_NS - 1, TG_C_MAX_NS + 1 };
        struct property p = property_begin(200, 300);
        struct tg_random r;

        (void)state;
        while (property_next(&p, &r))
                for (size_t at = 8; at < 8 + 160; at++)
                        for (size_t i = 0; i < COUNT_OF(values); i++) {
                                uint8_t bytes[TG_REPORT_BYTES_MAX];
                                size_t len = random_encoded(&r, bytes);
                                struct tg_report out;

                                for (size_t k = 0; k < 8; k++)
                                        bytes[at + k] = (uint8_t)((uint64_t)values[i] >> 8 * k);
                                if (decode(bytes, len, &out) == TG_REPORT_OK)
                                        check_taken(&out);
                        }
}

/* More sources or echoes than any reader has room for, each of them sound. */
static void too_many_parts(void **state)
{
        struct tg_random r = { 3 };
        struct tg_report report, out;
        uint8_t bytes[TG_REPORT_BYTES_MAX];
        size_t at, part;

        (void)state;
        for (int echoes = 0; echoes < 2; echoes++)
                for (size_t n = 2; n < 24; n++) {
                        size_t most = echoes ? TG_ECHOES_MAX : TG_SOURCES_MAX, len;

                        random_report_of(&r, &report, !echoes, (uint8_t)echoes, 0);
                        report.chrony.tracking.addr = (struct tg_addr){ 0 };
                        report.chrony.sources[0].addr = (struct tg_addr){ .family = TG_ADDR_IPV4 };
                        len = (size_t)tg_report_encode(&report, bytes);
                        at = 8 + (bytes[6] | (size_t)bytes[7] << 8) + (size_t)echoes;
                        part = echoes ? bytes[at + 1] : 1u + bytes[at + 1];
                        if (len + (n - 1) * part > sizeof bytes)
                                break;
                        bytes[at] = (uint8_t)n;
                        at += echoes ? 2 : 1;
                        memmove(bytes + at + n * part, bytes + at + part, len - at - part);
                        for (size_t i = 1; i < n; i++)
                                memcpy(bytes + at + i * part, bytes + at, part);
                        assert_int_equal(decode(bytes, len + (n - 1) * part, &out), n > most ? TG_REPORT_SHORT : TG_REPORT_OK);
                }
}

TESTS_MAIN(TEST(every_truncation_is_a_fault), TEST(every_flipped_bit_is_in_range_or_a_fault), TEST(noise),
           TEST(foreign_new_or_oversized), TEST(too_many_parts), TEST(fields_out_of_range),
           TEST(numbers_out_of_range_on_the_wire))
