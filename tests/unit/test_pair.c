/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The bound of a pair, from reports of two nodes whose clocks are known at every instant: it must hold the truth at its as_of whatever the
   delays (often none at all, so that nothing hides a term that is missing), readings, slews and steps, and be no wider than it has to. */
#include <math.h>

#include "pair.h"
#include "property.h"

#define S           TG_NS_PER_S
#define MS          TG_NS_PER_MS
#define ROUNDS      6
#define SENT_MAX    (4 * ROUNDS)
#define ROUNDING_NS 6 /* RAW and c are whole ns here */

/* From t_ns on: REALTIME - RAW = c_ns + slope x (t - t_ns). */
struct segment {
        int64_t t_ns, c_ns, slope_ppb;
        bool step; /* it begins with a jump */
};

struct clock {
        int64_t base_ns, ppb; /* RAW(t) = base + t (1 + ppb) */
        uint32_t n;
        struct segment segments[8];
};

struct sent {
        uint32_t from;
        int64_t t_ns, heard_t_ns; /* when it was sent, and when the other node heard it */
        int64_t watched_t_ns;     /* since when its hull was watched */
        struct tg_report report;
};

struct game {
        struct tg_random *r;
        struct clock clocks[2];
        uint32_t rho_ppm[2];
        int64_t delay_least_ns[2]; /* of what each sends */
        int64_t delay_max_ns, apart_max_ns, bracket_max_ns;
        bool quiet;
        bool broken; /* oscillators */
        uint32_t n;
        struct sent sent[SENT_MAX];
        struct tg_view view;
};

static int64_t scaled(int64_t ns, int64_t ppb)
{
        return (int64_t)floor((double)ns * (double)ppb / 1e9);
}

static int64_t raw_at(const struct clock *c, int64_t t_ns)
{
        return c->base_ns + t_ns + scaled(t_ns, c->ppb);
}

static int64_t when_raw(const struct clock *c, int64_t raw_ns)
{
        int64_t t = raw_ns - c->base_ns;

        for (int i = 0; i < 4; i++)
                t = raw_ns - c->base_ns - scaled(t, c->ppb);
        return t;
}

static int64_t along(const struct segment *s, int64_t t_ns)
{
        return s->c_ns + scaled(t_ns - s->t_ns, s->slope_ppb);
}

static int64_t c_at(const struct clock *c, int64_t t_ns)
{
        uint32_t i = c->n - 1;

        while (i && c->segments[i].t_ns > t_ns)
                i--;
        return along(&c->segments[i], t_ns);
}

static void random_clock(struct game *g, struct clock *c)
{
        struct tg_random *r = g->r;
        int64_t ppb = g->broken ? 20000000 : 245000;

        *c = (struct clock){ .base_ns = random_size(r, INT64_C(1) << 50), .ppb = random_range(r, -ppb, ppb), .n = 1 };
        c->segments[0].c_ns = S + random_size(r, INT64_C(1) << 60);
        c->segments[0].slope_ppb = g->quiet ? random_range(r, -100000, 100000) : random_signed(r, 97000000);
        for (uint32_t k = random_below(r, g->quiet ? 1 : 7); k > 0; k--) {
                struct segment *last = &c->segments[c->n - 1], *s = &c->segments[c->n++];

                s->t_ns = last->t_ns + random_range(r, 1, 2 * S);
                s->step = random_chance(r, 50);
                s->c_ns = along(last, s->t_ns) + (s->step ? random_signed(r, 3 * S) : 0);
                s->slope_ppb = random_chance(r, 50) ? last->slope_ppb : random_signed(r, 97000000);
        }
}

static void widen(struct tg_report *report, int64_t c_ns)
{
        report->hull_low_ns = c_ns < report->hull_low_ns ? c_ns : report->hull_low_ns;
        report->hull_high_ns = c_ns > report->hull_high_ns ? c_ns : report->hull_high_ns;
}

/* What the clock did since it was last reported, exactly; only the reading of now is blurred. */
static void tell_clock(const struct game *g, struct sent *s, int64_t since_t_ns)
{
        const struct clock *c = &g->clocks[s->from];
        struct tg_report *report = &s->report;

        report->raw_ns = raw_at(c, s->t_ns);
        report->bracket_ns = random_size(g->r, g->bracket_max_ns);
        report->c_ns = c_at(c, s->t_ns) + random_range(g->r, -report->bracket_ns / 2, report->bracket_ns / 2);
        report->hull_low_ns = report->hull_high_ns = report->c_ns;
        report->hull_since_raw_ns = report->steady_since_raw_ns = raw_at(c, since_t_ns);
        widen(report, c_at(c, s->t_ns));
        widen(report, c_at(c, since_t_ns));
        for (uint32_t i = 1; i < c->n; i++) {
                const struct segment *part = &c->segments[i];

                if (part->t_ns > s->t_ns)
                        break;
                report->steps += part->step;
                if (part->t_ns < since_t_ns)
                        continue;
                widen(report, part->c_ns);
                widen(report, along(part - 1, part->t_ns));
                if (part->step)
                        report->steady_since_raw_ns = raw_at(c, part->t_ns) + 1;
        }
        report->slew_ppb = (int32_t)(c->n == 1 ? c->segments[0].slope_ppb : 0);
}

