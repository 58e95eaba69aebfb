/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See clock.h. All in ns; c = REALTIME - RAW.
   REALTIME, MONOTONIC and BOOTTIME share the kernel's rate, so REALTIME - BOOTTIME changes by steps alone and BOOTTIME - MONOTONIC by
   suspends alone, however the clock is slewed. Both are compared with the most exact value seen since the last jump, not with the last
   look, so that one look blurred by preemption can hide no step.
   Between two looks dt apart c can have left the two values that were seen by no more than the kernel's largest slew allows. */
#include <stdlib.h>
#include <string.h>

#include "clock.h"

#define BLIND_NS        (2 * TG_NS_PER_S)
#define KERNEL_NEAR_PPB 5000
#define GLANCE_NS       (50 * TG_NS_PER_MS)
#define RATE_NS         (1000 * TG_NS_PER_MS)
#define RATE_EVENT_PPB  1000000
#define NOISE_NS        100 /* of two readings of one clock, beside the brackets */
#define SUSPEND_NS      (100 * TG_NS_PER_US)

int64_t tg_look_until_second_ns(const struct tg_look *look)
{
        int64_t into = look->real_ns % TG_NS_PER_S;

        return TG_NS_PER_S - (into < 0 ? into + TG_NS_PER_S : into);
}

/* The readings of one look lie anywhere in its bracket, and REALTIME may run at its largest slew against RAW meanwhile. */
static int64_t blur_ns(const struct tg_look *look)
{
        return look->bracket_ns + look->bracket_ns / (TG_NS_PER_S / TG_SLEW_MAX_PPB) + 1;
}

/* How far c(look) may lie from c just before or just after it: half the blur, and a step that the blur still hides. */
static int64_t slack_ns(const struct tg_clock *clock, const struct tg_look *look)
{
        return blur_ns(look) * 3 / 2 + 2 * clock->real_boot.uncertainty_ns + NOISE_NS + 1;
}

/* Returns the jump, or 0; a more exact reading of the same value replaces the older. */
static int64_t constant_take(struct tg_constant *k, int64_t value_ns, int64_t uncertainty_ns, int64_t threshold_ns)
{
        int64_t jump = value_ns - k->value_ns;

        if (llabs(jump) <= uncertainty_ns + k->uncertainty_ns + threshold_ns) {
                if (uncertainty_ns < k->uncertainty_ns)
                        *k = (struct tg_constant){ value_ns, uncertainty_ns };
                return 0;
        }
        *k = (struct tg_constant){ value_ns, uncertainty_ns };
        return jump;
}

static void begin_hull(struct tg_clock *clock)
{
        int64_t c = tg_clock_c_ns(clock), half = clock->slack_ns;

        clock->hull_low_ns = c - half;
        clock->hull_high_ns = c + half;
        clock->hull_since_raw_ns = clock->last.raw_ns;
        clock->steady_since_raw_ns = clock->last.raw_ns;
}

static void widen_hull(struct tg_clock *clock, const struct tg_look *look, bool stepped)
{
        int64_t c1 = tg_clock_c_ns(clock), c2 = look->real_ns - look->raw_ns;
        int64_t dt = look->raw_ns - clock->last.raw_ns;
        int64_t reach = dt / (TG_NS_PER_S / TG_SLEW_MAX_PPB) + 1;
        int64_t low = c1 < c2 ? c1 : c2, high = c1 < c2 ? c2 : c1;
        int64_t noise = blur_ns(&clock->last) + clock->slack_ns;

        /* without a step both ends limit each other: the path may leave them by half of what their distance leaves over */
        if (!stepped)
                reach = reach > high - low ? (reach - (high - low)) / 2 + 1 : 0;
        low -= reach + noise;
        high += reach + noise;
        if (low < clock->hull_low_ns)
                clock->hull_low_ns = low;
        if (high > clock->hull_high_ns)
                clock->hull_high_ns = high;
        if (stepped)
                clock->steady_since_raw_ns = look->raw_ns;
}

static int32_t slope_ppb(int64_t dc_ns, int64_t dt_ns)
{
        double ppb = (double)dc_ns * 1e9 / (double)dt_ns;

        if (ppb > 2e9)
                return 2000000000;
        return ppb < -2e9 ? -2000000000 : (int32_t)ppb;
}

static void begin_rate(struct tg_clock *clock, const struct tg_look *look)
{
        clock->rate_raw_ns = clock->glance_raw_ns = look->raw_ns;
        clock->rate_c_ns = clock->glance_c_ns = look->real_ns - look->raw_ns;
        clock->rate_blur_ns = look->bracket_ns / 2;
}

/* Of a slope from the look that the rate is counted from to this one. */
static int32_t slope_error_ppb(const struct tg_clock *clock, const struct tg_look *look)
{
        return slope_ppb(clock->rate_blur_ns + look->bracket_ns / 2 + NOISE_NS, look->raw_ns - clock->rate_raw_ns);
}

