/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Bounds against the truth: see "What a bound promises" in check.h. A bound is looked at when it changes, since the truth at its as_of never
   does. The truth may be that of 2 ns before or after, as RAW is whole ns, so at the instant of a step either side will do. */
#include "check_private.h"

#include <math.h>
#include <stdlib.h>

#define ROUNDING_NS  2
#define STEADY_PPB   INT64_C(500000)
#define LIES_LAST_NS (10 * TG_NS_PER_S) /* how long points and echoes of the time are still about */

struct held {
        uint32_t observer, a, b;
        int slot_a, slot_b;
        const struct tg_view *view;
        const struct tg_pair *pair;
        const struct tg_half *ab, *ba;
};

/* The messages behind a bound, by true time; false when RAW does not tell. */
struct evidence {
        struct check_receipt ab, ba; /* what a heard of b, and b of a */
};

static bool find_evidence(const struct sim_check *c, const struct held *h, struct evidence *out)
{
        return check_when(c, h->a, h->ab->measured_raw_ns, &out->ab.t_ns) &&
               check_when(c, h->b, h->ab->measured_raw_ns - h->ab->upper_ns, &out->ab.sent_t_ns) &&
               check_when(c, h->b, h->ba->measured_raw_ns, &out->ba.t_ns) &&
               check_when(c, h->a, h->ba->measured_raw_ns - h->ba->upper_ns, &out->ba.sent_t_ns);
}

static int64_t later(int64_t a, int64_t b)
{
        return a > b ? a : b;
}

static int64_t sooner(int64_t a, int64_t b)
{
        return a < b ? a : b;
}

static int64_t first_sent(const struct evidence *e)
{
        return sooner(sooner(e->ab.sent_t_ns, e->ba.sent_t_ns), sooner(e->ab.t_ns, e->ba.t_ns));
}

/* Both newest reports, and both messages, were sent after the last discontinuity of either node. */
static bool unbroken(const struct sim_check *c, const struct held *h, const struct evidence *e)
{
        const struct check_node *o = &c->nodes[h->observer];
        int64_t clear = later(c->nodes[h->a].broken.clear_t_ns, c->nodes[h->b].broken.clear_t_ns);

        return sooner(o->sent_t_ns[h->a], o->sent_t_ns[h->b]) > clear && first_sent(e) > clear;
}

/* The least and greatest rate of an oscillator between two instants. */
static void rates(const struct sim_clock *clock, int64_t from_ns, int64_t to_ns, int64_t *least, int64_t *greatest)
{
        uint32_t k = clock->n;

        *least = INT64_MAX;
        *greatest = INT64_MIN;
        while (k-- > 0 && k + SIM_SEGMENTS > clock->n) {
                const struct sim_segment *s = &clock->segments[k % SIM_SEGMENTS];

                if (s->t_ns <= to_ns) {
                        *least = sooner(*least, s->raw_ppb);
                        *greatest = later(*greatest, s->raw_ppb);
                }
                if (s->t_ns <= from_ns)
                        return;
        }
}

int64_t check_worst_rate_ppb(const struct sim_check *c, uint32_t a, uint32_t b, int64_t from_ns, int64_t to_ns)
{
        int64_t a_low, a_high, b_low, b_high, rate;

        rates(&c->sim->nodes[a].clock, from_ns, to_ns, &a_low, &a_high);
        rates(&c->sim->nodes[b].clock, from_ns, to_ns, &b_low, &b_high);
        rate = later(a_high - b_low, b_high - a_low);
        return rate + (int64_t)((double)rate * 1e-9 * (double)llabs(sooner(a_low, b_low))) + 1;
}

