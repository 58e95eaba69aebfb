/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How wide a bound may be: the formula of check.h, from true delays and instants. The core is asked for its rho, for which message an echo
   rests on, and for how many messages its window holds at present (so that what it dropped after a contradiction does not count). */
#include "check_private.h"

#include <math.h>
#include <stdlib.h>

#define CARRY(ns)   ((ns) / (TG_NS_PER_S / TG_SLEW_MAX_PPB))
#define ROUNDING_NS 50

static int64_t least(int64_t a, int64_t b)
{
        return a < b ? a : b;
}

/* How many of what x heard of y its core still holds. */
static uint32_t in_window(const struct sim_check *c, uint32_t x, uint32_t y)
{
        const struct tg_node *core = c->sim->nodes[x].core;
        int slot = core ? tg_view_find(&core->view, y + 1) : -1;
        uint32_t heard = check_heard(c, x, y)->n;

        return slot < 0 ? 0 : (uint32_t)least(core->links[slot].n, heard);
}

/* The rho by which x chose what to echo about y: its own, or what y had told by then. */
static uint32_t chosen_by(const struct check_direction *d, const struct tg_half *half, int64_t echo_t_ns)
{
        for (uint32_t k = 1; k <= d->n && k <= CHECK_HEARD; k++) {
                const struct check_receipt *r = &d->last[(d->n - k) % CHECK_HEARD];

                if (r->t_ns <= echo_t_ns)
                        return r->peer_rho_ppm > half->rho_ppm ? r->peer_rho_ppm : half->rho_ppm;
        }
        return half->rho_ppm;
}

/* What x's echo about y may be at most, beyond RAW(x) - RAW(y) at as_of; INT64_MAX: nothing is known of the messages of the time. */
static int64_t one_way(const struct sim_check *c, uint32_t x, uint32_t y, const struct tg_half *half, uint32_t rho_ppm,
                       int64_t as_of_t_ns)
{
        const struct check_direction *d = check_heard(c, x, y);
        uint32_t n = in_window(c, x, y);
        double rho, rate, best = INFINITY;
        int64_t echo, measured, clear = c->nodes[x].broken.clear_t_ns;
        uint32_t chosen;

        if (clear < c->nodes[y].broken.clear_t_ns)
                clear = c->nodes[y].broken.clear_t_ns;
        if (!check_when(c, x, half->sent_raw_ns, &echo) || !check_when(c, x, half->measured_raw_ns, &measured))
                return INT64_MAX;
        chosen = chosen_by(d, half, echo);
        rho = (chosen > rho_ppm ? chosen : rho_ppm) * 1e-6;
        rate = n ? 1e-9 * (double)check_worst_rate_ppb(c, x, y, least(d->last[(d->n - n) % CHECK_HEARD].t_ns, as_of_t_ns),
                                                       c->sim->t_ns)
                 : 0;
        for (uint32_t k = 1; k <= n; k++) {
                const struct check_receipt *r = &d->last[(d->n - k) % CHECK_HEARD];

                if (r->t_ns < echo && r->sent_t_ns > clear)
                        best = fmin(best,
                                    (double)(r->t_ns - r->sent_t_ns) + (rho + rate) * (double)llabs(as_of_t_ns - r->t_ns));
        }
        if (isinf(best))
                return INT64_MAX;
        if (echo > as_of_t_ns)
                best += 2 * rho * (double)(echo - as_of_t_ns);
        if (rho_ppm > chosen)
                best += (rho_ppm - chosen) * 1e-6 * (double)llabs(as_of_t_ns - measured);
        return (int64_t)(best * 1.002) + ROUNDING_NS;
}

/* How exactly c of x was known at as_of. */
static int64_t reading(const struct sim_check *c, uint32_t observer, uint32_t x, const struct tg_half *half, int64_t as_of_t_ns,
                       int64_t span_ns)
{
        const struct tg_view *view = &c->sim->nodes[observer].core->view;
        const struct tg_member *m = &view->members[tg_view_find(view, x + 1)];
        int64_t raw = sim_clock_raw(&c->sim->nodes[x].clock, as_of_t_ns), blur = 100 * (int64_t)c->sim->blur_ns;
        int64_t half_max = blur * 4 + 200, near = span_ns + ROUNDING_NS, sum = 0, since, r;

        for (uint8_t k = 0; k < m->n_points; k++) {
                const struct tg_point *p = &m->points[k];

                if (raw > p->raw_ns + near || raw + near < p->hull_since_raw_ns)
                        continue;
                if (!check_when(c, x, p->hull_since_raw_ns, &since) || c->sim->nodes[x].clock.moved_t_ns >= since)
                        return INT64_MAX; /* a step may lie in the span */
                r = least(p->hull.high_ns - p->hull.low_ns,
                          2 * (least(p->half_ns, half_max) + CARRY(llabs(p->raw_ns - raw) + span_ns) + 2));
                if (half->has_heard && half->heard_raw_ns >= p->steady_since_raw_ns && half->heard_raw_ns <= p->raw_ns)
                        r = least(r, 2 * (TG_HEARD_HALF_NS + CARRY(llabs(half->heard_raw_ns - raw) + span_ns) + 2));
                sum += r;
        }
        return sum ? sum : INT64_MAX;
}

