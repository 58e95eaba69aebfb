/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See link.h. A message sent at RAW(peer) = tx and received at RAW(self) = rx proves D <= rx - tx, at any instant between the two.
   Each such value gets worse by rho as it ages, so the best of the window is the one with the smallest aged value. */
#include <math.h>
#include <stdlib.h>

#include "interval.h"
#include "link.h"

#define RATE_ERROR_MAX 100e-6 /* a rate less certain than this is not yet known */
#define MARGIN_PPM     30
#define SKEWS_MAX_PPM  200 /* above, chronyd does not know its frequency itself */
#define FREQ_MAX_PPM   500 /* the kernel's own limit (adjtimex(2), freq) */
#define FORGIVE_NS     (3600 * TG_NS_PER_S)
#define REPEAT_NS      (600 * TG_NS_PER_S)
#define SAME_NS        (3 * TG_NS_PER_S) /* reports under way may still hold the echo that was dropped: no second contradiction */
#define DOUBLINGS_MAX  7

void tg_link_start(struct tg_link *link)
{
        *link = (struct tg_link){ .rho_ppm = TG_RHO_UNKNOWN_PPM };
        tg_line_reset(&link->line);
}

void tg_link_drop(struct tg_link *link)
{
        link->n = link->next = 0;
        link->heard_in_ring = link->has_heard = false;
        link->fit = (struct tg_fit){ 0 };
        link->rho_ppm = (uint32_t)TG_RHO_UNKNOWN_PPM << link->doublings;
        if (link->rho_ppm > TG_RHO_MAX_PPM)
                link->rho_ppm = TG_RHO_MAX_PPM;
        tg_line_reset(&link->line);
}

/* A doubling is taken back after each hour without cause for another. */
static void forgive(struct tg_link *link)
{
        if (!link->doublings || link->now_raw_ns - link->doubled_raw_ns < FORGIVE_NS)
                return;
        link->doublings--;
        link->doubled_raw_ns = link->now_raw_ns;
}

void tg_link_receive(struct tg_link *link, uint32_t epoch_tag, int64_t tx_ns, int64_t rx_ns)
{
        if (link->epoch_tag != epoch_tag) {
                link->doublings = 0; /* another boot may have another clock source */
                tg_link_drop(link);
                link->epoch_tag = epoch_tag;
        }
        link->now_raw_ns = rx_ns;
        forgive(link);
        link->window[link->next] = (struct tg_link_sample){ rx_ns - tx_ns, rx_ns };
        link->next = (uint8_t)((link->next + 1) % TG_LINK_WINDOW);
        if (link->n < TG_LINK_WINDOW)
                link->n++;
        link->heard_in_ring = true;
}

void tg_link_heard(struct tg_link *link, const struct tg_look *look)
{
        link->has_heard = look->bracket_ns < TG_HEARD_HALF_NS;
        link->heard_raw_ns = look->raw_ns;
        link->heard_c_ns = look->real_ns - look->raw_ns;
}

static const struct tg_link_sample *best_sample(const struct tg_link *link, int64_t raw_ns, uint32_t rho_ppm)
{
        const struct tg_link_sample *best = NULL;
        int64_t best_ns = INT64_MAX;

        for (uint8_t i = 0; i < link->n; i++) {
                int64_t age = raw_ns - link->window[i].raw_ns, aged;

                if (age < 0 || age > TG_AGE_MAX_NS)
                        continue;
                aged = link->window[i].upper_ns + tg_ageing_ns(age, rho_ppm);
                if (aged < best_ns) {
                        best_ns = aged;
                        best = &link->window[i];
                }
        }
        return best;
}

/* How far D may lie from the middle of two measurements. D moves between the two; and the peer's was made earlier than it seems, by as much as
   the message that told it was late. */
static int64_t half_ns(const struct tg_link *link, const struct tg_link_sample *best, int64_t upper_ns, int64_t measured_ns)
{
        const struct tg_link_sample *newest = &link->window[(link->next + TG_LINK_WINDOW - 1) % TG_LINK_WINDOW];
        int64_t half = llabs(best->upper_ns / 2 + upper_ns / 2);
        int64_t apart = llabs(best->raw_ns - measured_ns) + llabs(newest->upper_ns - best->upper_ns) + 2 * half;

        return half + tg_ageing_ns(apart < TG_AGE_MAX_NS ? apart : TG_AGE_MAX_NS, link->rho_ppm) / 2;
}

void tg_link_answer(struct tg_link *link, int64_t upper_ns, int64_t age_ns, int64_t rx_ns)
{
        const struct tg_link_sample *best = best_sample(link, rx_ns, link->rho_ppm);
        int64_t at_ns;

        if (!best || age_ns > TG_AGE_MAX_NS)
                return;
        /* The middle of two measurements is D at the middle of their instants, whatever the rate. As of now it would be another thing:
           while both stay the best there are, the line would look flat and sure of it. */
        at_ns = best->raw_ns + (rx_ns - age_ns - best->raw_ns) / 2;
        if (link->line.n && at_ns <= link->line.points[link->line.n - 1].t_ns)
                return;
        tg_line_add(&link->line, at_ns, best->upper_ns / 2 - upper_ns / 2, half_ns(link, best, upper_ns, rx_ns - age_ns));
}