/* Whether rho was promised to cover the oscillators. */
static bool rho_holds(const struct sim_check *c, const struct held *h, const struct evidence *e, int64_t as_of_t_ns)
{
        int64_t from = sooner(first_sent(e), as_of_t_ns), to = later(as_of_t_ns, later(e->ab.t_ns, e->ba.t_ns));
        int64_t rate = check_worst_rate_ppb(c, h->a, h->b, from, to);

        if (rate <= (int64_t)h->pair->rho_ppm * 1000)
                return true;
        return rate <= STEADY_PPB && !check_ever_lied(c, h->a) && !check_ever_lied(c, h->b) &&
               c->nodes[h->a].rate_t_ns <= c->sim->nodes[h->a].up_t_ns &&
               c->nodes[h->b].rate_t_ns <= c->sim->nodes[h->b].up_t_ns;
}

static bool honest_since(const struct sim_check *c, uint32_t i, int64_t t_ns)
{
        return check_honest(c->sim, i) && c->nodes[i].lied_t_ns + LIES_LAST_NS < t_ns;
}

static bool holds(const struct sim_check *c, const struct held *h, int64_t as_of_t_ns, int64_t *truth_ns)
{
        static const int64_t around[] = { 0, -ROUNDING_NS, ROUNDING_NS };

        for (int k = 2; k >= 0; k--) {
                *truth_ns = sim_offset(c->sim, h->a, h->b, as_of_t_ns + around[k]);
                if (*truth_ns >= h->pair->offset.low_ns - ROUNDING_NS && *truth_ns <= h->pair->offset.high_ns + ROUNDING_NS)
                        return true;
        }
        return false;
}

/* ---- jumps ---- */

/* How old the message is that an echo rests on, counted in messages that its sender had received since when it sent the echo. */
static uint32_t messages_since(const struct sim_check *c, uint32_t measurer, uint32_t peer, int64_t measured_t_ns,
                               int64_t echo_t_ns)
{
        const struct check_direction *d = check_heard(c, measurer, peer);
        uint32_t n = 0, kept = d->n < CHECK_HEARD ? d->n : CHECK_HEARD;

        for (uint32_t k = 1; k <= kept; k++) {
                int64_t t = d->last[(d->n - k) % CHECK_HEARD].t_ns;

                n += t > measured_t_ns + ROUNDING_NS && t < echo_t_ns; /* those of the same instant may have come after it */
        }
        return n;
}

static void check_window(struct sim_check *c, const struct held *h, const struct tg_half *half, uint32_t measurer,
                         uint32_t peer, int64_t measured_t_ns)
{
        int64_t echo_t_ns;
        uint32_t n;

        if (!check_when(c, measurer, half->sent_raw_ns, &echo_t_ns))
                return;
        n = messages_since(c, measurer, peer, measured_t_ns, echo_t_ns);
        c->counts.checked[SIM_CHECK_WINDOW]++;
        if (n >= TG_LINK_WINDOW)
                sim_trouble(c->sim, "window: n%u holds an echo of n%u about n%u that rests on a message with %u received since",
                            h->observer + 1, measurer + 1, peer + 1, n);
}

/* The smallest delay of what x handled of y after an instant and before another; INT64_MAX: nothing. */
static int64_t first_delay(const struct sim_check *c, uint32_t x, uint32_t y, int64_t after_ns, int64_t before_ns)
{
        const struct check_direction *d = check_heard(c, x, y);
        uint32_t kept = d->n < CHECK_HEARD ? d->n : CHECK_HEARD;
        int64_t least = INT64_MAX;

        for (uint32_t k = 1; k <= kept; k++) {
                const struct check_receipt *r = &d->last[(d->n - k) % CHECK_HEARD];

                if (r->t_ns > after_ns && r->t_ns < before_ns)
                        least = sooner(least, r->t_ns - r->sent_t_ns);
        }
        return least;
}

