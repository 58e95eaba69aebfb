/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The own clock on a simulated machine whose truth is known at every instant: REALTIME, MONOTONIC and BOOTTIME run at a rate of their own
   against RAW, REALTIME is stepped, the machine is suspended, and looks may be blurred by preemption.
   A step never falls into a bracket here; it would be seen as of either side. */
#include "clock.h"
#include "property.h"
#include "report_layout.h"

#define BLUR_NS  (20 * TG_NS_PER_MS)
#define SHARP_NS 400
#define STEP_MIN 2500 /* above what a sharp look may hide */
#define TRACE    4096

struct machine {
        int64_t raw, mono, boot_ahead, real_ahead, tai_ahead; /* BOOT - MONO, REAL - BOOT, TAI - REAL */
        int64_t rate_ppb, rest;
        struct {
                int64_t raw, c;
        } trace[TRACE]; /* truth since the last report */
        int n_trace;
        uint32_t steps;
};

static int64_t real(const struct machine *m)
{
        return m->mono + m->boot_ahead + m->real_ahead;
}

static void remember(struct machine *m)
{
        assert_true(m->n_trace < TRACE);
        m->trace[m->n_trace].raw = m->raw;
        m->trace[m->n_trace++].c = real(m) - m->raw;
}

static void run(struct machine *m, int64_t dt)
{
        int64_t more = dt % TG_NS_PER_S * m->rate_ppb + m->rest;

        m->raw += dt;
        m->mono += dt + dt / TG_NS_PER_S * m->rate_ppb + more / TG_NS_PER_S;
        m->rest = more % TG_NS_PER_S;
        remember(m);
}

static void boot(struct tg_random *r, struct machine *m)
{
        *m = (struct machine){ .raw = random_size(r, INT64_C(1) << 50), .tai_ahead = 37 * TG_NS_PER_S };
        m->mono = m->raw + random_signed(r, m->raw / 10);
        m->boot_ahead = random_chance(r, 30) ? random_size(r, INT64_C(1) << 45) : 0;
        m->real_ahead = random_range(r, 0, INT64_C(1) << 61);
        m->rate_ppb = random_signed(r, TG_SLEW_MAX_PPB);
}

static void step(struct machine *m, int64_t size)
{
        remember(m);
        m->real_ahead += size;
        m->steps++;
        run(m, 1); /* an instant has one value */
}

/* The readings come one after the other; preemption may fall between any two of them. */
static struct tg_look look(struct tg_random *r, struct machine *m, int64_t bracket)
{
        struct tg_look l = { .bracket_ns = bracket, .raw_ns = m->raw + bracket / 2 };
        int64_t *const readings[] = { &l.real_ns, &l.mono_ns, &l.boot_ns, &l.tai_ns };
        int64_t left = bracket;
        uint32_t long_one = random_below(r, 6);

        for (uint32_t i = 0; i < 4; i++) {
                int64_t part = i == long_one ? left : random_range(r, 0, long_one == 5 ? left : left < 20 ? left : 20);

                run(m, part);
                left -= part;
                *readings[i] = i == 0 ? real(m) : i == 1 ? m->mono : i == 2 ? m->mono + m->boot_ahead : real(m) + m->tai_ahead;
        }
        run(m, left);
        return l;
}

static struct tg_look sharp_look(struct tg_random *r, struct machine *m)
{
        return look(r, m, random_range(r, 0, SHARP_NS));
}

static struct tg_look blurred_look(struct tg_random *r, struct machine *m)
{
        return look(r, m, random_size(r, BLUR_NS));
}

static void check_report(struct machine *m, struct tg_clock *clock)
{
        struct tg_report report = { .node_id = 1, .seq = 1 };
        int64_t since = clock->hull_since_raw_ns;

        tg_clock_report(clock, &report);
        assert_null(tg_report_range_fault(&report));
        assert_true(report.raw_ns == clock->last.raw_ns && report.hull_since_raw_ns == since);
        assert_true(clock->hull_since_raw_ns == report.raw_ns); /* the next one begins where this one ends */
        for (int i = 0; i < m->n_trace; i++) {
                int64_t raw = m->trace[i].raw, c = m->trace[i].c;

                if (raw < since || raw > report.raw_ns)
                        continue;
                assert_in_range(c - report.hull_low_ns, 0, report.hull_high_ns - report.hull_low_ns);
                if (raw >= report.steady_since_raw_ns)
                        assert_true(llabs(c - report.c_ns) <= report.bracket_ns / 2 + 1 + (report.raw_ns - raw) / 10 + 1);
        }
        m->n_trace = 0;
        remember(m);
}

