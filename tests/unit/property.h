/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Properties: a body that must hold for random cases. Every case has a seed of its own; when one fails, its seed is printed, and
   `TG_SEED=0x...` or `-s 0x...` runs that case alone, in every property of the program. Each property ends after so many cases or
   so much time, whichever comes first; TG_LONG=N multiplies both by N. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#define COUNT_OF(A) (sizeof(A) / sizeof((A)[0]))

struct tg_random {
        uint64_t state;
};

static inline uint64_t random_u64(struct tg_random *r) /* splitmix64 */
{
        uint64_t z = r->state += UINT64_C(0x9e3779b97f4a7c15);

        z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
        z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
        return z ^ z >> 31;
}

/* Both ends included. */
static inline int64_t random_range(struct tg_random *r, int64_t low, int64_t high)
{
        uint64_t span = (uint64_t)high - (uint64_t)low + 1, v = random_u64(r);

        return (int64_t)((uint64_t)low + (span ? v % span : v));
}

static inline uint32_t random_below(struct tg_random *r, uint32_t n)
{
        return (uint32_t)(random_u64(r) % n);
}

static inline bool random_chance(struct tg_random *r, uint32_t percent)
{
        return random_below(r, 100) < percent;
}

static inline double random_between(struct tg_random *r, double low, double high)
{
        return low + (high - low) * (double)(random_u64(r) >> 11) * 0x1p-53;
}

/* Small numbers as likely as large ones: 0 .. max. */
static inline int64_t random_size(struct tg_random *r, int64_t max)
{
        uint64_t v = random_u64(r);

        v >>= random_below(r, 64);
        return (int64_t)(v % ((uint64_t)max + 1));
}

static inline int64_t random_signed(struct tg_random *r, int64_t max)
{
        int64_t v = random_size(r, max);

        return random_chance(r, 50) ? -v : v;
}

/* Mean 0, deviation 1, within +-6. */
static inline double random_normal(struct tg_random *r)
{
        double sum = -6;

        for (int i = 0; i < 12; i++)
                sum += random_between(r, 0, 1);
        return sum;
}

static inline void random_bytes(struct tg_random *r, void *out, size_t n)
{
        for (size_t i = 0; i < n; i++)
                ((uint8_t *)out)[i] = (uint8_t)random_u64(r);
}

/* A word of printable characters without blanks; at most `max` of them. */
static inline void random_word(struct tg_random *r, char *out, size_t max)
{
        size_t n = random_below(r, (uint32_t)max + 1);

        for (size_t i = 0; i < n; i++)
                out[i] = (char)('a' + random_below(r, 26));
        out[n] = 0;
}

struct property {
        int64_t end_ns;
        uint64_t cases, done;
};

static struct {
        uint64_t base, seed;
        bool replay, open;
        uint64_t factor;
} property_state = { .factor = 1 };

static inline int64_t property_now_ns(void)
{
        struct timespec t;

        clock_gettime(CLOCK_MONOTONIC, &t);
        return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static inline struct property property_begin(uint64_t cases, uint32_t ms)
{
        return (struct property){ .cases = cases * property_state.factor,
                                  .end_ns = property_now_ns() + (int64_t)(ms * property_state.factor) * 1000000 };
}

/* Begins the next case; false when the property has been shown often enough. */
static inline bool property_next(struct property *p, struct tg_random *r)
{
        struct tg_random mix = { property_state.base + p->done };

        property_state.open = false;
        if (p->done && (property_state.replay || p->done >= p->cases || property_now_ns() > p->end_ns))
                return false;
        p->done++;
        if (!property_state.replay)
                property_state.seed = random_u64(&mix);
        property_state.open = true;
        r->state = property_state.seed;
        return true;
}

static inline void property_tell(void)
{
        if (property_state.open)
                fprintf(stderr, "failed case: replay it with TG_SEED=0x%016llx\n", (unsigned long long)property_state.seed);
        property_state.open = false;
}

static inline int property_teardown(void **state)
{
        (void)state;
        property_tell();
        return 0;
}

/* A sanitizer ends the process without a teardown. */
extern void __sanitizer_set_death_callback(void (*callback)(void)) __attribute__((weak));

static inline void property_setup(int argc, char **argv)
{
        const char *seed = getenv("TG_SEED"), *factor = getenv("TG_LONG");

        if (argc == 3 && !strcmp(argv[1], "-s"))
                seed = argv[2];
        property_state.base = (uint64_t)property_now_ns() * UINT64_C(0x2545f4914f6cdd1d);
        property_state.replay = seed && seed[0];
        if (property_state.replay)
                property_state.seed = strtoull(seed, NULL, 0);
        if (factor && atoi(factor) > 0)
                property_state.factor = (uint64_t)atoi(factor);
        if (__sanitizer_set_death_callback)
                __sanitizer_set_death_callback(property_tell);
}

#define TEST(FUNCTION) cmocka_unit_test_teardown(FUNCTION, property_teardown)

#define TESTS_MAIN(...)                                                                                                        \
        int main(int argc, char **argv)                                                                                        \
        {                                                                                                                      \
                const struct CMUnitTest tests[] = { __VA_ARGS__ };                                                             \
                                                                                                                               \
                property_setup(argc, argv);                                                                                    \
                return cmocka_run_group_tests(tests, NULL, NULL);                                                              \
        }
