/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What happens on the nodes themselves: time, chronyd, agents, the administrator. */
#include <stdlib.h>

#include "moves.h"
#include "node_private.h"

struct game_peer *pick_peer(struct game *g)
{
        return &g->peers[fuzz_pick(&g->in, g->n_peers)];
}

uint32_t pick_id(struct game *g)
{
        uint32_t i = fuzz_pick(&g->in, 16);

        return i < g->n_peers ? g->peers[i].id : i < 8 ? g->own_id : i < 15 ? 8 + i : 1 + (uint32_t)fuzz_take(&g->in, 4) % 5000;
}

static int64_t clamp(int64_t value, int64_t max)
{
        return value < 0 ? 0 : value > max ? max : value;
}

void move_time(struct game *g)
{
        uint32_t kind = fuzz_pick(&g->in, 10);
        struct tg_event event = { .type = TG_EVENT_LOOK };
        int64_t sizes[] = { TG_NS_PER_MS, TG_NS_PER_S, 3600 * TG_NS_PER_S, INT64_C(100000000) * TG_NS_PER_S };
        int64_t most = sizes[fuzz_pick(&g->in, 4)], ns = fuzz_number(&g->in, -most, most), forward = llabs(ns);
        struct tg_look *n = &g->now;

        n->real_ns += kind == 2 || kind == 8 || kind == 3 ? ns : kind < 2 ? forward : 0;
        n->tai_ns += kind == 2 || kind == 3 ? ns : kind < 2 ? forward : 0;
        n->mono_ns += kind < 2 ? forward : 0;
        n->boot_ns += kind == 3 ? ns : kind < 2 ? forward : 0;
        n->raw_ns += kind < 2 ? forward : kind == 4 ? ns : 0;
        if (kind == 1) { /* slewed while it passed */
                int64_t slew = forward / 1000 * (int64_t)fuzz_pick(&g->in, 201) - forward / 10;

                n->real_ns += slew;
                n->mono_ns += slew;
                n->boot_ns += slew;
                n->tai_ns += slew;
        }
        n->bracket_ns = kind == 5 ? llabs(ns) % (5 * TG_NS_PER_S) : 150;
        n->kernel_known = kind == 6;
        n->kernel_rate_ppb = kind == 6 ? (int32_t)ns : 0;
        n->kernel_status = kind == 6 ? (uint32_t)(ns >> 8) : 0;
        n->raw_ns = clamp(n->raw_ns, RAW_MAX_NS);
        n->mono_ns = clamp(n->mono_ns, RAW_MAX_NS);
        n->boot_ns = clamp(n->boot_ns, RAW_MAX_NS);
        n->real_ns = clamp(n->real_ns, REAL_MAX_NS);
        n->tai_ns = clamp(n->tai_ns, REAL_MAX_NS);
        game_give(g, &event);
}

void move_tick(struct game *g)
{
        struct tg_event event = { .type = TG_EVENT_TICK };

        game_give(g, &event);
}

void move_second(struct game *g)
{
        for (uint32_t n = 1 + fuzz_pick(&g->in, 4); n > 0 && g->now.raw_ns < RAW_MAX_NS && g->now.real_ns < REAL_MAX_NS; n--)
                game_second(g);
}

void move_chrony(struct game *g)
{
        struct tg_chrony_sample sample;
        struct tg_event event = { .type = TG_EVENT_CHRONY, .chrony = &sample };

        random_sample(&g->in, &sample, g->now.raw_ns);
        game_give(g, &event);
}

void move_peer(struct game *g)
{
        struct game_peer *p = pick_peer(g);

        switch (fuzz_pick(&g->in, 5)) {
        case 0:
                p->skew_ns = fuzz_number(&g->in, -10 * TG_NS_PER_S, 10 * TG_NS_PER_S);
                break;
        case 1:
                p->base_ns = fuzz_number(&g->in, -(INT64_C(1) << 40), INT64_C(1) << 40);
                break;
        case 2:
                random_sample(&g->in, &p->chrony, 0);
                break;
        case 3:
                p->epoch.suspends++;
                break;
        default: /* its agent begins anew */
                p->pid++;
                p->seq = 0;
                break;
        }
}

void move_options(struct game *g)
{
        static const struct {
                const char *name, *value;
        } sets[] = {
                { "budget", "1ms" },
                { "budget", "50ms" },
                { "budget", "60s" },
                { "warn_percent", "10" },
                { "warn_percent", "100" },
                { "forecast_horizon", "10s" },
                { "forecast_horizon", "1d" },
                { "boot_grace", "0" },
                { "boot_grace", "1h" },
                { "mute_after", "2s" },
                { "mute_after", "1min" },
                { "source.allow", "10.0.0.254" },
                { "source.allow", "192.0.2.0/24 refclock:PPS0 ntp.example" },
                { "source.alias", "10.0.0.254 192.0.2.1" },
                { "source.alias", "fd00::1 10.0.0.3" },
                { "source.group", "10.0.0.254 refclock:PPS0" },
                { "source.group", "10.0.0.1 2001::1" },
        };
        char error[TG_OPTION_ERROR_MAX];
        uint32_t i = fuzz_pick(&g->in, sizeof sets / sizeof sets[0] + 1);
        struct tg_event event = { .type = TG_EVENT_OPTIONS, .options = &g->options };

        if (i == sizeof sets / sizeof sets[0])
                tg_options_default(&g->options);
        else
                (void)tg_options_set(&g->options, sets[i].name, sets[i].value, error);
        game_give(g, &event);
}

void move_stop(struct game *g)
{
        struct tg_event event = { .type = TG_EVENT_STOP };

        game_give(g, &event);
        g->node->leaving = false; /* an agent ends here; the game goes on with what its core holds */
}

void move_deaf(struct game *g)
{
        g->deaf = !g->deaf;
}
