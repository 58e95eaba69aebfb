/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See check.h. The watch itself: what an event of a node can have changed is handed to the invariant that it concerns. After a delivery
   only the pairs of its sender can be new; after an evaluation the blame; the rest is looked at once a second. */
#include "check_private.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SAME_NS    TG_NS_PER_S
#define WARM_NS    (60 * TG_NS_PER_S)
#define STEADY_PPB 10000

static const char *const texts[SIM_INVARIANTS] = {
        [SIM_CHECK_TRUTH] = "truth",
        [SIM_CHECK_JUMP] = "jump",
        [SIM_CHECK_WINDOW] = "window",
        [SIM_CHECK_VERDICT] = "verdict",
        [SIM_CHECK_BLAME] = "blame",
        [SIM_CHECK_LIVENESS] = "liveness",
        [SIM_CHECK_WIDTH] = "width",
        [SIM_CHECK_SAME] = "same",
        [SIM_CHECK_LIAR] = "liar",
        [SIM_CHECK_ALTERNATE] = "alternate",
        [SIM_CHECK_PROOF] = "proof",
        [SIM_CHECK_ALLOCATION] = "allocation",
        [SIM_CHECK_GATE_CLOSE] = "gate: close",
        [SIM_CHECK_GATE_OPEN] = "gate: open",
        [SIM_CHECK_GATE_WHOSE] = "gate: whose",
        [SIM_CHECK_GATE_ALONE] = "gate: alone",
        [SIM_CHECK_GATE_OPENS] = "gate: opens",
        [SIM_CHECK_GATE_TOLD] = "gate: told",
        [SIM_CHECK_GATE_CLOSES] = "gate: closes",
        [SIM_CHECK_GATE_SAME] = "gate: records",
};

const char *sim_invariant_text(enum sim_invariant invariant)
{
        return texts[invariant];
}

bool check_when(const struct sim_check *c, uint32_t i, int64_t raw_ns, int64_t *t_ns)
{
        return sim_clock_when(&c->sim->nodes[i].clock, raw_ns, t_ns) && *t_ns <= c->sim->t_ns;
}

/* ---- what is known of a node ---- */

/* The discontinuity at broken_t_ns, from the segments of the clock. */
static void measure_break(const struct sim_clock *clock, struct check_break *out)
{
        uint32_t k = clock->n;

        out->before_t_ns = out->t_ns;
        out->seen_t_ns = out->t_ns = out->clear_t_ns = clock->broken_t_ns;
        out->size_ns = 0;
        while (k-- > 1 && k + SIM_SEGMENTS > clock->n + 1) {
                const struct sim_segment *s = &clock->segments[k % SIM_SEGMENTS], *p = &clock->segments[(k - 1) % SIM_SEGMENTS];
                uint32_t halt = k - 1;
                int64_t raw;

                if (s->t_ns != clock->broken_t_ns || !s->running)
                        continue;
                if (!p->running) {
                        while (halt > 0 && halt + SIM_SEGMENTS > clock->n + 1 &&
                               !clock->segments[(halt - 1) % SIM_SEGMENTS].running)
                                halt--;
                        out->size_ns = s->t_ns - clock->segments[halt % SIM_SEGMENTS].t_ns;
                        return;
                }
                raw = p->raw_ns + (s->t_ns - p->t_ns) + (int64_t)((__int128)(s->t_ns - p->t_ns) * p->raw_ppb / TG_NS_PER_S);
                if (raw - s->raw_ns <= 2)
                        continue;
                out->size_ns = raw - s->raw_ns;
                if (clock->moved_t_ns != clock->broken_t_ns) /* else a boot, with an epoch of its own */
                        out->clear_t_ns += out->size_ns;
                return;
        }
}

