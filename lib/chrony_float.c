/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* chrony's 32-bit floating point (util.c, UTI_FloatNetworkToHost): the top 7 bits are a signed exponent less 25, the low 25 bits
   a signed coefficient; value = coefficient x 2^exponent. It has neither NaN nor infinity: every pattern is a number. */
#include <math.h>

#include <timeguard/chrony.h>

#define EXP_BITS  7
#define COEF_BITS 25

static int64_t scaled(tg_chrony_float f, double unit)
{
        double v = tg_chrony_float_value(f) * unit;

        if (v >= 9.2e18)
                return INT64_MAX;
        if (v <= -9.2e18)
                return -INT64_MAX;
        return llround(v);
}

double tg_chrony_float_value(tg_chrony_float f)
{
        int32_t exponent = (int32_t)f >> COEF_BITS;
        int32_t coefficient = (int32_t)(f << EXP_BITS) >> EXP_BITS;

        return ldexp(coefficient, exponent - COEF_BITS);
}

int64_t tg_chrony_float_ns(tg_chrony_float f)
{
        return scaled(f, 1e9);
}

int64_t tg_chrony_float_ppb(tg_chrony_float f)
{
        return scaled(f, 1e3);
}

tg_chrony_float tg_chrony_float_from(double value)
{
        const int exponent_min = -(1 << (EXP_BITS - 1)), exponent_max = (1 << (EXP_BITS - 1)) - 1;
        const double coefficient_max = (1 << (COEF_BITS - 1)) - (value < 0 ? 0 : 1); /* two's complement */
        int exponent;
        double coefficient;

        if (!(fabs(value) > 0))
                return 0;
        frexp(value, &exponent);
        exponent++; /* one bit for the coefficient's sign */
        if (exponent < exponent_min)
                exponent = exponent_min;
        coefficient = nearbyint(ldexp(value, COEF_BITS - exponent));
        if (fabs(coefficient) > coefficient_max) {
                exponent++;
                coefficient = nearbyint(ldexp(value, COEF_BITS - exponent));
        }
        if (exponent > exponent_max || fabs(coefficient) > coefficient_max) {
                exponent = exponent_max;
                coefficient = value < 0 ? -coefficient_max : coefficient_max;
        }
        return (uint32_t)exponent << COEF_BITS | ((uint32_t)(int32_t)coefficient & ((1u << COEF_BITS) - 1));
}
