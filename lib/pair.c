/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See pair.h. Everything in ns, D = RAW(a) - RAW(b), c = REALTIME - RAW, offset = REALTIME(a) - REALTIME(b) = D + c(a) - c(b).

   D. a's echo says D <= U at RAW(a) = m_a; b's says -D <= V at RAW(b) = m_b. Both are aged by rho to one instant.

   as_of is the latest instant that certainly lies at or before both sendings: then the c of either node at as_of lies in a span
   that the node itself has already watched and reported (its hull), and no step can hide in it. An instant after the earlier sending
   would have to be guessed: that node may have stepped right after it sent. The price is the few milliseconds between aligned sendings.
   Where one sending certainly came first, as_of is that very sending, known exactly on its sender's RAW (so an answer to a step proves
   what the step did); where neither did, it is a little before both.

   c at as_of is the reported value carried back at the kernel's largest slew, and the hull that its node watched; before a step
   in the hull's period the hull alone holds. */
#include "pair.h"

#define CARRY_PER_NS (TG_NS_PER_S / TG_SLEW_MAX_PPB)
#define ADVANCE_NS   (10 * TG_NS_PER_MS)

static int64_t distance(int64_t a, int64_t b)
{
        return a > b ? a - b : b - a;
}

/* c of a member during a span of its RAW. */
struct c_span {
        struct tg_interval all;
        bool steady; /* no step in the span: then also c at its first and last instant, and how many steps came before */
        struct tg_interval first, last;
        uint32_t steps;
};

/* c at t, which lies in the steady part that ends with p: within reach of the report, and of the look that its sender took when the
   other's newest report came, where no step lies between. Nodes that send at different instants, because their clocks differ, are
   far from each other's reports but never far from the moment they heard of them. */
static struct tg_interval c_at(const struct tg_point *p, const struct tg_half *half, int64_t t)
{
        struct tg_interval at = { p->c_ns - p->half_ns, p->c_ns + p->half_ns };
        struct tg_interval c = tg_interval_both(p->hull, tg_interval_widen(at, (p->raw_ns - t) / CARRY_PER_NS + 1));

        if (!half->has_heard || half->heard_raw_ns < p->steady_since_raw_ns || half->heard_raw_ns > p->raw_ns)
                return c;
        at = (struct tg_interval){ half->heard_c_ns - TG_HEARD_HALF_NS, half->heard_c_ns + TG_HEARD_HALF_NS };
        return tg_interval_both(c, tg_interval_widen(at, distance(half->heard_raw_ns, t) / CARRY_PER_NS + 1));
}

static bool is_empty(struct tg_interval a)
{
        return a.low_ns > a.high_ns;
}

/* False when the member's reports do not cover the span, or exclude each other. */
static bool c_during(const struct tg_member *m, const struct tg_half *half, struct tg_interval when, struct c_span *out)
{
        int64_t covered_from_ns = when.high_ns;

        *out = (struct c_span){ 0 };
        for (int i = m->n_points - 1, parts = 0; i >= 0; i--) {
                const struct tg_point *p = &m->points[i];
                int64_t low = when.low_ns > p->hull_since_raw_ns ? when.low_ns : p->hull_since_raw_ns;
                int64_t high = when.high_ns < p->raw_ns ? when.high_ns : p->raw_ns;
                struct tg_interval c = p->hull;

                if (when.high_ns < p->hull_since_raw_ns)
                        continue;
                if (low >= p->steady_since_raw_ns) {
                        struct tg_interval first = c_at(p, half, low), last = c_at(p, half, high);

                        if (is_empty(first) || is_empty(last))
                                return false;
                        c = tg_interval_hull(first, last);
                }
                if (p->raw_ns < covered_from_ns)
                        return false; /* after the last report, or in a gap between two that nobody watched */
                covered_from_ns = p->hull_since_raw_ns;
                out->all = parts++ ? tg_interval_hull(out->all, c) : c;
                if (when.low_ns < p->hull_since_raw_ns)
                        continue;
                out->steady = parts == 1 && low >= p->steady_since_raw_ns;
                if (out->steady) {
                        out->first = c_at(p, half, when.low_ns);
                        out->last = c_at(p, half, when.high_ns);
                        out->steps = p->steps;
                }
                return true;
        }
        return false;
}

/* How far the span of as_of reaches beyond the time in which a measured bound held as it stands: from the sending of its message, RAW(peer)
   = measured - upper, to its receipt, RAW(measurer) = measured. */
static int64_t age_over(const struct tg_half *half, struct tg_interval on_measurer, struct tg_interval on_peer)
{
        int64_t after = on_measurer.high_ns - half->measured_raw_ns,
                before = half->measured_raw_ns - half->upper_ns - on_peer.low_ns;
        int64_t age = after > before ? after : before;

        return age > 0 ? age : 0;
}