void check_refresh(struct sim_check *c, uint32_t i)
{
        const struct sim_node *node = &c->sim->nodes[i];
        struct check_node *n = &c->nodes[i];
        int64_t rate = sim_clock_last(&node->clock)->raw_ppb;

        if (node->clock.broken_t_ns != INT64_MIN && node->clock.broken_t_ns != n->broken.seen_t_ns)
                measure_break(&node->clock, &n->broken);
        if (llabs(rate - n->rate_ppb) > STEADY_PPB) {
                n->rate_ppb = rate;
                n->rate_t_ns = c->sim->t_ns;
        }
        if (!check_honest(c->sim, i))
                n->lied_t_ns = c->sim->t_ns;
        if (node->core && node->core->fingerprint != n->fingerprint) {
                n->fingerprint = node->core->fingerprint;
                n->configured_t_ns = c->sim->t_ns;
        }
        if (node->life == n->life)
                return;
        n->life = node->life;
        n->judged_raw_ns = INT64_MIN;
        memset(n->up, 0, sizeof n->up);
        for (uint32_t j = 0; j < c->sim->n; j++) {
                n->sent_t_ns[j] = n->left_t_ns[j] = n->gone_t_ns[j] = CHECK_NEVER;
                n->all_pid[j] = 0;
                check_heard(c, i, j)->n = 0;
                for (uint32_t k = 0; k < c->sim->n; k++)
                        check_bound(c, i, j, k)->known = false;
        }
        for (int k = 0; k < CHECK_BUCKETS; k++)
                n->bucket_s[k] = -1;
}

/* ---- the watch ---- */

static void mix(struct sim_check *c, uint64_t value)
{
        c->hash = (c->hash ^ value) * UINT64_C(0x9e3779b97f4a7c15);
        c->hash ^= c->hash >> 29;
}

static void after_delivery(struct sim_check *c, uint32_t i, const struct sim_event *cause)
{
        const struct tg_node *core = c->sim->nodes[i].core;
        uint32_t x = cause->from;
        int slot = tg_view_find(&core->view, x + 1);
        struct check_direction *heard = check_heard(c, i, x);

        check_note_delivery(c, i, cause);
        if (slot < 0 || !core->view.members[slot].heard || core->view.members[slot].heard_raw_ns != core->clock.last.raw_ns)
                return; /* it was refused */
        heard->last[heard->n++ % CHECK_HEARD] =
                (struct check_receipt){ c->sim->t_ns, cause->sent_t_ns, core->links[slot].peer_rho_ppm };
        c->nodes[i].sent_t_ns[x] = cause->sent_t_ns;
        for (uint32_t y = 0; y < c->sim->n; y++)
                if (y != x)
                        check_pair(c, i, x < y ? x : y, x < y ? y : x);
}

static void after_evaluation(struct sim_check *c, uint32_t i)
{
        const struct tg_node *core = c->sim->nodes[i].core;

        c->nodes[i].judged_raw_ns = core->judged_raw_ns;
        mix(c, core->verdict.cluster);
        mix(c, (uint64_t)core->verdict.smallest_ns);
        check_blame(c, i);
        check_split(c, i);
}

static void after_options(struct sim_check *c, uint32_t i)
{
        for (uint32_t a = 0; a < c->sim->n; a++)
                for (uint32_t b = a + 1; b < c->sim->n; b++)
                        check_pair(c, i, a, b);
}

static void look(struct sim_check *c, uint32_t i, const struct tg_event *event, const struct sim_event *cause)
{
        const struct sim_node *node = &c->sim->nodes[i];
        uint64_t allocations;

        check_refresh(c, i);
        mix(c, (uint64_t)c->sim->t_ns);
        mix(c, (uint64_t)i << 8 | event->type);
        if (event->type == TG_EVENT_DELIVERY && cause)
                after_delivery(c, i, cause);
        if (event->type == TG_EVENT_OPTIONS)
                after_options(c, i);
        if (node->core->judged_raw_ns != c->nodes[i].judged_raw_ns)
                after_evaluation(c, i);
        for (uint32_t k = 0; k < c->n_pending; k++)
                check_proof(c, i, &c->pending[k]);
        if (event->type == TG_EVENT_TICK)
                check_live(c, i);
        if (event->type == TG_EVENT_LOOK) {
                check_note_silent(c, i);
                check_gate_live(c);
        }
        if (event->type == TG_EVENT_LOOK && c->sim->t_ns - c->same_t_ns >= SAME_NS)
                check_same(c);
        check_liar(c, i, event, cause);
        allocations = check_alloc_take();
        if (c->sim->t_ns - node->up_t_ns < WARM_NS)
                return;
        c->counts.checked[SIM_CHECK_ALLOCATION]++;
        if (allocations)
                sim_trouble(c->sim, "allocation: the core of n%u made %llu allocations %.1f s after its start", i + 1,
                            (unsigned long long)allocations, (double)(c->sim->t_ns - node->up_t_ns) / 1e9);
}