/* Somebody else who sets the clock misleads chronyd about the frequency by thousands of ppm. No sound oscillator is so far off: when the rate was
   measured, that counts and not what chronyd believes. */
static bool is_misled(const struct tg_chrony_sample *sample)
{
        return fabs(tg_chrony_float_value(sample->tracking.freq_ppm)) > FREQ_MAX_PPM;
}

static double chrony_rate_ppm(const struct tg_chrony_sample *a, const struct tg_chrony_sample *b, bool measured)
{
        double skews;

        if (!a || !b || a->state != TG_CHRONY_OK || b->state != TG_CHRONY_OK || !a->tracking.ref_id || !b->tracking.ref_id)
                return 0;
        skews = fabs(tg_chrony_float_value(a->tracking.skew_ppm)) + fabs(tg_chrony_float_value(b->tracking.skew_ppm));
        if (skews > SKEWS_MAX_PPM || (measured && (is_misled(a) || is_misled(b))))
                return 0;
        return fabs(tg_chrony_float_value(a->tracking.freq_ppm) - tg_chrony_float_value(b->tracking.freq_ppm)) + skews +
               MARGIN_PPM;
}

static bool double_rho(struct tg_link *link)
{
        if (link->doublings == DOUBLINGS_MAX)
                return false;
        link->doublings++;
        link->doubled_raw_ns = link->now_raw_ns;
        return true;
}

bool tg_link_judge(struct tg_link *link, const struct tg_chrony_sample *own, const struct tg_chrony_sample *peer)
{
        double rho = TG_RHO_UNKNOWN_PPM;
        bool doubled = false;

        tg_line_fit(&link->line, &link->fit);
        if (link->fit.slope_error > RATE_ERROR_MAX)
                link->fit.known = false;
        if (link->fit.known) {
                double rate = fabs(link->fit.slope) * 1e6;

                /* the bounds held so far may be wrong: they were aged too slowly */
                if (rate - link->fit.slope_error * 1e6 > link->rho_ppm) {
                        doubled = double_rho(link);
                        link->n = link->next = 0;
                }
                rho = fmax(TG_RHO_MIN_PPM, 2 * rate + link->fit.slope_error * 1e6 + MARGIN_PPM);
        }
        rho = ceil(fmax(rho, chrony_rate_ppm(own, peer, link->fit.known))) * (1 << link->doublings);
        link->rho_ppm = rho > TG_RHO_MAX_PPM ? TG_RHO_MAX_PPM : (uint32_t)rho;
        return doubled;
}

bool tg_link_contradict(struct tg_link *link, int64_t raw_ns)
{
        int64_t since = raw_ns - link->contradiction_raw_ns;
        bool doubled = false;

        if (link->contradictions && since < SAME_NS) {
                tg_link_drop(link);
                return false;
        }
        if (link->contradictions && since < REPEAT_NS)
                doubled = double_rho(link);
        link->contradictions = 1;
        link->contradiction_raw_ns = raw_ns;
        tg_link_drop(link);
        return doubled;
}

static int32_t to_i32(double value, int32_t none)
{
        return fabs(value) < 2e9 ? (int32_t)value : none;
}

/* The rho by which the pair will be judged. With a smaller one an old sample may look best which then proves less than the message
   that is being answered. */
static uint32_t pair_rho(const struct tg_link *link)
{
        return link->rho_ppm > link->peer_rho_ppm ? link->rho_ppm : link->peer_rho_ppm;
}

bool tg_link_echo(const struct tg_link *link, int64_t raw_ns, struct tg_echo *echo)
{
        const struct tg_link_sample *best = link->heard_in_ring ? best_sample(link, raw_ns, pair_rho(link)) : NULL;

        if (!best)
                return false;
        echo->epoch_tag = link->epoch_tag;
        echo->upper_ns = best->upper_ns;
        echo->measured_raw_ns = best->raw_ns;
        echo->estimate_gap_ns = TG_NO_ESTIMATE;
        echo->rate_ppb = TG_NO_RATE;
        echo->rate_error_ppb = 0;
        echo->rho_ppm = (uint16_t)link->rho_ppm;
        echo->has_heard = link->has_heard;
        echo->heard_raw_ns = link->heard_raw_ns;
        echo->heard_c_ns = link->heard_c_ns;
        if (link->line.n)
                echo->estimate_gap_ns = to_i32(
                        (double)(best->upper_ns - tg_line_value_ns(&link->line, link->fit.known ? link->fit.slope : 0, raw_ns)),
                        TG_NO_ESTIMATE);
        if (link->fit.known) {
                echo->rate_ppb = to_i32(link->fit.slope * 1e9, TG_NO_RATE);
                echo->rate_error_ppb = (uint32_t)(link->fit.slope_error * 1e9) + 1;
        }
        return true;
}
