/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* chrony's floating point against its definition: coefficient x 2^(exponent - 25), both signed, of 25 and 7 bits. */
#include <math.h>

#include <timeguard/chrony.h>

#include "property.h"

#define COEF_MIN (-(1 << 24))
#define COEF_MAX ((1 << 24) - 1)

static tg_chrony_float pattern(int exponent, int64_t coefficient)
{
        return (uint32_t)exponent << 25 | ((uint32_t)coefficient & 0x1ffffff);
}

static double defined(int exponent, int64_t coefficient)
{
        double v = (double)coefficient;

        for (int i = 25; i < exponent; i++)
                v *= 2;
        for (int i = exponent; i < 25; i++)
                v /= 2;
        return v;
}

static int64_t random_coefficient(struct tg_random *r)
{
        static const int64_t edges[] = { 0, 1, -1, COEF_MAX, COEF_MIN, COEF_MAX - 1, COEF_MIN + 1, 1 << 23, -(1 << 23) };

        return random_chance(r, 20) ? edges[random_below(r, COUNT_OF(edges))] : random_range(r, COEF_MIN, COEF_MAX);
}

static void check_ns(double value, double unit, int64_t got)
{
        double want = value * unit;

        if (fabs(want) >= 9.2e18)
                assert_true(got == (want > 0 ? INT64_MAX : -INT64_MAX));
        else
                assert_true(fabs((double)got - want) <= 0.5 + fabs(want) * 0x1p-52);
}

static void value_is_as_defined(void **state)
{
        struct property p = property_begin(2000, 200);
        struct tg_random r;

        (void)state;
        while (property_next(&p, &r))
                for (int exponent = -64; exponent < 64; exponent++) {
                        int64_t coefficient = random_coefficient(&r);
                        tg_chrony_float f = pattern(exponent, coefficient);
                        double value = tg_chrony_float_value(f);

                        assert_true(isfinite(value));
                        assert_true(value == defined(exponent, coefficient));
                        check_ns(value, 1e9, tg_chrony_float_ns(f));
                        check_ns(value, 1e3, tg_chrony_float_ppb(f));
                }
}

/* Two patterns may stand for one number; its value comes back exactly. */
static void from_value_and_back(void **state)
{
        struct property p = property_begin(2000, 200);
        struct tg_random r;

        (void)state;
        while (property_next(&p, &r))
                for (int exponent = -64; exponent < 64; exponent++) {
                        double value = tg_chrony_float_value(pattern(exponent, random_coefficient(&r)));

                        assert_true(tg_chrony_float_value(tg_chrony_float_from(value)) == value);
                }
}

/* No pattern lies nearer: neither the neighbours by coefficient nor those of the next exponents. */
static void from_is_nearest(void **state)
{
        struct property p = property_begin(30000, 300);
        struct tg_random r;

        (void)state;
        while (property_next(&p, &r)) {
                double value = ldexp(random_between(&r, -1, 1), (int)random_range(&r, -90, 62));
                tg_chrony_float f = tg_chrony_float_from(value);
                double off = fabs(tg_chrony_float_value(f) - value);
                int exponent = (int32_t)f >> 25;

                for (int e = exponent - 1; e <= exponent + 1; e++) {
                        double c = e < -64 || e > 63 ? 0 : ldexp(value, 25 - e);

                        for (double k = floor(c) - 1; k <= ceil(c) + 1 && k >= COEF_MIN && k <= COEF_MAX; k++)
                                if (e >= -64 && e <= 63)
                                        assert_true(off <= fabs(defined(e, (int64_t)k) - value));
                }
        }
}

static void from_the_absurd(void **state)
{
        (void)state;
        assert_int_equal(tg_chrony_float_from(0), 0);
        assert_int_equal(tg_chrony_float_from(NAN), 0);
        assert_true(tg_chrony_float_value(tg_chrony_float_from(1e-300)) == 0);
        assert_true(tg_chrony_float_from(INFINITY) == pattern(63, COEF_MAX));
        assert_true(tg_chrony_float_from(1e300) == pattern(63, COEF_MAX));
        assert_true(tg_chrony_float_from(-1e300) == pattern(63, COEF_MIN));
        assert_true(tg_chrony_float_from(-INFINITY) == pattern(63, COEF_MIN));
}

/* From chronyd itself: its own words for one and a half seconds and -3 ppm. */
static void known_patterns(void **state)
{
        (void)state;
        assert_true(tg_chrony_float_value(pattern(2, 3 << 22)) == 1.5);
        assert_true(tg_chrony_float_ns(tg_chrony_float_from(1.5)) == 1500000000);
        assert_true(tg_chrony_float_ppb(tg_chrony_float_from(-3)) == -3000);
}

TESTS_MAIN(TEST(value_is_as_defined), TEST(from_value_and_back), TEST(from_is_nearest), TEST(from_the_absurd),
           TEST(known_patterns))