/* The bound rests on messages of both sides of a discontinuity of x. Should it have contradicted itself? */
static bool should_contradict(const struct sim_check *c, const struct held *h, const struct evidence *e, uint32_t x,
                              int64_t as_of_t_ns)
{
        uint32_t y = x == h->a ? h->b : h->a;
        const struct tg_half *xy = x == h->a ? h->ab : h->ba;
        const struct check_receipt *old = x == h->a ? &e->ba : &e->ab; /* what y still holds of x */
        const struct check_break *br = &c->nodes[x].broken;
        int64_t echo_t_ns, delay, span;
        double worst;

        if (br->size_ns <= 0 || old->sent_t_ns >= br->t_ns || old->t_ns < old->sent_t_ns ||
            later(br->before_t_ns, c->nodes[y].broken.clear_t_ns) > old->sent_t_ns ||
            !check_when(c, x, xy->sent_raw_ns, &echo_t_ns) || echo_t_ns < br->clear_t_ns)
                return false;
        delay = first_delay(c, x, y, br->clear_t_ns, echo_t_ns);
        span = later(as_of_t_ns, echo_t_ns) - old->sent_t_ns;
        worst = (double)(2000 * (int64_t)h->pair->rho_ppm + check_worst_rate_ppb(c, x, y, old->sent_t_ns, c->sim->t_ns)) * 1e-9;
        return delay != INT64_MAX && br->size_ns > delay + (old->t_ns - old->sent_t_ns) + (int64_t)(worst * (double)span);
}

/* ---- the pair ---- */

static void check_verdict(struct sim_check *c, const struct held *h, int64_t truth_ns)
{
        int64_t budget = c->sim->nodes[h->observer].core->options.budget_ns;

        if (h->pair->stale || h->pair->verdict == TG_PAIR_UNPROVEN)
                return;
        c->counts.checked[SIM_CHECK_VERDICT]++;
        c->counts.beyond += h->pair->verdict == TG_PAIR_BEYOND;
        if ((h->pair->verdict == TG_PAIR_BEYOND) == (llabs(truth_ns) > budget))
                return;
        sim_trouble(c->sim, "verdict: n%u judges n%u-n%u %s by [%lld, %lld] ns; the truth is %lld ns and the budget %lld ns",
                    h->observer + 1, h->a + 1, h->b + 1, tg_pair_verdict_text(h->pair->verdict),
                    (long long)h->pair->offset.low_ns, (long long)h->pair->offset.high_ns, (long long)truth_ns,
                    (long long)budget);
}

static void note_width(struct sim_check *c, const struct held *h)
{
        double width = (double)tg_interval_width_ns(h->pair->offset);
        int k = width < 1 ? 0 : (int)(8 * log2(width));

        c->counts.widths[k < SIM_WIDTHS ? k : SIM_WIDTHS - 1]++;
}

static void remember(struct sim_check *c, const struct held *h, struct check_bound *bound, int64_t t_ns, int64_t truth_ns,
                     bool ok)
{
        int64_t broken = later(c->nodes[h->a].broken.t_ns, c->nodes[h->b].broken.t_ns);

        if (bound->known && bound->as_of_t_ns < broken && t_ns >= broken) {
                bound->old_t_ns = bound->as_of_t_ns;
                bound->old_width_ns = bound->raw_width_ns;
        }
        bound->as_of_t_ns = t_ns;
        bound->truth_ns = truth_ns;
        bound->raw_width_ns = h->pair->raw.high_ns - h->pair->raw.low_ns;
        bound->excused = !ok;
}