static double frequency_ppm(const struct tg_view *view, int slot)
{
        return tg_chrony_float_value(view->members[slot].report.chrony.tracking.freq_ppm);
}

static bool doubled(const struct sim_check *c, uint32_t x, uint32_t y)
{
        const struct tg_node *core = c->sim->nodes[x].core;
        int slot = core ? tg_view_find(&core->view, y + 1) : -1;

        return slot < 0 || core->links[slot].doublings || check_ever_lied(c, x);
}

static void check_rho(struct sim_check *c, uint32_t observer, uint32_t a, uint32_t b, const struct tg_pair *pair)
{
        const struct tg_view *view = &c->sim->nodes[observer].core->view;
        double chrony = fabs(frequency_ppm(view, tg_view_find(view, a + 1)) - frequency_ppm(view, tg_view_find(view, b + 1)));
        double rate = 1e-3 * (double)check_worst_rate_ppb(c, a, b, c->sim->t_ns, c->sim->t_ns);
        double most = fmax(TG_RHO_UNKNOWN_PPM, fmax(2 * rate + 630, chrony + 230));

        /* an oscillator that changed has the old rate in the line still, and a jump that was too small to be found out bends it */
        if (doubled(c, a, b) || doubled(c, b, a) || c->nodes[a].rate_t_ns || c->nodes[b].rate_t_ns ||
            c->nodes[a].broken.t_ns != CHECK_NEVER || c->nodes[b].broken.t_ns != CHECK_NEVER || pair->rho_ppm <= most)
                return;
        sim_trouble(c->sim, "width: n%u holds n%u-n%u with a rho of %u ppm; %.0f ppm would do", observer + 1, a + 1, b + 1,
                    pair->rho_ppm, most);
}

void check_width(struct sim_check *c, uint32_t observer, uint32_t a, uint32_t b, int64_t as_of_t_ns)
{
        const struct tg_view *view = &c->sim->nodes[observer].core->view;
        int sa = tg_view_find(view, a + 1), sb = tg_view_find(view, b + 1);
        const struct tg_pair *pair = &view->pairs[sa][sb];
        const struct tg_half *ab = &view->halves[sa][sb], *ba = &view->halves[sb][sa];
        int64_t raw = pair->raw.high_ns - pair->raw.low_ns, all = (int64_t)tg_interval_width_ns(pair->offset);
        int64_t ab_most, ba_most, a_most, b_most, apart, span;

        check_rho(c, observer, a, b, pair);
        ab_most = one_way(c, a, b, ab, pair->rho_ppm, as_of_t_ns);
        ba_most = one_way(c, b, a, ba, pair->rho_ppm, as_of_t_ns);
        if (ab_most == INT64_MAX || ba_most == INT64_MAX)
                return;
        apart = llabs(c->nodes[observer].sent_t_ns[a] - c->nodes[observer].sent_t_ns[b]);
        span = raw + 2 * (int64_t)(pair->rho_ppm * 1e-6 * (double)(apart + raw)) + ROUNDING_NS;
        ab_most += (int64_t)(pair->rho_ppm * 1e-6 * (double)span);
        ba_most += (int64_t)(pair->rho_ppm * 1e-6 * (double)span);
        a_most = reading(c, observer, a, ab, as_of_t_ns, span);
        b_most = reading(c, observer, b, ba, as_of_t_ns, span);
        if (a_most == INT64_MAX || b_most == INT64_MAX)
                return;
        c->counts.checked[SIM_CHECK_WIDTH]++;
        if (raw <= ab_most + ba_most && all <= raw + a_most + b_most)
                return;
        sim_trouble(c->sim,
                    "width: n%u holds n%u-n%u in %lld ns, RAW in %lld ns; the messages allow %lld + %lld ns, the readings %lld "
                    "+ %lld ns",
                    observer + 1, a + 1, b + 1, (long long)all, (long long)raw, (long long)ab_most, (long long)ba_most,
                    (long long)a_most, (long long)b_most);
}
