/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Bounds in sentences: both ends with the same digits, as many as show the width, and never narrower than the bound. */
#include <math.h>
#include <stdlib.h>

#include <timeguard/bound.h>
#include <timeguard/limits.h>

#include "property.h"

#define S  TG_NS_PER_S
#define MS TG_NS_PER_MS
#define US TG_NS_PER_US

static void ends_are_written_alike(void **state)
{
        static const struct {
                int64_t low_ns, high_ns;
                const char *text;
        } cases[] = {
                { 9999800000, 10000200000, "+9.99980 to +10.00020 s" },
                { 9996 * MS, 10 * S, "+9.9960 to +10.0000 s" },
                { 99610 * US, 100780 * US, "+99.61 to +100.78 ms" },
                { -439 * US, 925 * US, "-439 to +925 us" },
                { -799999, 830001, "-800 to +831 us" },
                { -1 * S, 2 * S, "-1.00 to +2.00 s" },
                { 0, 0, "0 to 0 ns" },
                { 5 * S, 5 * S, "+5.000000000 to +5.000000000 s" },
                { -3, 1000, "-0.01 to +1.00 us" },
                { 3, 1004, "0.00 to +1.01 us" },
                { 999999, 1000000, "+0.999999 to +1.000000 ms" },
                { -86400 * S, -86399 * S, "-86400.00 to -86399.00 s" },
                { INT64_MIN, INT64_MAX, "-9223372037 to +9223372037 s" },
                { INT64_MIN, INT64_MIN, "-9223372036.854775808 to -9223372036.854775808 s" },
        };
        char buf[TG_BOUND_TEXT_MAX];

        (void)state;
        for (size_t i = 0; i < COUNT_OF(cases); i++)
                assert_string_equal(tg_bound_text(cases[i].low_ns, cases[i].high_ns, " to ", buf), cases[i].text);
        assert_string_equal(tg_bound_text(-1, 1, "..", buf), "-1..+1 ns");
}

/* The text read back, in ns. */
static void read_back(const char *text, long double *low_ns, long double *high_ns)
{
        static const struct {
                const char *unit;
                long double ns;
        } units[] = { { " ns", 1 }, { " us", 1e3L }, { " ms", 1e6L }, { " s", 1e9L } };
        char *end;

        *low_ns = strtold(text, &end);
        assert_int_equal(strncmp(end, " to ", 4), 0);
        *high_ns = strtold(end + 4, &end);
        for (size_t i = 0; i < COUNT_OF(units); i++)
                if (!strcmp(end, units[i].unit)) {
                        *low_ns *= units[i].ns;
                        *high_ns *= units[i].ns;
                        return;
                }
        fail_msg("no unit: %s", text);
}

static size_t decimals_of(const char *number)
{
        const char *point = strpbrk(number, ". ");

        return *point == '.' ? strspn(point + 1, "0123456789") : 0;
}

static void texts_hold_what_the_bound_holds(void **state)
{
        struct property p = property_begin(50000, 200);
        struct tg_random r;

        (void)state;
        while (property_next(&p, &r)) {
                int64_t low_ns = random_size(&r, INT64_C(1) << 52) * (random_below(&r, 2) ? 1 : -1);
                int64_t width_ns = random_size(&r, INT64_C(1) << 52), high_ns = low_ns + width_ns;
                long double low, high, half_ns = 0.01L;
                char buf[TG_BOUND_TEXT_MAX];

                read_back(tg_bound_text(low_ns, high_ns, " to ", buf), &low, &high);
                if (low > (long double)low_ns + half_ns || high < (long double)high_ns - half_ns)
                        fail_msg("%lld to %lld ns: narrower: %s", (long long)low_ns, (long long)high_ns, buf);
                /* at most a tenth wider at either end, but for the three digits of a wide one's nearer end, and whole nanoseconds and seconds */
                if (width_ns > 20 && width_ns < 20 * S &&
                    (high - low) - (long double)width_ns > (long double)width_ns / 10 + half_ns)
                        fail_msg("%lld to %lld ns: far wider: %s", (long long)low_ns, (long long)high_ns, buf);
                if (decimals_of(buf) != decimals_of(strstr(buf, " to ") + 4))
                        fail_msg("unequal digits: %s", buf);
        }
}

TESTS_MAIN(TEST(ends_are_written_alike), TEST(texts_hold_what_the_bound_holds))