static void judge_bound(struct sim_check *c, const struct held *h, struct check_bound *bound)
{
        struct evidence e;
        int64_t t, truth = 0;
        bool located = check_when(c, h->pair->as_of_on_b ? h->b : h->a, h->pair->as_of_raw_ns, &t);
        bool ok, told, whole;

        bound->known = located;
        if (!located)
                return;
        ok = holds(c, h, t, &truth);
        told = find_evidence(c, h, &e);
        whole = told && unbroken(c, h, &e) && honest_since(c, h->a, first_sent(&e)) && honest_since(c, h->b, first_sent(&e)) &&
                sooner(e.ab.t_ns - e.ab.sent_t_ns, e.ba.t_ns - e.ba.sent_t_ns) >= 0;
        remember(c, h, bound, t, truth, ok);
        if (told && whole) {
                check_window(c, h, h->ab, h->a, h->b, e.ab.t_ns);
                check_window(c, h, h->ba, h->b, h->a, e.ba.t_ns);
                note_width(c, h);
                if (ok)
                        check_width(c, h->observer, h->a, h->b, t);
        }
        if (ok) {
                c->counts.checked[SIM_CHECK_TRUTH] += whole;
                if (whole && bound->old_width_ns) {
                        c->counts.checked[SIM_CHECK_JUMP] +=
                                later(c->nodes[h->a].broken.size_ns, c->nodes[h->b].broken.size_ns) > bound->old_width_ns;
                        bound->old_width_ns = 0;
                }
                return;
        }
        if (whole && rho_holds(c, h, &e, t)) {
                sim_trouble(c->sim,
                            "truth: n%u holds n%u-n%u in [%lld, %lld] ns as of %.9f s; the truth is %lld ns (rho %u ppm, RAW "
                            "[%lld, "
                            "%lld], messages of %.6f and %.6f s)",
                            h->observer + 1, h->a + 1, h->b + 1, (long long)h->pair->offset.low_ns,
                            (long long)h->pair->offset.high_ns, (double)t / 1e9, (long long)truth, h->pair->rho_ppm,
                            (long long)h->pair->raw.low_ns, (long long)h->pair->raw.high_ns, (double)e.ab.sent_t_ns / 1e9,
                            (double)e.ba.sent_t_ns / 1e9);
                return;
        }
        c->counts.excused++;
        if (told && honest_since(c, h->a, first_sent(&e)) && honest_since(c, h->b, first_sent(&e)) &&
            (should_contradict(c, h, &e, h->a, t) || should_contradict(c, h, &e, h->b, t)))
                sim_trouble(c->sim,
                            "jump: n%u still holds n%u-n%u in [%lld, %lld] ns as of %.6f s, the truth is %lld ns: RAW fell "
                            "behind by %lld "
                            "(n%u) and %lld ns (n%u), the width before was %lld ns",
                            h->observer + 1, h->a + 1, h->b + 1, (long long)h->pair->offset.low_ns,
                            (long long)h->pair->offset.high_ns, (double)t / 1e9, (long long)truth,
                            (long long)c->nodes[h->a].broken.size_ns, h->a + 1, (long long)c->nodes[h->b].broken.size_ns,
                            h->b + 1, (long long)bound->old_width_ns);
}

void check_pair(struct sim_check *c, uint32_t observer, uint32_t a, uint32_t b)
{
        const struct tg_view *view = &c->sim->nodes[observer].core->view;
        struct held h = { observer, a, b, tg_view_find(view, a + 1), tg_view_find(view, b + 1), view, NULL, NULL, NULL };
        struct check_bound *bound = check_bound(c, observer, a, b);
        bool moved;

        if (h.slot_a < 0 || h.slot_b < 0)
                return;
        h.pair = &view->pairs[h.slot_a][h.slot_b];
        if (!h.pair->bounded && h.pair->contradicted && bound->bounded)
                bound->contradicted_t_ns = c->sim->t_ns;
        bound->bounded = h.pair->bounded;
        if (!h.pair->bounded)
                return;
        h.ab = &view->halves[h.slot_a][h.slot_b];
        h.ba = &view->halves[h.slot_b][h.slot_a];
        moved = h.pair->as_of_raw_ns != bound->as_of_raw_ns || h.pair->offset.low_ns != bound->offset.low_ns ||
                h.pair->offset.high_ns != bound->offset.high_ns;
        if (!moved && h.pair->verdict == bound->verdict)
                return;
        bound->as_of_raw_ns = h.pair->as_of_raw_ns;
        bound->offset = h.pair->offset;
        bound->verdict = h.pair->verdict;
        check_refresh(c, a);
        check_refresh(c, b);
        if (moved)
                judge_bound(c, &h, bound);
        if (bound->known && !bound->excused)
                check_verdict(c, &h, bound->truth_ns);
}
