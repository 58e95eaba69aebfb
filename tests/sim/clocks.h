/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The clocks of one node as functions of true time t (ns since the simulation began), exact and invertible: an oscillator that may
   change its rate, stand still or go back, and a REALTIME that is slewed and stepped against it. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <timeguard/clock.h>

#define SIM_SEGMENTS 2048                         /* the newest are kept */
#define SIM_EPOCH_NS INT64_C(1790000000000000000) /* REALTIME of a right clock at t = 0 */

/* From t_ns on. RAW gains raw_ppb on true time, REALTIME gains slope_ppb on RAW. */
struct sim_segment {
        int64_t t_ns, raw_ns, real_ns;
        int64_t raw_ppb;    /* positive: the oscillator is fast */
        int64_t slope_ppb;  /* positive: REALTIME runs faster than RAW */
        int64_t stepped_ns; /* sum of the steps of REALTIME; positive: forward */
        int64_t slept_ns;   /* sum of the suspends */
        int64_t leaps_ns;   /* TAI - REALTIME, less 37 s */
        bool running;       /* false: every clock stands still */
};

struct sim_clock {
        uint32_t n; /* segments made so far; segment k stands at k % SIM_SEGMENTS */
        struct sim_segment segments[SIM_SEGMENTS];
        int64_t broken_t_ns; /* when RAW last stood still or went back; INT64_MIN: never */
        int64_t moved_t_ns;  /* when REALTIME was last stepped, by hand, chronyd or a leap second; INT64_MIN: never */
};

void sim_clock_start(struct sim_clock *clock, int64_t raw_ns, int64_t real_ns, int64_t raw_ppb);
/* Values at t, which must lie within the segments kept. */
int64_t sim_clock_raw(const struct sim_clock *clock, int64_t t_ns);
int64_t sim_clock_real(const struct sim_clock *clock, int64_t t_ns);
/* The newest t at which RAW was raw_ns, within 1 ns; false when no kept segment holds it. */
bool sim_clock_when(const struct sim_clock *clock, int64_t raw_ns, int64_t *t_ns);
/* A look taken at t with the reading error that a bracket of that width allows: `error` in -1000 .. 1000 says how much of it. */
struct tg_look sim_clock_look(const struct sim_clock *clock, int64_t t_ns, int64_t bracket_ns, int64_t error);
const struct sim_segment *sim_clock_last(const struct sim_clock *clock);

/* Changes from t on; t must not lie before an earlier change. */
void sim_clock_oscillator(struct sim_clock *clock, int64_t t_ns, int64_t raw_ppb);
void sim_clock_slew(struct sim_clock *clock, int64_t t_ns, int64_t slope_ppb);
void sim_clock_step(struct sim_clock *clock, int64_t t_ns, int64_t by_ns);
void sim_clock_leap(struct sim_clock *clock, int64_t t_ns, int64_t by_ns); /* -1 s: one was inserted */
void sim_clock_halt(struct sim_clock *clock, int64_t t_ns);
void sim_clock_go(struct sim_clock *clock, int64_t t_ns);   /* after a pause: REALTIME is behind by its length */
void sim_clock_wake(struct sim_clock *clock, int64_t t_ns); /* after a suspend: REALTIME and BOOTTIME went on */
void sim_clock_boot(struct sim_clock *clock, int64_t t_ns, int64_t real_ns); /* RAW begins anew */
void sim_clock_return(struct sim_clock *clock, int64_t t_ns,
                      int64_t by_ns); /* a restored machine: all clocks go back by by_ns > 0 */