/* D aged to the instant when RAW(a) is in `a_when` and RAW(b) in `b_when`; false when a measurement is too old to count. */
static bool d_at(const struct tg_half *ab, const struct tg_half *ba, uint32_t rho, struct tg_interval a_when,
                 struct tg_interval b_when, struct tg_pair *out)
{
        out->a_age_ns = age_over(ab, a_when, b_when);
        out->b_age_ns = age_over(ba, b_when, a_when);
        if (out->a_age_ns > TG_AGE_MAX_NS || out->b_age_ns > TG_AGE_MAX_NS)
                return false;
        out->raw.high_ns = ab->upper_ns + tg_ageing_ns(out->a_age_ns, rho);
        out->raw.low_ns = -ba->upper_ns - tg_ageing_ns(out->b_age_ns, rho);
        return true;
}

/* D at about both sendings, good enough to order them and to tell ages by: aged to the farther of the two. */
static bool d_roughly(const struct tg_half *ab, const struct tg_half *ba, uint32_t rho, const struct tg_point *pa,
                      const struct tg_point *pb, struct tg_interval *out)
{
        struct tg_pair rough;
        struct tg_interval unaged = { -ba->upper_ns, ab->upper_ns };
        struct tg_interval a_when = { pb->raw_ns + unaged.low_ns, pb->raw_ns + unaged.high_ns };
        struct tg_interval b_when = { pa->raw_ns - unaged.high_ns, pa->raw_ns - unaged.low_ns };

        a_when = tg_interval_hull(a_when, (struct tg_interval){ pa->raw_ns, pa->raw_ns });
        b_when = tg_interval_hull(b_when, (struct tg_interval){ pb->raw_ns, pb->raw_ns });
        if (!d_at(ab, ba, rho, a_when, b_when, &rough))
                return false;
        *out = rough.raw;
        return true;
}

/* The lower end of D at b's sending and its upper end at a's, each aged no longer than to there: an answer whose question was the
   fastest message of the window proves to the nanosecond, and not less, that it came after it. */
static struct tg_interval d_at_sendings(const struct tg_half *ab, const struct tg_half *ba, uint32_t rho,
                                        const struct tg_point *pa, const struct tg_point *pb)
{
        return (struct tg_interval){ -ba->upper_ns - tg_ageing_ns(distance(pb->raw_ns, ba->measured_raw_ns), rho),
                                     ab->upper_ns + tg_ageing_ns(distance(pa->raw_ns, ab->measured_raw_ns), rho) };
}

/* When as_of is, on both timelines, D being what is given. */
static void when_is(const struct tg_pair *pair, struct tg_interval d, struct tg_interval *a_when, struct tg_interval *b_when)
{
        int64_t t = pair->as_of_raw_ns;

        *a_when = pair->as_of_on_b ? (struct tg_interval){ t + d.low_ns, t + d.high_ns } : (struct tg_interval){ t, t };
        *b_when = pair->as_of_on_b ? (struct tg_interval){ t, t } : (struct tg_interval){ t - d.high_ns, t - d.low_ns };
}

static void choose_as_of(const struct tg_point *pa, const struct tg_point *pb, struct tg_interval at_sending,
                         struct tg_pair *out)
{
        /* the latest instant on either timeline that certainly was not after the other's sending */
        int64_t on_a = pb->raw_ns + at_sending.low_ns, on_b = pa->raw_ns - at_sending.high_ns;

        on_a = on_a < pa->raw_ns ? on_a : pa->raw_ns;
        on_b = on_b < pb->raw_ns ? on_b : pb->raw_ns;
        /* of the two, the one that needs less carrying back */
        out->as_of_on_b = pb->raw_ns - on_b < pa->raw_ns - on_a;
        out->as_of_raw_ns = out->as_of_on_b ? on_b : on_a;
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
        int64_t on_a = pair->as_of_on_b ? pair->as_of_raw_ns + middle : pair->as_of_raw_ns;

        if (ab->has_estimate) {
                sum += ab->estimate_ns - middle + along(ab->has_rate ? ab->rate_ppb : 0, on_a - ab->sent_raw_ns);
                n++;
        }
        if (ba->has_estimate) {
                sum += -ba->estimate_ns - middle - along(ba->has_rate ? ba->rate_ppb : 0, on_a - middle - ba->sent_raw_ns);
                n++;
        }
        return clamp(n ? middle + sum / n : middle, pair->raw);
}