static struct tg_epoch epoch_of(uint32_t i)
{
        return (struct tg_epoch){ .boot_id = { (uint8_t)(i + 1) } };
}

/* The best of what came in the last seconds, with all that a node knows of it. */
static void tell_echo(const struct game *g, struct sent *s)
{
        const struct clock *own = &g->clocks[s->from], *other = &g->clocks[!s->from];
        struct tg_epoch epoch = epoch_of(!s->from);
        struct tg_echo *e = &s->report.echoes[0];
        int64_t best_ns = INT64_MAX, now = s->report.raw_ns;

        for (uint32_t k = 0; k < g->n; k++) {
                const struct sent *m = &g->sent[k];
                int64_t rx = raw_at(own, m->heard_t_ns), upper = rx - m->report.raw_ns;

                if (m->from == s->from || m->heard_t_ns > s->t_ns)
                        continue;
                e->has_heard = random_chance(g->r, 80);
                e->heard_raw_ns = rx;
                e->heard_c_ns = c_at(own, m->heard_t_ns) + random_range(g->r, 1 - TG_HEARD_HALF_NS, TG_HEARD_HALF_NS - 1);
                if (upper + tg_ageing_ns(now - rx, 500) >= best_ns)
                        continue;
                best_ns = upper + tg_ageing_ns(now - rx, 500);
                e->upper_ns = upper;
                e->measured_raw_ns = rx;
                s->report.n_echoes = 1;
        }
        e->node_id = !s->from + 1;
        e->epoch_tag = tg_epoch_tag(&epoch);
        e->rho_ppm = (uint16_t)g->rho_ppm[s->from];
        e->estimate_gap_ns = (int32_t)(e->upper_ns - (now - raw_at(other, s->t_ns)));
        e->rate_ppb = (int32_t)(own->ppb - other->ppb);
        e->rate_error_ppb = 1;
}

static void send(struct game *g, uint32_t from, int64_t t_ns)
{
        struct sent *s = &g->sent[g->n];
        int64_t since = 0, delay = g->delay_least_ns[from] + (random_chance(g->r, 40) ? 0 : random_size(g->r, g->delay_max_ns));

        *s = (struct sent){ .from = from, .t_ns = t_ns, .report = { .node_id = from + 1, .seq = g->n + 1, .ring = { 1, 1 } } };
        s->report.epoch = epoch_of(from);
        s->heard_t_ns = t_ns + delay;
        for (uint32_t k = 0; k < g->n; k++)
                if (g->sent[k].from == from) {
                        since = g->sent[k].t_ns;
                        s->heard_t_ns = g->sent[k].heard_t_ns > s->heard_t_ns ? g->sent[k].heard_t_ns : s->heard_t_ns;
                }
        if (!g->quiet && random_chance(g->r, 25)) /* its agent began anew meanwhile */
                since += random_size(g->r, t_ns - since);
        s->watched_t_ns = since;
        tell_clock(g, s, since);
        tell_echo(g, s);
        g->n++;
}

static const struct tg_pair *pair_of(const struct game *g)
{
        return &g->view.pairs[tg_view_find(&g->view, 1)][tg_view_find(&g->view, 2)];
}

static int64_t as_of_t(const struct game *g, const struct tg_pair *pair)
{
        return when_raw(&g->clocks[pair->as_of_on_b], pair->as_of_raw_ns);
}

static int64_t truth_at(const struct game *g, int64_t t_ns)
{
        const struct clock *a = &g->clocks[0], *b = &g->clocks[1];

        return raw_at(a, t_ns) + c_at(a, t_ns) - raw_at(b, t_ns) - c_at(b, t_ns);
}

static void deliver(struct game *g, const struct sent *s)
{
        const struct tg_pair *pair = pair_of(g);
        int64_t truth;

        tg_view_deliver(&g->view, tg_view_find(&g->view, s->from + 1), &s->report, s->t_ns);
        assert_false(pair->contradicted);
        if (!pair->bounded)
                return;
        truth = truth_at(g, as_of_t(g, pair));
        assert_true(truth >= pair->offset.low_ns - ROUNDING_NS);
        assert_true(truth <= pair->offset.high_ns + ROUNDING_NS);
}

