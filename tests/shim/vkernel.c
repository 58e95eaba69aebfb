/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The kernel's side of a virtual clock: see vkernel.h. Every function is one change of the clock file; the kernel's own
 * clock is never touched.
 */
#include "vkernel.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

enum {
        MAX_FREQ = 32768000,
        MIN_TICK = 9000,
        MAX_TICK = 11000,
        PHASE_LIMIT_US = 16000000,
        ERROR_GROWTH_US = 500,
        MAX_TAI = 100000
};

#define SINGLESHOT (ADJ_OFFSET_SINGLESHOT & ~ADJ_OFFSET)
#define ONLY_READ  (ADJ_OFFSET_SS_READ & ~ADJ_OFFSET_SINGLESHOT)

/* What the kernel forgets when somebody steps its clock. */
static void step(struct clk_segment *s, int64_t step_ns)
{
        s->wall_ns += step_ns;
        s->steps += step_ns != 0;
        s->status |= STA_UNSYNC;
        s->maxerror_us = s->esterror_us = PHASE_LIMIT_US;
        s->adjtime_ns = 0;
}

static int64_t maxerror_now(const struct clk_segment *s, const struct clk_times *now)
{
        int64_t grown = s->maxerror_us + (now->mono_ns - s->maxerror_from_ns) / CLK_NS * ERROR_GROWTH_US;

        return grown > PHASE_LIMIT_US ? PHASE_LIMIT_US : grown;
}

/* A clock that nobody confirms for long is unsynchronised. */
static void settle(struct clk_segment *s, const struct clk_times *now)
{
        if (maxerror_now(s, now) >= PHASE_LIMIT_US)
                s->status |= STA_UNSYNC;
}

static int64_t offset_unit(const struct clk_segment *s)
{
        return s->status & STA_NANO ? 1 : 1000;
}

static void fill(struct timex *tx, const struct clk_segment *s, const struct clk_times *now)
{
        struct timespec real = clk_timespec(now->real_ns);

        tx->freq = s->freq;
        tx->maxerror = maxerror_now(s, now);
        tx->esterror = s->esterror_us;
        tx->status = (int)s->status;
        tx->constant = s->constant;
        tx->precision = 1;
        tx->tolerance = MAX_FREQ;
        tx->tick = s->tick_us;
        tx->tai = (int)s->tai_s;
        tx->time.tv_sec = real.tv_sec;
        tx->time.tv_usec = real.tv_nsec / offset_unit(s);
        tx->ppsfreq = tx->jitter = tx->stabil = tx->jitcnt = tx->calcnt = tx->errcnt = tx->stbcnt = 0;
        tx->shift = 0;
}

static int state_of(const struct clk_segment *s)
{
        if (s->status & (STA_UNSYNC | STA_CLOCKERR))
                return TIME_ERROR;
        return s->status & STA_INS ? TIME_INS : s->status & STA_DEL ? TIME_DEL : TIME_OK;
}

static bool valid(const struct timex *tx)
{
        int64_t fraction = tx->modes & ADJ_NANO ? CLK_NS : 1000000;

        if (tx->modes & ADJ_TICK && (tx->tick < MIN_TICK || tx->tick > MAX_TICK))
                return false;
        if (tx->modes & ADJ_SETOFFSET && (tx->time.tv_usec < 0 || tx->time.tv_usec >= fraction))
                return false;
        return !(tx->modes & ADJ_OFFSET) || tx->offset == 0;
}

static int64_t clamp_freq(int64_t freq)
{
        return freq > MAX_FREQ ? MAX_FREQ : freq < -MAX_FREQ ? -MAX_FREQ : freq;
}

static void set_status(struct clk_segment *s, const struct timex *tx)
{
        int readonly =
                STA_PPSSIGNAL | STA_PPSJITTER | STA_PPSWANDER | STA_PPSERROR | STA_CLOCKERR | STA_NANO | STA_MODE | STA_CLK;

        s->status = (s->status & readonly) | (tx->status & ~readonly);
}

static void set_offset(struct clk_segment *s, struct clk_times *now, const struct timex *tx)
{
        int64_t step_ns = (int64_t)tx->time.tv_sec * CLK_NS + tx->time.tv_usec * (tx->modes & ADJ_NANO ? 1 : 1000);

        step(s, step_ns);
        now->real_ns += step_ns;
}