static void wander(struct tg_random *r, struct machine *m)
{
        int64_t whole = random_size(r, 150 * TG_NS_PER_MS), done = 0;

        while (done < whole) {
                int64_t dt = random_range(r, 1, whole / 4 + 1);

                if (random_chance(r, 20))
                        m->rate_ppb = random_chance(r, 30) ? TG_SLEW_MAX_PPB * (random_chance(r, 50) ? 1 : -1)
                                                           : random_signed(r, TG_SLEW_MAX_PPB);
                run(m, dt);
                done += dt;
        }
}

/* A step at most, then looks of which the last is sharp: by then it has been found, once, and with its size. */
static void one_round(struct tg_random *r, struct machine *m, struct tg_clock *clock, bool blurred)
{
        int looks = (int)random_below(r, 4);
        int64_t size = 0;
        uint32_t before = clock->steps;
        unsigned change = 0;
        struct tg_look l;

        wander(r, m);
        if (random_chance(r, 40)) {
                size = random_signed(r, 3600 * TG_NS_PER_S);
                size += size < 0 ? -STEP_MIN : STEP_MIN;
                step(m, size);
        }
        for (int i = 0; i <= looks; i++) {
                wander(r, m);
                l = i == looks || !blurred ? sharp_look(r, m) : blurred_look(r, m);
                change |= tg_clock_take(clock, &l);
                if (random_chance(r, 15))
                        check_report(m, clock);
        }
        assert_int_equal(clock->steps, before + (size != 0));
        assert_int_equal(!!(change & TG_CLOCK_STEPPED), size != 0);
        assert_false(change & TG_CLOCK_EPOCH);
        if (size && !blurred)
                assert_true(llabs(clock->last_step_ns - size) <= 2 * SHARP_NS + SHARP_NS / 5 + 10);
        else if (size)
                assert_true(llabs(clock->last_step_ns - size) <= BLUR_NS + BLUR_NS / 10 + 2 * SHARP_NS);
        check_report(m, clock);
}

static void many_rounds(bool blurred)
{
        struct property p = property_begin(6000, 700);
        struct tg_random r;

        while (property_next(&p, &r)) {
                static struct machine m;
                struct tg_clock clock;
                struct tg_look first;

                boot(&r, &m);
                first = blurred ? blurred_look(&r, &m) : sharp_look(&r, &m);
                tg_clock_start(&clock, &first);
                first = sharp_look(&r, &m);
                assert_false(tg_clock_take(&clock, &first) & (TG_CLOCK_STEPPED | TG_CLOCK_EPOCH));
                for (int i = 0; i < 40; i++)
                        one_round(&r, &m, &clock, blurred);
                assert_int_equal(clock.steps, m.steps);
        }
}

static void steps_and_hull_of_sharp_looks(void **state)
{
        (void)state;
        many_rounds(false);
}

static void steps_and_hull_of_blurred_looks(void **state)
{
        (void)state;
        many_rounds(true);
}

/* One blurred look hides a small step, and the next sharp one finds it. */
static void a_hidden_step_is_found(void **state)
{
        struct property p = property_begin(5000, 200);
        struct tg_random r;

        (void)state;
        while (property_next(&p, &r)) {
                static struct machine m;
                struct tg_clock clock;
                struct tg_look l;

                boot(&r, &m);
                l = sharp_look(&r, &m);
                tg_clock_start(&clock, &l);
                step(&m, STEP_MIN + random_size(&r, BLUR_NS / 4));
                run(&m, 100 * TG_NS_PER_MS);
                l = look(&r, &m, BLUR_NS);
                (void)tg_clock_take(&clock, &l);
                check_report(&m, &clock);
                run(&m, 100 * TG_NS_PER_MS);
                l = sharp_look(&r, &m);
                (void)tg_clock_take(&clock, &l);
                assert_int_equal(clock.steps, 1);
                check_report(&m, &clock);
        }
}

