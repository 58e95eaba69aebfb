/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See pair.h. Everything in ns, D = RAW(a) - RAW(b), c = REALTIME - RAW, offset = REALTIME(a) - REALTIME(b) = D + c(a) - c(b).

   D. a's echo says D <= U at RAW(a) = m_a; b's says -D <= V at RAW(b) = m_b. Both are aged by rho to one instant.

   as_of is the latest instant that certainly lies at or before both sendings: then the c of either node at as_of lies in a span
   that the node itself has already watched and reported (its hull), and no step can hide in it. An instant after the earlier sending
   would have to be guessed: that node may have stepped right after it sent. The price is the few milliseconds between aligned sendings.

   c at as_of is the reported value carried back at the kernel's largest slew, and the hull that its node watched; with a step in
   the hull's period the hull alone holds. */
#include "pair.h"

#define CARRY_PER_NS (TG_NS_PER_S / TG_SLEW_MAX_PPB)

/* c of a member while its RAW lies in `when`; false when its reports do not cover that. */
static bool c_during(const struct tg_member *m, struct tg_interval when, struct tg_interval *out)
{
        bool any = false;

        for (int i = m->n_points - 1; i >= 0; i--) {
                const struct tg_point *p = &m->points[i];
                struct tg_interval c = p->hull, at = { p->c_ns - p->half_ns, p->c_ns + p->half_ns };
                int64_t low = when.low_ns > p->hull_since_raw_ns ? when.low_ns : p->hull_since_raw_ns;

                if (i == m->n_points - 1 && when.high_ns > p->raw_ns)
                        return false;
                if (when.high_ns < p->hull_since_raw_ns)
                        continue;
                if (low > p->raw_ns)
                        return false; /* a gap between two reports that nobody watched */
                if (!p->stepped)
                        c = tg_interval_both(c, tg_interval_widen(at, (p->raw_ns - low) / CARRY_PER_NS + 1));
                *out = any ? tg_interval_hull(*out, c) : c;
                any = true;
                if (when.low_ns >= p->hull_since_raw_ns)
                        return true;
        }
        return false;
}

static int64_t distance(int64_t a, int64_t b)
{
        return a > b ? a - b : b - a;
}

static bool too_old(int64_t age_ns)
{
        return age_ns > TG_AGE_MAX_NS;
}

/* D at the instant when RAW(a) is t, and the ages of both measurements then. */
static bool d_at(const struct tg_half *ab, const struct tg_half *ba, uint32_t rho, int64_t t, struct tg_pair *out)
{
        struct tg_interval rough;
        int64_t age;

        out->a_age_ns = distance(t, ab->measured_raw_ns);
        if (too_old(out->a_age_ns))
                return false;
        out->raw.high_ns = ab->upper_ns + tg_ageing_ns(out->a_age_ns, rho);
        /* RAW(b) at t is t - D; D is not known yet but for its upper end and the other's unaged value, which is good enough for an age */
        rough = (struct tg_interval){ -ba->upper_ns, out->raw.high_ns };
        age = distance(t - rough.low_ns, ba->measured_raw_ns);
        out->b_age_ns = distance(t - rough.high_ns, ba->measured_raw_ns);
        if (age > out->b_age_ns)
                out->b_age_ns = age;
        if (too_old(out->b_age_ns))
                return false;
        out->raw.low_ns = -ba->upper_ns - tg_ageing_ns(out->b_age_ns, rho);
        return true;
}

/* RAW(a) at the latest instant not after either sending. RAW(a) at b's sending is t_b + D, at least t_b + the lower end of D there. */
static int64_t as_of_raw(const struct tg_point *pa, const struct tg_point *pb, const struct tg_half *ba, uint32_t rho)
{
        int64_t age = distance(pb->raw_ns, ba->measured_raw_ns), b_sends;

        if (too_old(age))
                age = TG_AGE_MAX_NS;
        b_sends = pb->raw_ns - ba->upper_ns - tg_ageing_ns(age, rho);
        return b_sends < pa->raw_ns ? b_sends : pa->raw_ns;
}

static int64_t clamp(int64_t value, struct tg_interval into)
{
        return value < into.low_ns ? into.low_ns : value > into.high_ns ? into.high_ns : value;
}

static int64_t along(int64_t rate_ppb, int64_t dt_ns)
{
        return (int64_t)((double)rate_ppb * (double)dt_ns / 1e9);
}

