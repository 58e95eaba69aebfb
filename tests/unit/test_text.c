/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Numbers in sentences: the unit that fits, three digits, an exact one without decimals, and no room overrun. */
#include <timeguard/limits.h>

#include "property.h"
#include "text.h"

#define S TG_NS_PER_S

static void durations_and_offsets(void **state)
{
        static const struct {
                int64_t ns;
                const char *duration, *offset;
        } cases[] = {
                { 0, "0 ns", "0 ns" },
                { 999, "999 ns", "+999 ns" },
                { -1500, "-1.50 us", "-1.50 us" },
                { 1000000, "1 ms", "+1 ms" },
                { 12345678, "12.3 ms", "+12.3 ms" },
                { 123456789, "123 ms", "+123 ms" },
                { -1234567890, "-1.23 s", "-1.23 s" },
                { 9994999999, "9.99 s", "+9.99 s" },
                { 9995000001, "10.0 s", "+10.0 s" },
                { -99950001, "-100 ms", "-100 ms" },
                { 999499, "999 us", "+999 us" },
                { 999501, "1.00 ms", "+1.00 ms" },
                { 119 * S, "119 s", "+119 s" },
                { 120 * S, "2 min", "+2 min" },
                { 90 * 60 * S, "90 min", "+90 min" },
                { 120 * 60 * S, "2 h", "+2 h" },
                { 47 * 3600 * S, "47 h", "+47 h" },
                { 48 * 3600 * S, "2 d", "+2 d" },
                { INT64_MAX, "106752 d", "+106752 d" },
                { INT64_MIN, "-106752 d", "-106752 d" },
        };
        char buf[TG_NUMBER_MAX];

        (void)state;
        for (size_t i = 0; i < COUNT_OF(cases); i++) {
                assert_string_equal(tg_ns_text(cases[i].ns, buf), cases[i].duration);
                assert_string_equal(tg_offset_text(cases[i].ns, buf), cases[i].offset);
        }
}

static void appending_ends_where_room_ends(void **state)
{
        char buf[8] = "ab";

        (void)state;
        tg_append(buf, sizeof buf, "%s", "cd");
        assert_string_equal(buf, "abcd");
        tg_append(buf, sizeof buf, "%s", "efghij");
        assert_string_equal(buf, "abcdefg");
        tg_append(buf, sizeof buf, "x");
        assert_string_equal(buf, "abcdefg");
}

TESTS_MAIN(TEST(durations_and_offsets), TEST(appending_ends_where_room_ends))