static bool take_rate(struct tg_clock *clock, const struct tg_look *look)
{
        int64_t c = look->real_ns - look->raw_ns, dt = look->raw_ns - clock->glance_raw_ns;
        int32_t now_ppb;

        if (dt < GLANCE_NS)
                return false;
        now_ppb = slope_ppb(c - clock->glance_c_ns, dt);
        clock->glance_raw_ns = look->raw_ns;
        clock->glance_c_ns = c;
        if (!clock->slew_known) {
                clock->slew_known = true;
                clock->slew_ppb = now_ppb;
                clock->slew_error_ppb = slope_error_ppb(clock, look);
                return false;
        }
        if (llabs((int64_t)now_ppb - clock->slew_ppb) > RATE_EVENT_PPB + slope_ppb(2 * look->bracket_ns + NOISE_NS, dt)) {
                clock->slew_ppb = now_ppb;
                clock->slew_error_ppb = slope_ppb(2 * look->bracket_ns + NOISE_NS, dt);
                begin_rate(clock, look);
                return true;
        }
        if (look->raw_ns - clock->rate_raw_ns >= RATE_NS) {
                clock->slew_ppb = slope_ppb(c - clock->rate_c_ns, look->raw_ns - clock->rate_raw_ns);
                clock->slew_error_ppb = slope_error_ppb(clock, look);
                begin_rate(clock, look);
        }
        return false;
}

/* The time spent suspended is the same for every process of a boot, so an agent that restarts keeps its epoch. */
static uint32_t suspended_ms(const struct tg_look *look)
{
        return (uint32_t)((look->boot_ns - look->mono_ns + TG_NS_PER_MS / 2) / TG_NS_PER_MS);
}

void tg_clock_start(struct tg_clock *clock, const struct tg_look *look)
{
        *clock = (struct tg_clock){
                .last = *look,
                .epochs = suspended_ms(look),
                .real_boot = { look->real_ns - look->boot_ns, blur_ns(look) },
                .boot_mono = { look->boot_ns - look->mono_ns, blur_ns(look) },
                .tai_boot = { look->tai_ns - look->boot_ns, blur_ns(look) },
        };
        clock->slack_ns = slack_ns(clock, look);
        begin_hull(clock);
        begin_rate(clock, look);
}

static void new_epoch(struct tg_clock *clock, const struct tg_look *look)
{
        uint32_t epochs = suspended_ms(look);

        clock->epochs = epochs > clock->epochs ? epochs : clock->epochs + 1;
        clock->last = *look;
        begin_hull(clock);
        begin_rate(clock, look);
}

unsigned tg_clock_take(struct tg_clock *clock, const struct tg_look *look)
{
        int64_t slack = slack_ns(clock, look);
        int64_t step = constant_take(&clock->real_boot, look->real_ns - look->boot_ns, blur_ns(look), NOISE_NS);
        int64_t tai = constant_take(&clock->tai_boot, look->tai_ns - look->boot_ns, blur_ns(look), NOISE_NS);
        int64_t suspend = constant_take(&clock->boot_mono, look->boot_ns - look->mono_ns, blur_ns(look), SUSPEND_NS);
        unsigned change = 0;
        bool blind; /* for so long a step and another one back may have gone unseen */

        clock->slack_ns = slack;
        if (step) {
                clock->steps++;
                clock->last_step_ns = step;
                clock->last_step_leap =
                        !tai && llabs(step) > TG_NS_PER_S / 2; /* a small one may show here before it shows in TAI */
                clock->rate_c_ns += step;
                clock->glance_c_ns += step;
                change |= TG_CLOCK_STEPPED;
        }
        if (suspend || look->raw_ns < clock->last.raw_ns) {
                new_epoch(clock, look);
                return change | TG_CLOCK_EPOCH;
        }
        blind = look->raw_ns - clock->last.raw_ns > BLIND_NS;
        widen_hull(clock, look, step != 0);
        if (take_rate(clock, look))
                change |= TG_CLOCK_RATE;
        clock->last = *look;
        if (blind)
                begin_hull(clock);
        return change;
}

/* The kernel's own number is exact, where it is what was measured (within the error of that): it leaves out adjtime(3) and changes
   within the second. */
static int32_t likely_slew_ppb(const struct tg_clock *clock)
{
        bool agrees = clock->last.kernel_known && llabs((int64_t)clock->slew_ppb - clock->last.kernel_rate_ppb) <=
                                                          (int64_t)KERNEL_NEAR_PPB + clock->slew_error_ppb;

        return agrees ? clock->last.kernel_rate_ppb : clock->slew_ppb;
}

void tg_clock_report(struct tg_clock *clock, struct tg_report *report)
{
        report->epoch.suspends = clock->epochs;
        report->raw_ns = clock->last.raw_ns;
        report->c_ns = tg_clock_c_ns(clock);
        report->boot_ns = clock->last.boot_ns;
        report->bracket_ns = 2 * clock->slack_ns;
        report->steps = clock->steps;
        report->last_step_ns = clock->last_step_ns;
        report->slew_ppb = likely_slew_ppb(clock);
        report->kernel_status = clock->last.kernel_status;
        report->flags |= clock->last.kernel_known ? TG_REPORT_KERNEL : 0;
        report->hull_low_ns = clock->hull_low_ns;
        report->hull_high_ns = clock->hull_high_ns;
        report->hull_since_raw_ns = clock->hull_since_raw_ns;
        report->steady_since_raw_ns = clock->steady_since_raw_ns;
        report->flags |= clock->steps && clock->last_step_leap ? TG_REPORT_LEAP : 0;
        begin_hull(clock);
}
