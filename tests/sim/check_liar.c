/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A member can change only pairs that include itself. From the moment at which a node begins to tamper with its reports, one honest node has a
   shadow: a copy of its core that handles the same events but none of what that node sends. All pairs without it must be the same in both,
   to the nanosecond. (That they are true the other invariants say.) */
#include "check_private.h"

#include <stdlib.h>
#include <string.h>

static uint64_t liars_now(const struct sim_check *c)
{
        uint64_t liars = 0;

        for (uint32_t i = 0; i < c->sim->n; i++)
                liars |= (uint64_t)!check_honest(c->sim, i) << i;
        return liars;
}

static void end_shadow(struct sim_check *c)
{
        free(c->shadow);
        c->shadow = NULL;
}

static void begin_shadow(struct sim_check *c, uint32_t observer, uint64_t liars)
{
        c->shadow = malloc(sizeof *c->shadow);
        if (!c->shadow)
                abort();
        *c->shadow = *c->sim->nodes[observer].core;
        c->shadow_of = observer;
        c->shadow_life = c->sim->nodes[observer].life;
        c->liars = liars;
}

static bool same_pair(const struct tg_pair *a, const struct tg_pair *b)
{
        return a->bounded == b->bounded && a->stale == b->stale && a->contradicted == b->contradicted &&
               a->verdict == b->verdict &&
               (!a->bounded ||
                (a->offset.low_ns == b->offset.low_ns && a->offset.high_ns == b->offset.high_ns &&
                 a->as_of_raw_ns == b->as_of_raw_ns && a->as_of_on_b == b->as_of_on_b && a->rho_ppm == b->rho_ppm));
}

static void compare(struct sim_check *c, uint32_t x)
{
        const struct tg_view *real = &c->sim->nodes[c->shadow_of].core->view, *shadow = &c->shadow->view;

        for (uint32_t y = 0; y < c->sim->n; y++) {
                uint32_t a = x < y ? x : y, b = x < y ? y : x;
                int ra = tg_view_find(real, a + 1), rb = tg_view_find(real, b + 1), sa = tg_view_find(shadow, a + 1),
                    sb = tg_view_find(shadow, b + 1);

                if (y == x || c->liars >> y & 1 || ra < 0 || rb < 0)
                        continue;
                c->counts.checked[SIM_CHECK_LIAR]++;
                if (sa >= 0 && sb >= 0 && same_pair(&real->pairs[ra][rb], &shadow->pairs[sa][sb]))
                        continue;
                sim_trouble(c->sim,
                            "liar: what another member sends (set %#llx) changes n%u's pair n%u-n%u: %s [%lld, %lld] ns "
                            "instead of %s "
                            "[%lld, %lld] ns",
                            (unsigned long long)c->liars, c->shadow_of + 1, a + 1, b + 1,
                            tg_pair_verdict_text(real->pairs[ra][rb].verdict), (long long)real->pairs[ra][rb].offset.low_ns,
                            (long long)real->pairs[ra][rb].offset.high_ns, tg_pair_verdict_text(shadow->pairs[sa][sb].verdict),
                            (long long)shadow->pairs[sa][sb].offset.low_ns, (long long)shadow->pairs[sa][sb].offset.high_ns);
                return;
        }
}

static void feed(struct sim_check *c, const struct tg_event *event, const struct sim_event *cause)
{
        struct tg_action action;
        struct tg_event instead = { .type = TG_EVENT_LOOK, .now = event->now };
        bool lie = cause && event->type == TG_EVENT_DELIVERY && c->liars >> cause->from & 1;

        /* the same time passes in both, so that both give up the same silent members */
        tg_node_handle(c->shadow, lie ? &instead : event);
        while (tg_node_next_action(c->shadow, &action))
                continue;
        /* what the real one has sent and heard of itself is the same, but it may report more often: for the liar's sake */
        c->shadow->seq = c->sim->nodes[c->shadow_of].core->seq;
        if (cause && event->type == TG_EVENT_DELIVERY && !lie)
                compare(c, cause->from);
}

void check_liar(struct sim_check *c, uint32_t observer, const struct tg_event *event, const struct sim_event *cause)
{
        uint64_t liars = liars_now(c);

        if (c->shadow && (c->sim->nodes[c->shadow_of].life != c->shadow_life || liars >> c->shadow_of & 1))
                end_shadow(c);
        if (c->shadow) {
                c->liars |= liars;
                if (observer == c->shadow_of)
                        feed(c, event, cause);
                return;
        }
        if (liars && !(liars >> observer & 1) && c->sim->nodes[observer].core)
                begin_shadow(c, observer, liars);
}