static void suspends_begin_epochs(void **state)
{
        struct property p = property_begin(10000, 200);
        struct tg_random r;

        (void)state;
        while (property_next(&p, &r)) {
                static struct machine m;
                struct tg_clock clock, restarted;
                struct tg_look l;
                unsigned change;

                boot(&r, &m);
                l = sharp_look(&r, &m);
                tg_clock_start(&clock, &l);
                for (int i = 0; i < 5; i++) {
                        uint32_t before = clock.epochs;

                        wander(&r, &m);
                        m.boot_ahead +=
                                100 * TG_NS_PER_MS + random_size(&r, 86400 * TG_NS_PER_S); /* RAW and MONOTONIC stand still */
                        m.n_trace = 0;
                        l = random_chance(&r, 50) ? sharp_look(&r, &m) : blurred_look(&r, &m);
                        change = tg_clock_take(&clock, &l);
                        assert_int_equal(change & (TG_CLOCK_EPOCH | TG_CLOCK_STEPPED), TG_CLOCK_EPOCH);
                        assert_true(clock.epochs > before);
                        wander(&r, &m);
                        l = sharp_look(&r, &m);
                        assert_false(tg_clock_take(&clock, &l) & (TG_CLOCK_EPOCH | TG_CLOCK_STEPPED));
                        check_report(&m, &clock);
                }
                m.boot_ahead -= m.boot_ahead % TG_NS_PER_MS; /* else the number of ms may be rounded either way */
                l = sharp_look(&r, &m);
                tg_clock_start(&clock, &l);
                m.n_trace = 0;
                run(&m, 900 * TG_NS_PER_S);
                l = sharp_look(&r, &m);
                tg_clock_start(&restarted, &l); /* an agent that restarts finds the epoch that it left */
                assert_int_equal(restarted.epochs, clock.epochs);
        }
}

static void raw_that_goes_back_begins_an_epoch(void **state)
{
        struct property p = property_begin(1000, 100);
        struct tg_random r;

        (void)state;
        while (property_next(&p, &r)) {
                static struct machine m;
                struct machine image;
                struct tg_clock clock;
                struct tg_look l;
                uint32_t before;

                boot(&r, &m);
                image = m;
                l = sharp_look(&r, &m);
                tg_clock_start(&clock, &l);
                before = clock.epochs;
                run(&m, TG_NS_PER_S + random_size(&r, 900 * TG_NS_PER_S));
                l = sharp_look(&r, &m);
                (void)tg_clock_take(&clock, &l);
                m = image; /* restored from an image, then its REALTIME set right */
                run(&m, random_size(&r, TG_NS_PER_MS));
                l = sharp_look(&r, &m);
                assert_int_equal(tg_clock_take(&clock, &l) & (TG_CLOCK_EPOCH | TG_CLOCK_STEPPED), TG_CLOCK_EPOCH);
                assert_int_equal(clock.epochs, before + 1);
                m.n_trace = 0;
                run(&m, 100 * TG_NS_PER_MS);
                step(&m, 77 * TG_NS_PER_S);
                run(&m, 100 * TG_NS_PER_MS);
                l = sharp_look(&r, &m);
                assert_int_equal(tg_clock_take(&clock, &l) & (TG_CLOCK_EPOCH | TG_CLOCK_STEPPED), TG_CLOCK_STEPPED);
                check_report(&m, &clock);
        }
}

static void leap_seconds_are_told_from_steps(void **state)
{
        struct property p = property_begin(10000, 200);
        struct tg_random r;

        (void)state;
        while (property_next(&p, &r)) {
                static struct machine m;
                bool leap = random_chance(&r, 50), insert = random_chance(&r, 50);
                int64_t size = insert ? -TG_NS_PER_S : TG_NS_PER_S;
                struct tg_report report = { 0 };
                struct tg_clock clock;
                struct tg_look l;

                boot(&r, &m);
                l = sharp_look(&r, &m);
                tg_clock_start(&clock, &l);
                wander(&r, &m);
                step(&m, size);
                m.tai_ahead -= leap ? size : 0;
                wander(&r, &m);
                l = random_chance(&r, 80) ? sharp_look(&r, &m) : blurred_look(&r, &m);
                assert_true(tg_clock_take(&clock, &l) & TG_CLOCK_STEPPED);
                tg_clock_report(&clock, &report);
                assert_int_equal(!!(report.flags & TG_REPORT_LEAP), leap);
                assert_int_equal(report.steps, 1);
        }
}