static void set_modes(struct clk_segment *s, const struct clk_times *now, const struct timex *tx)
{
        if (tx->modes & ADJ_STATUS)
                set_status(s, tx);
        if (tx->modes & ADJ_NANO)
                s->status |= STA_NANO;
        if (tx->modes & ADJ_MICRO)
                s->status &= ~STA_NANO;
        if (tx->modes & ADJ_FREQUENCY)
                s->freq = clamp_freq(tx->freq);
        if (tx->modes & ADJ_MAXERROR) {
                s->maxerror_us = tx->maxerror < 0 ? 0 : tx->maxerror > PHASE_LIMIT_US ? PHASE_LIMIT_US : tx->maxerror;
                s->maxerror_from_ns = now->mono_ns;
        }
        if (tx->modes & ADJ_ESTERROR)
                s->esterror_us = tx->esterror < 0 ? 0 : tx->esterror > PHASE_LIMIT_US ? PHASE_LIMIT_US : tx->esterror;
        if (tx->modes & ADJ_TIMECONST)
                s->constant = tx->constant;
        if (tx->modes & ADJ_TAI && tx->constant >= 0 && tx->constant <= MAX_TAI)
                s->tai_s = tx->constant;
        if (tx->modes & ADJ_TICK)
                s->tick_us = tx->tick;
}

/* adjtime(3) as glibc asks it of the kernel: the answer is what was left of the last one. */
static int single_shot(struct clk_segment *s, const struct clk_times *now, struct timex *tx)
{
        int64_t left_us = now->adjtime_ns / 1000;

        if (!(tx->modes & ONLY_READ))
                s->adjtime_ns = tx->offset * 1000;
        settle(s, now);
        fill(tx, s, now);
        tx->offset = left_us;
        return state_of(s);
}

static int apply(struct clk_segment *s, const struct clk_times *at, void *context)
{
        struct timex *tx = context;
        struct clk_times now = *at;

        if (tx->modes & SINGLESHOT)
                return tx->modes & ADJ_OFFSET ? single_shot(s, &now, tx) : -EINVAL;
        if (!valid(tx))
                return -EINVAL;
        if (tx->modes & ADJ_SETOFFSET)
                set_offset(s, &now, tx);
        set_modes(s, &now, tx);
        settle(s, &now);
        fill(tx, s, &now);
        tx->offset = 0;
        return state_of(s);
}

int vk_adjtimex(const struct clk *clk, struct timex *tx)
{
        struct clk_segment s;
        struct clk_times now;

        if (tx->modes != 0 && tx->modes != ADJ_OFFSET_SS_READ)
                return clk_write(clk, apply, tx);
        clk_eval(&s, clk_now(clk, &s), &now);
        return apply(&s, &now, tx);
}

static int change_step(struct clk_segment *s, const struct clk_times *now, void *context)
{
        (void)now;
        step(s, *(const int64_t *)context);
        return 0;
}

static int change_time(struct clk_segment *s, const struct clk_times *now, void *context)
{
        step(s, *(const int64_t *)context - now->real_ns);
        return 0;
}

static int change_rate(struct clk_segment *s, const struct clk_times *now, void *context)
{
        (void)now;
        s->rate_ppb = *(const int64_t *)context;
        return 0;
}

static int change_raw_rate(struct clk_segment *s, const struct clk_times *now, void *context)
{
        (void)now;
        s->raw_ppb = *(const int64_t *)context;
        return 0;
}

int vk_settime(const struct clk *clk, int64_t real_ns)
{
        return clk_write(clk, change_time, &real_ns);
}

int vk_step(const struct clk *clk, int64_t step_ns)
{
        return clk_write(clk, change_step, &step_ns);
}

int vk_rate(const struct clk *clk, int64_t rate_ppb)
{
        return llabs(rate_ppb) >= CLK_NS / 2 ? -EINVAL : clk_write(clk, change_rate, &rate_ppb);
}

int vk_raw_rate(const struct clk *clk, int64_t raw_ppb)
{
        return llabs(raw_ppb) >= CLK_NS / 2 ? -EINVAL : clk_write(clk, change_raw_rate, &raw_ppb);
}
