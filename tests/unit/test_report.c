/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reports that are sound: there and back, their size, what a newer minor may add, and the layout that other versions rely on. */
#include <errno.h>

#include "random_report.h"

static void there_and_back(void **state)
{
        struct property p = property_begin(20000, 500);
        struct tg_random r;

        (void)state;
        while (property_next(&p, &r)) {
                uint8_t bytes[TG_REPORT_BYTES_MAX];
                struct tg_report sent, got;
                const char *field = "?";
                int len;

                random_report(&r, &sent);
                len = tg_report_encode(&sent, bytes);
                assert_in_range(len, 1, TG_REPORT_BYTES_MAX);
                memset(&got, 0xaa, sizeof got);
                assert_int_equal(tg_report_decode(bytes, (size_t)len, &got, &field), TG_REPORT_OK);
                assert_null(field);
                assert_int_equal(got.minor, TG_REPORT_MINOR);
                assert_same_report(&sent, &got);
        }
}

/* In a cluster of 64 nodes with the longest names, all that there is to say of the gate, and as many echoes as find room, the report fits;
   sources are left out, and that is told. */
static void the_largest_report(void **state)
{
        struct property p = property_begin(2000, 200);
        struct tg_random r;

        (void)state;
        while (property_next(&p, &r)) {
                uint8_t bytes[TG_REPORT_BYTES_MAX];
                struct tg_report sent, got;
                int len;

                random_report_of(&r, &sent, TG_SOURCES_MAX, TG_ECHOES_MAX, 0);
                memset(sent.time_zone, 'z', TG_NAME_MAX - 1);
                sent.chrony.tracking.addr.family = TG_ADDR_IPV6;
                for (int i = 0; i < TG_SOURCES_MAX; i++)
                        memset(sent.chrony.sources[i].name, 'n', TG_NAME_MAX - 1);
                sent.chrony.sources[0].addr.family = TG_ADDR_IPV6;
                if (sent.n_echoes > tg_report_echo_room(&sent))
                        sent.n_echoes = (uint8_t)tg_report_echo_room(&sent);
                assert_in_range(sent.n_echoes, 6, TG_ECHOES_MAX);
                len = tg_report_encode(&sent, bytes);
                assert_in_range(len, 1, TG_REPORT_BYTES_MAX);
                assert_int_equal(tg_report_decode(bytes, (size_t)len, &got, NULL), TG_REPORT_OK);
                assert_same_report(&sent, &got);
                assert_int_equal(got.n_echoes, sent.n_echoes);
                assert_in_range(got.chrony.n_sources, 1, TG_SOURCES_MAX - 1);
                assert_true(got.flags & TG_REPORT_CUT);
        }
}

/* What an echo heard too long ago, or while the clock was quite another, is left out rather than wrapped. */
static void what_was_heard_long_ago(void **state)
{
        static const int64_t ages[] = { -1, INT64_C(0xffffffff), INT64_C(1) << 40 },
                             jumps[] = { INT64_C(1) << 31, -(INT64_C(1) << 31) - 1, INT64_C(1) << 40 };
        struct tg_random r = { 7 };

        (void)state;
        for (size_t i = 0; i < COUNT_OF(ages) + COUNT_OF(jumps); i++) {
                uint8_t bytes[TG_REPORT_BYTES_MAX];
                struct tg_report sent, got;
                int len;

                random_report_of(&r, &sent, 0, 1, 0);
                sent.echoes[0].has_heard = true;
                sent.echoes[0].heard_raw_ns = sent.raw_ns - (i < COUNT_OF(ages) ? ages[i] : 5);
                sent.echoes[0].heard_c_ns = sent.c_ns + (i < COUNT_OF(ages) ? 5 : jumps[i - COUNT_OF(ages)]);
                len = tg_report_encode(&sent, bytes);
                assert_int_equal(tg_report_decode(bytes, (size_t)len, &got, NULL), TG_REPORT_OK);
                assert_false(got.echoes[0].has_heard);
        }
}

/* All that a reader may find is written again as it was. */
static void what_was_heard_at_the_edges(void **state)
{
        static const int64_t ages[] = { 0, INT64_C(0xfffffffe) }, jumps[] = { INT32_MAX, INT32_MIN, INT32_MIN + 1 };
        struct tg_random r = { 7 };

        (void)state;
        for (size_t i = 0; i < COUNT_OF(ages) * COUNT_OF(jumps); i++) {
                uint8_t bytes[TG_REPORT_BYTES_MAX];
                struct tg_report sent, got;
                int len;

                random_report_of(&r, &sent, 0, 1, 0);
                sent.echoes[0].has_heard = true;
                sent.echoes[0].heard_raw_ns = sent.raw_ns - ages[i % COUNT_OF(ages)];
                sent.echoes[0].heard_c_ns = sent.c_ns + jumps[i / COUNT_OF(ages)];
                len = tg_report_encode(&sent, bytes);
                assert_int_equal(tg_report_decode(bytes, (size_t)len, &got, NULL), TG_REPORT_OK);
                assert_true(got.echoes[0].has_heard);
                assert_same_report(&sent, &got);
        }
}

static size_t grow(uint8_t *bytes, size_t len, size_t at, size_t by, struct tg_random *r)
{
        memmove(bytes + at + by, bytes + at, len - at);
        random_bytes(r, bytes + at, by);
        return len + by;
}

