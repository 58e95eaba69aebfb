/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The own clock as a series of looks: steps, suspends, rate and the hull of REALTIME - RAW between two reports. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <timeguard/clock.h>
#include <timeguard/report.h>

enum tg_clock_change {
        TG_CLOCK_STEPPED = 1 << 0, /* REALTIME jumped */
        TG_CLOCK_EPOCH = 1 << 1,   /* suspend, or RAW went back: nothing measured before holds any more */
        TG_CLOCK_RATE = 1 << 2,    /* the rate changed by more than 1000 ppm */
};

/* A difference of two clocks that only jumps: what it is, and how exactly that is known. */
struct tg_constant {
        int64_t value_ns, uncertainty_ns;
};

struct tg_clock {
        struct tg_look last;
        struct tg_constant real_boot; /* REALTIME - BOOTTIME: jumps with steps only */
        struct tg_constant boot_mono; /* BOOTTIME - MONOTONIC: jumps with suspends only */
        struct tg_constant tai_boot;  /* TAI - BOOTTIME: steps with REALTIME, but not for leap seconds */
        int64_t slack_ns; /* how far c at the last look may lie from c just before it: its blur, and a step that this hides */
        uint32_t steps;
        int64_t last_step_ns; /* positive: forward */
        bool last_step_leap;
        uint32_t epochs; /* grows with each suspend and each return of RAW */
        bool slew_known;
        int32_t slew_ppb, slew_error_ppb; /* d(REALTIME - RAW)/dt, steps left out, give or take the error of the looks */
        int64_t rate_raw_ns, rate_c_ns, rate_blur_ns; /* the look that slew_ppb is counted from */
        int64_t glance_raw_ns, glance_c_ns;           /* the last look at least GLANCE_NS before */
        int64_t hull_low_ns, hull_high_ns, hull_since_raw_ns;
        int64_t steady_since_raw_ns;
};

void tg_clock_start(struct tg_clock *clock, const struct tg_look *look);
/* Takes a look; returns a set of enum tg_clock_change. */
unsigned tg_clock_take(struct tg_clock *clock, const struct tg_look *look);
/* Writes the clock's part of a report as of the last look and begins a new hull. */
void tg_clock_report(struct tg_clock *clock, struct tg_report *report);
static inline int64_t tg_clock_c_ns(const struct tg_clock *clock)
{
        return clock->last.real_ns - clock->last.raw_ns;
}