static void watch(struct sim *sim, uint32_t node, const struct tg_event *event, const struct sim_event *cause, void *user)
{
        struct sim_check *c = user;

        if (sim->nodes[node].core)
                look(c, node, event, cause);
        c->n_pending = 0;
        if (c->next)
                c->next(sim, node, event, cause, c->next_user);
}

static void watch_alert(struct sim *sim, uint32_t node, const struct tg_alert *alert, void *user)
{
        struct sim_check *c = user;

        check_refresh(c, node);
        mix(c, (uint64_t)alert->id << 16 | alert->evidence.node_id << 1 | alert->raised);
        check_transition(c, node, alert);
        if (c->n_pending == c->pending_size) {
                c->pending_size = c->pending_size ? 2 * c->pending_size : 64;
                c->pending = realloc(c->pending, c->pending_size * sizeof *c->pending);
                if (!c->pending)
                        abort();
        }
        c->pending[c->n_pending++] = *alert;
        if (c->next_alert)
                c->next_alert(sim, node, alert, c->next_user);
}

static void watch_unit(struct sim *sim, uint32_t node, const struct sim_unit *unit, enum sim_unit_phase phase, void *user)
{
        struct sim_check *c = user;

        if (c->next_unit)
                c->next_unit(sim, node, unit, phase, c->next_user);
        mix(c, (uint64_t)phase << 8 | unit->order.verb);
        check_unit(c, node, unit, phase);
}

/* ---- making ---- */

struct sim_check *sim_check_new(struct sim *sim)
{
        struct sim_check *c = calloc(1, sizeof *c);
        size_t n = sim->n;

        if (!c)
                abort();
        *c = (struct sim_check){ .sim = sim,
                                 .jam_t_ns = CHECK_NEVER,
                                 .next = sim->watch,
                                 .next_alert = sim->watch_alert,
                                 .next_unit = sim->watch_unit,
                                 .next_user = sim->user };
        c->bounds = calloc(n * n * n, sizeof *c->bounds);
        c->heard = calloc(n * n, sizeof *c->heard);
        if (!c->bounds || !c->heard)
                abort();
        for (uint32_t i = 0; i < n; i++) {
                c->nodes[i].broken = (struct check_break){ CHECK_NEVER, CHECK_NEVER, CHECK_NEVER, 0, CHECK_NEVER };
                c->nodes[i].lied_t_ns = CHECK_NEVER;
                c->nodes[i].life = UINT32_MAX;
                c->nodes[i].rate_ppb = sim_clock_last(&sim->nodes[i].clock)->raw_ppb;
                check_refresh(c, i);
        }
        sim->watch = watch;
        sim->watch_alert = watch_alert;
        sim->watch_unit = watch_unit;
        sim->user = c;
        check_alloc_watch(sim);
        return c;
}

struct sim_check *sim_check_free(struct sim_check *c)
{
        if (!c)
                return NULL;
        c->sim->watch = c->next;
        c->sim->watch_alert = c->next_alert;
        c->sim->watch_unit = c->next_unit;
        c->sim->user = c->next_user;
        check_alloc_watch(NULL);
        free(c->shadow);
        free(c->bounds);
        free(c->heard);
        free(c->pending);
        free(c);
        return NULL;
}

const struct sim_counts *sim_check_counts(const struct sim_check *c)
{
        return &c->counts;
}

uint64_t sim_check_hash(const struct sim_check *c)
{
        return c->hash;
}

int64_t sim_width_ns(const struct sim_counts *counts, double share)
{
        uint64_t sum = 0, n = 0;

        for (int k = 0; k < SIM_WIDTHS; k++)
                sum += counts->widths[k];
        for (int k = 0; k < SIM_WIDTHS; k++) {
                n += counts->widths[k];
                if ((double)n >= share * (double)sum && n)
                        return (int64_t)exp2((k + 1) / 8.0);
        }
        return 0;
}