/* All see the messages in one order, which is not always that of their sending; nobody answers what has not come yet. */
static void order(struct game *g)
{
        for (uint32_t k = 0; k + 1 < g->n; k++) {
                struct sent *a = &g->sent[k], *b = a + 1, kept = *a;

                if (a->from == b->from || a->heard_t_ns <= b->t_ns || random_chance(g->r, 50))
                        continue;
                *a = *b;
                *b = kept;
                k++;
        }
}

static void new_game(struct game *g, struct tg_random *r, bool quiet)
{
        int64_t apart_ppm;

        memset(g, 0, sizeof *g);
        g->r = r;
        g->quiet = quiet;
        g->broken = !quiet && random_chance(r, 30);
        g->delay_max_ns = quiet ? MS : random_size(r, 50 * MS);
        g->apart_max_ns = quiet ? 5 * MS : random_size(r, 450 * MS);
        g->bracket_max_ns = quiet ? 0 : random_size(r, 3 * MS);
        g->delay_least_ns[0] = g->delay_least_ns[1] = ROUNDING_NS;
        if (!quiet && random_chance(r, 50)) /* one way is slow */
                g->delay_least_ns[random_below(r, 2)] += random_size(r, 200 * MS);
        random_clock(g, &g->clocks[0]);
        random_clock(g, &g->clocks[1]);
        apart_ppm = llabs(g->clocks[0].ppb - g->clocks[1].ppb) / 1000;
        apart_ppm += g->broken ? apart_ppm / 40 : 0; /* by either's RAW */
        g->rho_ppm[random_below(r, 2)] = (uint32_t)apart_ppm + 2;
        for (int i = 0; i < 2; i++)
                g->rho_ppm[i] += g->rho_ppm[i] ? 0 : 1 + (uint32_t)apart_ppm / 3;
        g->view.budget_ns = S;
        g->view.patience_ns = 100 * S;
        g->view.ring = (struct tg_ring_id){ 1, 1 };
        tg_view_slot(&g->view, 2); /* slots are not in the order of ids */
        tg_view_slot(&g->view, 1);
}

/* Both send; the later one may have heard the earlier one. */
static void play_round(struct game *g, int64_t t_ns)
{
        uint32_t first = random_below(g->r, 2);
        int64_t apart = random_size(g->r, g->apart_max_ns);

        send(g, first, t_ns);
        send(g, !first, t_ns + apart);
        if (!g->quiet && random_chance(g->r, 40)) /* and something happens on one of them */
                send(g, random_below(g->r, 2), t_ns + apart + random_size(g->r, 400 * MS));
}

static void the_truth_is_within(void **state)
{
        struct property p = property_begin(100000, 4000);
        struct tg_random r;
        uint64_t n = 0, bounded = 0;

        (void)state;
        while (property_next(&p, &r)) {
                struct game g;

                new_game(&g, &r, false);
                for (int k = 1; k <= ROUNDS; k++)
                        play_round(&g, k * S);
                order(&g);
                for (uint32_t k = 0; k < g.n; k++)
                        deliver(&g, &g.sent[k]);
                n++;
                bounded += pair_of(&g)->bounded;
        }
        assert_true(n < 1000 || bounded * 10 >= n * 9);
}

/* Aligned reports of two clocks that nobody touches: the bound keeps up, and every term of it can be told. */
static void check_quiet(const struct game *g, int64_t sent_t_ns)
{
        const struct tg_pair *pair = pair_of(g);
        int64_t t = as_of_t(g, pair), rho = g->rho_ppm[0] > g->rho_ppm[1] ? g->rho_ppm[0] : g->rho_ppm[1];
        int64_t width = (int64_t)tg_interval_width_ns(pair->offset);
        int64_t slews = (llabs(g->clocks[0].segments[0].slope_ppb) + llabs(g->clocks[1].segments[0].slope_ppb)) / 1000;

        assert_true(pair->bounded);
        assert_in_range(t, sent_t_ns - 3 * MS, sent_t_ns + 1000);
        assert_in_range(width, 0, 2 * MS + 2 * 1100 * rho * 1000 / 1000 + 1100 * slews + 10000);
        assert_true(llabs(pair->estimate_ns - truth_at(g, t)) <= 600 * slews + 3000);
        assert_true(pair->has_rate);
        assert_true(llabs(pair->rate_ppb - (g->clocks[0].ppb - g->clocks[1].ppb) - g->clocks[0].segments[0].slope_ppb +
                          g->clocks[1].segments[0].slope_ppb) <= 1);
}