/* TAI jumps alone when its offset becomes known, and the new one may be known badly: a small step that shows in REALTIME and not yet in TAI is
   none of a leap second. */
static void a_small_step_is_no_leap_second(void **state)
{
        struct property p = property_begin(2000, 200);
        struct tg_random r;

        (void)state;
        while (property_next(&p, &r)) {
                static struct machine m;
                struct tg_report report = { 0 };
                struct tg_clock clock;
                struct tg_look l;

                boot(&r, &m);
                l = sharp_look(&r, &m);
                tg_clock_start(&clock, &l);
                wander(&r, &m);
                m.tai_ahead += 37 * TG_NS_PER_S;
                l = sharp_look(&r, &m);
                l.bracket_ns = TG_NS_PER_MS;
                assert_false(tg_clock_take(&clock, &l) & TG_CLOCK_STEPPED);
                step(&m, 300 * TG_NS_PER_US);
                run(&m, 100 * TG_NS_PER_MS);
                l = sharp_look(&r, &m);
                assert_true(tg_clock_take(&clock, &l) & TG_CLOCK_STEPPED);
                tg_clock_report(&clock, &report);
                assert_false(report.flags & TG_REPORT_LEAP);
        }
}

/* A new rate is an event within two glances and afterwards none; the rate reported is that of the last second. */
static void rates_are_followed(void **state)
{
        struct property p = property_begin(500, 300);
        struct tg_random r;

        (void)state;
        while (property_next(&p, &r)) {
                static struct machine m;
                int64_t before = random_signed(&r, TG_SLEW_MAX_PPB),
                        after = random_range(&r, -TG_SLEW_MAX_PPB, TG_SLEW_MAX_PPB);
                bool large = llabs(after - before) > 2200000, small = llabs(after - before) < 900000;
                struct tg_clock clock;
                struct tg_look l;
                int events = 0;

                boot(&r, &m);
                m.rate_ppb = before;
                l = sharp_look(&r, &m);
                tg_clock_start(&clock, &l);
                for (int i = 0; i < 60; i++) {
                        unsigned change;

                        if (i == 25)
                                m.rate_ppb = after;
                        m.n_trace = 0;
                        if (i == 12 || i == 40) /* a step is no rate */
                                step(&m, STEP_MIN + random_size(&r, 3600 * TG_NS_PER_S));
                        run(&m, 100 * TG_NS_PER_MS);
                        l = sharp_look(&r, &m);
                        change = tg_clock_take(&clock, &l);
                        events += i >= 25 && (change & TG_CLOCK_RATE);
                        if (i > 1 && i < 25)
                                assert_false(change & TG_CLOCK_RATE);
                        if (i == 24)
                                assert_true(llabs(clock.slew_ppb - before) < 20000);
                }
                assert_true(llabs(clock.slew_ppb - after) < 20000);
                if (large || small)
                        assert_int_equal(events, large);
                assert_int_equal(clock.steps, m.steps);
        }
}

static void the_next_second(void **state)
{
        struct property p = property_begin(20000, 100);
        struct tg_random r;

        (void)state;
        while (property_next(&p, &r)) {
                struct tg_look l = { .real_ns = random_chance(&r, 20) ? random_range(&r, -5, 5) * TG_NS_PER_S
                                                                      : random_signed(&r, INT64_C(1) << 62) };
                int64_t until = tg_look_until_second_ns(&l);

                assert_in_range(until, 1, TG_NS_PER_S);
                assert_int_equal((l.real_ns + until) % TG_NS_PER_S, 0);
        }
}

TESTS_MAIN(TEST(steps_and_hull_of_sharp_looks), TEST(steps_and_hull_of_blurred_looks), TEST(a_hidden_step_is_found),
           TEST(suspends_begin_epochs), TEST(raw_that_goes_back_begins_an_epoch), TEST(leap_seconds_are_told_from_steps),
           TEST(a_small_step_is_no_leap_second), TEST(rates_are_followed), TEST(the_next_second))