/* D at as_of, likely: what both ends estimate, carried there along their rates. */
static int64_t estimate_d(const struct tg_half *ab, const struct tg_half *ba, const struct tg_pair *pair)
{
        int64_t sum = 0, n = 0, middle = pair->raw.low_ns + (pair->raw.high_ns - pair->raw.low_ns) / 2;

        if (ab->has_estimate) {
                sum += ab->estimate_ns - middle + along(ab->has_rate ? ab->rate_ppb : 0, pair->as_of_raw_ns - ab->sent_raw_ns);
                n++;
        }
        if (ba->has_estimate) {
                sum += -ba->estimate_ns - middle - along(ba->has_rate ? ba->rate_ppb : 0, pair->as_of_raw_ns - middle - ba->sent_raw_ns);
                n++;
        }
        return clamp(n ? middle + sum / n : middle, pair->raw);
}

static void rate_of(const struct tg_member *a, const struct tg_member *b, const struct tg_half *ab, const struct tg_half *ba, struct tg_pair *out)
{
        out->has_rate = ab->has_rate || ba->has_rate;
        out->rate_error_ppb = 0;
        if (!out->has_rate)
                return;
        out->rate_ppb = ab->has_rate && ba->has_rate ? ((int64_t)ab->rate_ppb - ba->rate_ppb) / 2 : ab->has_rate ? ab->rate_ppb : -(int64_t)ba->rate_ppb;
        out->rate_error_ppb = ab->has_rate ? ab->rate_error_ppb : ba->rate_error_ppb;
        out->rate_ppb += (int64_t)a->report.slew_ppb - b->report.slew_ppb;
}

enum tg_pair_result tg_pair_bound(const struct tg_member *a, const struct tg_member *b, const struct tg_half *ab, const struct tg_half *ba,
                                  struct tg_pair *out)
{
        struct tg_pair pair = *out;
        struct tg_interval b_when;
        const struct tg_point *pa, *pb;

        if (!ab->valid || !ba->valid || !a->n_points || !b->n_points)
                return TG_PAIR_NOTHING;
        pa = &a->points[a->n_points - 1];
        pb = &b->points[b->n_points - 1];
        pair.rho_ppm = ab->rho_ppm > ba->rho_ppm ? ab->rho_ppm : ba->rho_ppm;
        pair.as_of_raw_ns = as_of_raw(pa, pb, ba, pair.rho_ppm);
        if (!d_at(ab, ba, pair.rho_ppm, pair.as_of_raw_ns, &pair))
                return TG_PAIR_NOTHING;
        if (pair.raw.low_ns > pair.raw.high_ns)
                return TG_PAIR_CONTRADICTORY;
        if (out->bounded && pair.as_of_raw_ns < out->as_of_raw_ns)
                return TG_PAIR_NOTHING;
        b_when = (struct tg_interval){ pair.as_of_raw_ns - pair.raw.high_ns, pair.as_of_raw_ns - pair.raw.low_ns };
        if (b_when.high_ns > pb->raw_ns) /* by rounding alone: b's sending is not before as_of */
                b_when.high_ns = pb->raw_ns;
        if (!c_during(a, (struct tg_interval){ pair.as_of_raw_ns, pair.as_of_raw_ns }, &pair.a_c) || !c_during(b, b_when, &pair.b_c))
                return TG_PAIR_NOTHING;
        pair.offset.low_ns = pair.raw.low_ns + pair.a_c.low_ns - pair.b_c.high_ns;
        pair.offset.high_ns = pair.raw.high_ns + pair.a_c.high_ns - pair.b_c.low_ns;
        pair.estimate_ns = clamp(estimate_d(ab, ba, &pair) + (pair.a_c.low_ns - pair.b_c.low_ns) / 2 + (pair.a_c.high_ns - pair.b_c.high_ns) / 2,
                                 pair.offset);
        rate_of(a, b, ab, ba, &pair);
        pair.bounded = true;
        pair.contradicted = false;
        *out = pair;
        return TG_PAIR_NEW;
}

enum tg_pair_verdict tg_pair_judge(struct tg_interval offset, int64_t budget_ns)
{
        if (offset.low_ns >= -budget_ns && offset.high_ns <= budget_ns)
                return TG_PAIR_WITHIN;
        if (offset.low_ns > budget_ns || offset.high_ns < -budget_ns)
                return TG_PAIR_BEYOND;
        return TG_PAIR_UNPROVEN;
}