static void rate_of(const struct tg_member *a, const struct tg_member *b, const struct tg_half *ab, const struct tg_half *ba,
                    struct tg_pair *out)
{
        out->has_rate = ab->has_rate || ba->has_rate;
        out->rate_error_ppb = 0;
        if (!out->has_rate)
                return;
        out->rate_ppb = ab->has_rate && ba->has_rate ? ((int64_t)ab->rate_ppb - ba->rate_ppb) / 2
                        : ab->has_rate               ? ab->rate_ppb
                                                     : -(int64_t)ba->rate_ppb;
        out->rate_error_ppb = ab->has_rate ? ab->rate_error_ppb : ba->rate_error_ppb;
        out->rate_ppb += (int64_t)a->report.slew_ppb - b->report.slew_ppb;
}

/* While the reports of one second come in, as_of hardly moves, and the half-told second only blurs it; but what holds after a step
   replaces what held before. */
static bool tells_more(const struct tg_pair *old, const struct tg_pair *new, bool steady)
{
        return !old->bounded || (steady && new->steps != old->steps) || new->as_of_on_a_ns - old->as_of_on_a_ns >= ADVANCE_NS ||
               tg_interval_width_ns(new->offset) <= tg_interval_width_ns(old->offset);
}

/* offset = D + c(a) - c(b) at the ends of D. RAW(b) at as_of is as_of - D where as_of is a sending of a, and RAW(a) is as_of + D where it is one
   of b: a larger D means an earlier instant of b, or a later one of a. c changes by less than a tenth of that, so the offset
   grows with D and its ends belong to the ends of D, unless a step may lie within. */
static void add_up(struct tg_pair *pair, const struct c_span *a, const struct c_span *b)
{
        pair->a_c = a->all;
        pair->b_c = b->all;
        pair->offset.low_ns = pair->raw.low_ns + (a->steady ? a->first.low_ns : a->all.low_ns) -
                              (b->steady ? b->last.high_ns : b->all.high_ns);
        pair->offset.high_ns = pair->raw.high_ns + (a->steady ? a->last.high_ns : a->all.high_ns) -
                               (b->steady ? b->first.low_ns : b->all.low_ns);
}

enum tg_pair_result tg_pair_bound(const struct tg_member *a, const struct tg_member *b, const struct tg_half *ab,
                                  const struct tg_half *ba, struct tg_pair *out)
{
        struct tg_pair pair = *out;
        struct tg_interval a_when, b_when, rough;
        struct c_span a_c, b_c;
        const struct tg_point *pa, *pb;

        if (!ab->valid || !ba->valid || !a->n_points || !b->n_points)
                return TG_PAIR_NOTHING;
        pa = &a->points[a->n_points - 1];
        pb = &b->points[b->n_points - 1];
        pair.rho_ppm = ab->rho_ppm > ba->rho_ppm ? ab->rho_ppm : ba->rho_ppm;
        if (!d_roughly(ab, ba, pair.rho_ppm, pa, pb, &rough))
                return TG_PAIR_NOTHING;
        if (rough.low_ns > rough.high_ns)
                return TG_PAIR_CONTRADICTORY;
        choose_as_of(pa, pb, d_at_sendings(ab, ba, pair.rho_ppm, pa, pb), &pair);
        when_is(&pair, rough, &a_when, &b_when);
        if (!d_at(ab, ba, pair.rho_ppm, a_when, b_when, &pair))
                return TG_PAIR_NOTHING;
        if (pair.raw.low_ns > pair.raw.high_ns)
                return TG_PAIR_CONTRADICTORY;
        /* c at the very ends of D that are added up; and as_of is not after either sending, whatever D leaves open */
        when_is(&pair, pair.raw, &a_when, &b_when);
        a_when.high_ns = a_when.high_ns > pa->raw_ns ? pa->raw_ns : a_when.high_ns;
        b_when.high_ns = b_when.high_ns > pb->raw_ns ? pb->raw_ns : b_when.high_ns;
        if (!c_during(a, ab, a_when, &a_c) || !c_during(b, ba, b_when, &b_c))
                return TG_PAIR_NOTHING;
        add_up(&pair, &a_c, &b_c);
        if (is_empty(pair.offset))
                return TG_PAIR_NOTHING;
        pair.estimate_ns = clamp(estimate_d(ab, ba, &pair) + (pair.a_c.low_ns - pair.b_c.low_ns) / 2 +
                                         (pair.a_c.high_ns - pair.b_c.high_ns) / 2,
                                 pair.offset);
        pair.as_of_on_a_ns = a_when.low_ns + (a_when.high_ns - a_when.low_ns) / 2;
        pair.steps = a_c.steady && b_c.steady ? a_c.steps + b_c.steps : out->steps;
        if (!tells_more(out, &pair, a_c.steady && b_c.steady))
                return TG_PAIR_NOTHING;
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
