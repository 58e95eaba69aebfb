/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See clocks.h. A segment holds every clock's value at its first instant and the rates from there on, so that a change is one new segment
   and nothing accumulates rounding twice. */
#include "clocks.h"

#include <stdlib.h>

#include <timeguard/limits.h>

static int64_t scaled(int64_t ns, int64_t ppb)
{
        return (int64_t)((__int128)ns * ppb / TG_NS_PER_S);
}

static const struct sim_segment *segment(const struct sim_clock *clock, uint32_t k)
{
        return &clock->segments[k % SIM_SEGMENTS];
}

const struct sim_segment *sim_clock_last(const struct sim_clock *clock)
{
        return segment(clock, clock->n - 1);
}

static uint32_t oldest(const struct sim_clock *clock)
{
        return clock->n > SIM_SEGMENTS ? clock->n - SIM_SEGMENTS : 0;
}

static const struct sim_segment *segment_at(const struct sim_clock *clock, int64_t t_ns)
{
        uint32_t k = clock->n - 1;

        while (k > oldest(clock) && segment(clock, k)->t_ns > t_ns)
                k--;
        return segment(clock, k);
}

static int64_t raw_of(const struct sim_segment *s, int64_t t_ns)
{
        int64_t gone = t_ns - s->t_ns;

        return s->running ? s->raw_ns + gone + scaled(gone, s->raw_ppb) : s->raw_ns;
}

static int64_t real_of(const struct sim_segment *s, int64_t t_ns)
{
        int64_t gone = raw_of(s, t_ns) - s->raw_ns;

        return s->real_ns + gone + scaled(gone, s->slope_ppb);
}

int64_t sim_clock_raw(const struct sim_clock *clock, int64_t t_ns)
{
        return raw_of(segment_at(clock, t_ns), t_ns);
}

int64_t sim_clock_real(const struct sim_clock *clock, int64_t t_ns)
{
        return real_of(segment_at(clock, t_ns), t_ns);
}

bool sim_clock_when(const struct sim_clock *clock, int64_t raw_ns, int64_t *t_ns)
{
        for (uint32_t k = clock->n; k-- > oldest(clock);) {
                const struct sim_segment *s = segment(clock, k);

                if (raw_ns < s->raw_ns || !s->running)
                        continue;
                if (k + 1 < clock->n && raw_ns > raw_of(s, segment(clock, k + 1)->t_ns))
                        return false; /* RAW went back from beyond it: that stretch is no more */
                *t_ns = s->t_ns + (int64_t)((__int128)(raw_ns - s->raw_ns) * TG_NS_PER_S / (TG_NS_PER_S + s->raw_ppb));
                return true;
        }
        return false;
}

struct tg_look sim_clock_look(const struct sim_clock *clock, int64_t t_ns, int64_t bracket_ns, int64_t error)
{
        const struct sim_segment *s = segment_at(clock, t_ns);
        int64_t real = real_of(s, t_ns), off = bracket_ns / 2 * error / 1000;
        int64_t mono = real - s->stepped_ns - s->slept_ns - SIM_EPOCH_NS + 1000 * TG_NS_PER_S;

        return (struct tg_look){ .raw_ns = raw_of(s, t_ns),
                                 .real_ns = real + off,
                                 .mono_ns = mono - off,
                                 .boot_ns = mono + s->slept_ns - off / 2,
                                 .tai_ns = real + s->leaps_ns + 37 * TG_NS_PER_S + off / 3,
                                 .bracket_ns = bracket_ns,
                                 .kernel_known = true,
                                 .kernel_rate_ppb = (int32_t)s->slope_ppb };
}

/* The state at t as a new segment, for the caller to change. */
static struct sim_segment *append(struct sim_clock *clock, int64_t t_ns)
{
        struct sim_segment now = *sim_clock_last(clock);

        if (t_ns < now.t_ns)
                abort();
        now.real_ns = real_of(&now, t_ns);
        now.raw_ns = raw_of(&now, t_ns);
        now.t_ns = t_ns;
        clock->segments[clock->n % SIM_SEGMENTS] = now;
        return &clock->segments[clock->n++ % SIM_SEGMENTS];
}

void sim_clock_start(struct sim_clock *clock, int64_t raw_ns, int64_t real_ns, int64_t raw_ppb)
{
        clock->n = 1;
        clock->broken_t_ns = clock->moved_t_ns = INT64_MIN;
        clock->segments[0] = (struct sim_segment){
                .raw_ns = raw_ns, .real_ns = real_ns, .raw_ppb = raw_ppb, .stepped_ns = real_ns - SIM_EPOCH_NS, .running = true
        };
}

void sim_clock_oscillator(struct sim_clock *clock, int64_t t_ns, int64_t raw_ppb)
{
        append(clock, t_ns)->raw_ppb = raw_ppb;
}

void sim_clock_slew(struct sim_clock *clock, int64_t t_ns, int64_t slope_ppb)
{
        append(clock, t_ns)->slope_ppb = slope_ppb;
}

void sim_clock_step(struct sim_clock *clock, int64_t t_ns, int64_t by_ns)
{
        struct sim_segment *s = append(clock, t_ns);

        s->real_ns += by_ns;
        s->stepped_ns += by_ns;
        clock->moved_t_ns = t_ns;
}

void sim_clock_leap(struct sim_clock *clock, int64_t t_ns, int64_t by_ns)
{
        sim_clock_step(clock, t_ns, by_ns);
        clock->segments[(clock->n - 1) % SIM_SEGMENTS].leaps_ns -= by_ns;
}

void sim_clock_halt(struct sim_clock *clock, int64_t t_ns)
{
        append(clock, t_ns)->running = false;
        clock->broken_t_ns = t_ns;
}

void sim_clock_go(struct sim_clock *clock, int64_t t_ns)
{
        append(clock, t_ns)->running = true;
        clock->broken_t_ns = t_ns;
}

/* Asleep since the clock was halted: other changes may have come meanwhile. */
void sim_clock_wake(struct sim_clock *clock, int64_t t_ns)
{
        int64_t slept = t_ns - clock->broken_t_ns;
        struct sim_segment *s = append(clock, t_ns);

        s->running = true;
        s->real_ns += slept;
        s->slept_ns += slept;
        clock->broken_t_ns = t_ns;
}

void sim_clock_return(struct sim_clock *clock, int64_t t_ns, int64_t by_ns)
{
        struct sim_segment *s = append(clock, t_ns);

        s->raw_ns -= by_ns;
        s->real_ns -= by_ns;
        clock->broken_t_ns = t_ns;
}

void sim_clock_boot(struct sim_clock *clock, int64_t t_ns, int64_t real_ns)
{
        struct sim_segment *s = append(clock, t_ns);

        s->raw_ns = 20 * TG_NS_PER_S;
        s->real_ns = real_ns;
        s->slope_ppb = s->slept_ns = s->leaps_ns = 0;
        s->stepped_ns = real_ns - SIM_EPOCH_NS + 980 * TG_NS_PER_S; /* MONOTONIC is 20 s as well */
        s->running = true;
        clock->broken_t_ns = clock->moved_t_ns = t_ns;
}