static void a_quiet_pair_is_known_well(void **state)
{
        struct property p = property_begin(5000, 1000);
        struct tg_random r;

        (void)state;
        while (property_next(&p, &r)) {
                struct game g;

                new_game(&g, &r, true);
                for (int k = 1; k <= ROUNDS; k++)
                        play_round(&g, k * S);
                for (uint32_t k = 0; k < g.n; k++) {
                        deliver(&g, &g.sent[k]);
                        if (k >= 3 && k % 2)
                                check_quiet(&g, g.sent[k - 1].t_ns);
                }
        }
}

/* A blurred bound of after a step takes the place of a sharp one of a millisecond before. */
static void a_step_is_known_with_the_answer(void **state)
{
        struct property p = property_begin(2000, 500);
        struct tg_random r;

        (void)state;
        while (property_next(&p, &r)) {
                struct game g;
                int64_t t = 2 * S + 6 * MS;
                struct clock *c;

                new_game(&g, &r, true);
                play_round(&g, S);
                play_round(&g, 2 * S);
                c = &g.clocks[random_below(&r, 2)];
                c->segments[c->n] = c->segments[0];
                c->segments[c->n].t_ns = t;
                c->segments[c->n].step = true;
                c->segments[c->n++].c_ns = along(&c->segments[0], t) + (random_chance(&r, 50) ? 5 : -5) * S;
                g.delay_max_ns = 0;
                g.bracket_max_ns = 2 * MS;
                send(&g, c != g.clocks, t + MS);
                send(&g, c == g.clocks, t + 2 * MS);
                for (uint32_t k = 0; k < g.n; k++)
                        deliver(&g, &g.sent[k]);
                assert_true(llabs(pair_of(&g)->estimate_ns - truth_at(&g, t + 2 * MS)) < S);
        }
}

static void verdicts_at_the_edge(void **state)
{
        const struct {
                int64_t low_ns, high_ns;
                enum tg_pair_verdict verdict;
        } cases[] = {
                { -100, 100, TG_PAIR_WITHIN },    { -101, 100, TG_PAIR_UNPROVEN }, { -100, 101, TG_PAIR_UNPROVEN },
                { 100, 100, TG_PAIR_WITHIN },     { 100, 101, TG_PAIR_UNPROVEN },  { 101, 101, TG_PAIR_BEYOND },
                { -101, -100, TG_PAIR_UNPROVEN }, { -102, -101, TG_PAIR_BEYOND },  { -200, 200, TG_PAIR_UNPROVEN },
        };

        (void)state;
        for (size_t i = 0; i < COUNT_OF(cases); i++)
                assert_int_equal(tg_pair_judge((struct tg_interval){ cases[i].low_ns, cases[i].high_ns }, 100),
                                 cases[i].verdict);
}

/* What one end alone estimates and measures, 100 s before as_of: carried there along its rate, with the sign of who measured. */
static void one_end_alone_tells_rate_and_estimate(void **state)
{
        struct tg_point p = { .raw_ns = 1000 * S, .hull_since_raw_ns = 990 * S, .steady_since_raw_ns = 990 * S };
        struct tg_half plain = { .valid = true, .upper_ns = 50 * MS, .measured_raw_ns = p.raw_ns, .rho_ppm = 100 };
        static struct tg_member a, b;

        (void)state;
        a.n_points = b.n_points = 1;
        a.points[0] = b.points[0] = p;
        for (int on_b = 0; on_b < 2; on_b++) {
                struct tg_half knows = plain;
                struct tg_pair pair = { 0 };

                knows.has_estimate = knows.has_rate = true;
                knows.sent_raw_ns = p.raw_ns - 100 * S;
                knows.estimate_ns = MS;
                knows.rate_ppb = 70000;
                knows.rate_error_ppb = 7;
                assert_int_equal(tg_pair_bound(&a, &b, on_b ? &plain : &knows, on_b ? &knows : &plain, &pair), TG_PAIR_NEW);
                assert_true(pair.has_rate && pair.rate_ppb == (on_b ? -70000 : 70000) && pair.rate_error_ppb == 7);
                assert_in_range((on_b ? -1 : 1) * pair.estimate_ns, 8 * MS - 10000, 8 * MS + 10000);
        }
}

TESTS_MAIN(TEST(the_truth_is_within), TEST(a_quiet_pair_is_known_well), TEST(a_step_is_known_with_the_answer),
           TEST(verdicts_at_the_edge), TEST(one_end_alone_tells_rate_and_estimate))