/* What a newer version may do to a report: make its fixed part, its sources and its echoes longer, and append a tail. */
static size_t age_the_reader(struct tg_random *r, uint8_t *bytes, size_t len)
{
        size_t more = random_below(r, 30), fixed = bytes[6] | (size_t)bytes[7] << 8, at = 8 + fixed, n, size;

        bytes[5] = (uint8_t)random_range(r, 1, 255);
        len = grow(bytes, len, at, more, r);
        bytes[6] = (uint8_t)(fixed + more);
        bytes[7] = (uint8_t)((fixed + more) >> 8);
        at += more;
        n = bytes[at++];
        for (size_t i = 0; i < n; i++) {
                more = random_below(r, 8);
                len = grow(bytes, len, at + 1 + bytes[at], more, r);
                bytes[at] = (uint8_t)(bytes[at] + more);
                at += 1u + bytes[at];
        }
        n = bytes[at];
        size = bytes[at + 1];
        more = random_below(r, 8);
        bytes[at + 1] = (uint8_t)(size + more);
        at += 2;
        for (size_t i = 0; i < n; i++) {
                len = grow(bytes, len, at + size, more, r);
                at += size + more;
        }
        return grow(bytes, len, len, random_below(r, 30), r);
}

static void a_newer_minor_is_understood(void **state)
{
        struct property p = property_begin(20000, 500);
        struct tg_random r;

        (void)state;
        while (property_next(&p, &r)) {
                uint8_t bytes[2 * TG_REPORT_BYTES_MAX], minor;
                struct tg_report sent, got;
                size_t len;
                int n;

                random_report_of(&r, &sent, (uint8_t)random_below(&r, 6), (uint8_t)random_below(&r, 9), 12);
                n = tg_report_encode(&sent, bytes);
                assert_true(n > 0);
                len = age_the_reader(&r, bytes, (size_t)n);
                minor = bytes[5];
                if (len > TG_REPORT_BYTES_MAX) {
                        assert_int_equal(tg_report_decode(bytes, len, &got, NULL), TG_REPORT_OVERSIZED);
                        continue;
                }
                assert_int_equal(tg_report_decode(bytes, len, &got, NULL), TG_REPORT_OK);
                assert_int_equal(got.minor, minor);
                assert_same_report(&sent, &got);
        }
}

/* The places that no version may move. */
static void the_layout_stands(void **state)
{
        uint8_t bytes[TG_REPORT_BYTES_MAX];
        struct tg_random r = { 1 };
        struct tg_report report;
        int len;

        (void)state;
        random_report_of(&r, &report, 0, 1, 0);
        report.node_id = 0x01020304;
        report.seq = 0x05060708;
        len = tg_report_encode(&report, bytes);
        assert_true(len > 0);
        assert_memory_equal(bytes, "TGRD", 4);
        assert_int_equal(bytes[4], 1);
        assert_int_equal(bytes[5], 1);
        assert_int_equal(8 + (bytes[6] | bytes[7] << 8) + 1 + 2 + TG_ECHO_BYTES, len);
        assert_memory_equal(bytes + 8, ((uint8_t[]){ 4, 3, 2, 1, 8, 7, 6, 5 }), 8);
        assert_memory_equal(bytes + 16, report.epoch.boot_id, 16);
}

static void names_are_made_plain(void **state)
{
        uint8_t bytes[TG_REPORT_BYTES_MAX];
        struct tg_random r = { 1 };
        struct tg_report sent, got;
        int len;

        (void)state;
        random_report_of(&r, &sent, 1, 0, 0);
        strcpy(sent.time_zone, "Europe/Paris\n\x1b[31m \x7f\xff");
        strcpy(sent.chrony.sources[0].name, "a\tb");
        len = tg_report_encode(&sent, bytes);
        assert_int_equal(tg_report_decode(bytes, (size_t)len, &got, NULL), TG_REPORT_OK);
        assert_string_equal(got.time_zone, "Europe/Paris??[31m???");
        assert_string_equal(got.chrony.sources[0].name, "a?b");
}

static void tags_of_epochs(void **state)
{
        struct property p = property_begin(20000, 100);
        struct tg_random r;

        (void)state;
        while (property_next(&p, &r)) {
                struct tg_epoch a = { .suspends = (uint32_t)random_u64(&r) }, b;
                uint32_t at = random_below(&r, 16);

                random_bytes(&r, a.boot_id, 16);
                b = a;
                assert_int_equal(tg_epoch_tag(&a), tg_epoch_tag(&b));
                assert_int_not_equal(tg_epoch_tag(&a), 0);
                b.boot_id[at] ^= (uint8_t)random_range(&r, 1, 255);
                assert_int_not_equal(tg_epoch_tag(&a), tg_epoch_tag(&b));
                b = a;
                b.suspends ^= (uint32_t)random_range(&r, 1, 255) << 8 * random_below(&r, 4);
                assert_int_not_equal(tg_epoch_tag(&a), tg_epoch_tag(&b));
        }
}

TESTS_MAIN(TEST(there_and_back), TEST(the_largest_report), TEST(what_was_heard_long_ago), TEST(what_was_heard_at_the_edges),
           TEST(a_newer_minor_is_understood), TEST(the_layout_stands), TEST(names_are_made_plain), TEST(tags_of_epochs))
