/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See campaign.h. Most clusters are small, most oscillators good and most gaps between faults short; each run has some stretches that are long
   enough for everything to settle, and a few runs have one of many minutes, in which the lines of the rates grow old. */
#include "campaign.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static bool one_in(struct sim *sim, uint64_t n)
{
        return !sim_random(sim, n);
}

static int64_t between(struct sim *sim, int64_t low, int64_t high)
{
        return low + (int64_t)sim_random(sim, (uint64_t)(high - low) + 1);
}

static void say(struct campaign_plan *plan, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void say(struct campaign_plan *plan, const char *format, ...)
{
        size_t at = strlen(plan->setup);
        va_list args;

        va_start(args, format);
        vsnprintf(plan->setup + at, sizeof plan->setup - at, format, args);
        va_end(args);
}

static uint32_t draw_size(uint64_t seed)
{
        uint64_t dice = (seed ^ seed >> 31) * UINT64_C(0xbf58476d1ce4e5b9), at = (dice >> 32) % 200;

        if (seed >= CAMPAIGN_GATE_SEED)
                return 2 + (uint32_t)((dice >> 48) % 4);

        if (at < 12)
                return at < 9 ? 16 : at < 11 ? 32 : 64;
        return 2 + (uint32_t)((dice >> 48) % (at < 120 ? 3 : 7));
}

static void draw_budget(struct sim *sim, struct campaign_plan *plan)
{
        static const int64_t budgets_ms[] = { 5, 50, 1000 };
        bool grace = one_in(sim, 8);

        plan->budget_ns = budgets_ms[sim_random(sim, 3)] * TG_NS_PER_MS;
        say(plan, "%u nodes, budget %lld ms", sim->n, (long long)(plan->budget_ns / TG_NS_PER_MS));
        for (uint32_t i = 0; i < sim->n; i++) {
                sim->nodes[i].options.budget_ns = plan->budget_ns;
                if (grace)
                        sim->nodes[i].options.boot_grace_ns = 20 * TG_NS_PER_S;
        }
}

static void draw_votes(struct sim *sim, struct campaign_plan *plan)
{
        if (sim->n == 2 && one_in(sim, 2)) {
                sim->flags |= TG_QUORUM_TWO_NODE;
                say(plan, ", two_node");
        } else if (one_in(sim, 4)) {
                sim->qdevice_votes = one_in(sim, 2) ? 1 : sim->n - 1;
                sim->qdevice_alive = true;
                say(plan, ", qdevice of %u", sim->qdevice_votes);
        }
        if (!one_in(sim, 5))
                return;
        say(plan, ", votes");
        for (uint32_t i = 0; i < sim->n; i++) {
                sim->votes[i] = (uint32_t)sim_random(sim, 4) + !i; /* some node has one */
                say(plan, " %u", sim->votes[i]);
        }
}

/* Where messages take no time the bounds are as narrow as can be, and the truth stands close to their ends. */
static void draw_network(struct sim *sim, struct campaign_plan *plan)
{
        static const struct {
                int64_t min_us, mean_us;
        } delays[] = { { 0, 2 }, { 0, 2 }, { 200, 500 }, { 200, 500 }, { 50, 100 }, { 300, 2000 }, { 1000, 9000 } };
        uint64_t k = sim_random(sim, sizeof delays / sizeof delays[0]);

        sim->delay_min_ns = delays[k].min_us * TG_NS_PER_US;
        sim->delay_mean_ns = delays[k].mean_us * TG_NS_PER_US;
        say(plan, ", delay %lld+%lld us", (long long)delays[k].min_us, (long long)delays[k].mean_us);
        if (one_in(sim, 6)) {
                sim->blur_ns = 3000;
                say(plan, ", blur 3 us");
        }
}

static void draw_clocks(struct sim *sim, struct campaign_plan *plan)
{
        static const int64_t apart_ppm[] = { 120, 300, 499 };
        int64_t apart = one_in(sim, 4) ? apart_ppm[sim_random(sim, 3)] * 1000 : 0;

        if (apart)
                say(plan, ", oscillators %lld ppm apart", (long long)apart / 1000);
        for (uint32_t i = 0; i < sim->n; i++) {
                struct sim_clock *clock = &sim->nodes[i].clock;
                int64_t rate = between(sim, -60000, 60000), off = between(sim, -plan->budget_ns, plan->budget_ns) / 4;

                if (apart)
                        rate = i % 2 ? apart / 2 : -apart / 2;
                sim_clock_start(clock, sim_clock_raw(clock, 0), SIM_EPOCH_NS + (one_in(sim, 2) ? off : off / 1000), rate);
                sim->nodes[i].servo.freq_ppb = one_in(sim, 4) ? 0 : -rate; /* chronyd has a drift file */
                sim->nodes[i].servo.noise_ns = between(sim, 5, 300) * TG_NS_PER_US;
                sim->nodes[i].servo.poll = (int8_t)(one_in(sim, 5) ? between(sim, 7, 10) : between(sim, 4, 6));
        }
}

static void draw_sources(struct sim *sim, struct campaign_plan *plan)
{
        static const char *const ways[] = { "s1,s2", "s2", "s2,s1", "n1", "s1,n2", "s3", "" };
        const char *what;

        if (one_in(sim, 2)) {
                sim_server_add(sim, "10.0.0.253", "10.0.0.253", 3);
                sim_server_add(sim, "198.51.100.7", "2.debian.pool.ntp.org", 2);
        }
        for (uint32_t i = 0; i < sim->n; i++) {
                sim->nodes[i].servo.local_allowed = one_in(sim, 6);
                if (sim->n_servers == 1 || !one_in(sim, 5))
                        continue;
                what = ways[sim_random(sim, sizeof ways / sizeof ways[0])];
                if ((what[0] == 'n' && i == 0) || (strstr(what, "n2") && i == 1))
                        what = "s1";
                sim_servo_follow(sim, i, what);
                say(plan, ", n%u follows %s", i + 1, what[0] ? what : "nothing");
        }
        if (one_in(sim, 8)) {
                sim->nodes[sim->n - 1].installed = false;
                say(plan, ", no agent on n%u", sim->n);
        }
}

static void draw_tampering(struct sim *sim, struct campaign_plan *plan)
{
        uint32_t i = (uint32_t)sim_random(sim, sim->n);

        if (!one_in(sim, 8))
                return;
        sim->nodes[i].tamper = (enum sim_tamper)between(sim, SIM_MINOR, SIM_LIAR);
        say(plan, ", n%u tampers (%d)", i + 1, (int)sim->nodes[i].tamper);
}

/* In half of the runs there is something to close. */
static void draw_gate(struct sim *sim, struct campaign_plan *plan)
{
        int64_t limit = plan->budget_ns * between(sim, 1, 5), release = between(sim, 10, 30) * TG_NS_PER_S;
        bool ack = one_in(sim, 16), observes = one_in(sim, 10);
        uint32_t confirm = (uint32_t)between(sim, 2, 6);
        int64_t horizon = between(sim, 10, 120) * TG_NS_PER_S;

        if ((!one_in(sim, 2) && plan->seed < CAMPAIGN_GATE_SEED) || sim->n > 16)
                return;
        limit = limit < 10 * TG_NS_PER_MS ? 10 * TG_NS_PER_MS : limit;
        plan->gate_ns = limit;
        sim->ha.kind = one_in(sim, 3) ? SIM_HA_EACH : SIM_HA_WHOLE;
        sim->ha.master = (uint32_t)sim_random(sim, sim->n);
        sim->ha.watchdogs = one_in(sim, 3);
        say(plan, ", HA %s of n%u%s, limit %lld ms, release %lld s%s%s", sim->ha.kind == SIM_HA_EACH ? "each" : "whole",
            sim->ha.master + 1, sim->ha.watchdogs ? " with watchdogs" : "", (long long)(limit / TG_NS_PER_MS),
            (long long)(release / TG_NS_PER_S), ack ? " by word" : "", observes ? ", observes" : "");
        for (uint32_t i = 0; i < sim->n; i++) {
                struct tg_options *options = &sim->nodes[i].options;

                options->gate_mode = observes ? TG_GATE_OBSERVE : TG_GATE_ENFORCE;
                options->gate_offset_limit_ns = limit;
                options->gate_step_limit_ns = limit;
                options->gate_confirm = confirm;
                options->gate_release_ns = release;
                options->gate_release_ack = ack;
                options->gate_horizon_ns = horizon;
        }
}

static int64_t draw_gap(struct sim *sim, bool gate)
{
        /* long enough for something to be closed, or to be half way there */
        if (gate && one_in(sim, 2))
                return between(sim, 3000, 60000) * TG_NS_PER_MS;
        switch (sim_random(sim, 10)) {
        case 0:
                return between(sim, 1, 100) * TG_NS_PER_MS;
        case 1 ... 4:
                return between(sim, 100, 5000) * TG_NS_PER_MS;
        case 5 ... 7:
                return between(sim, 5000, 20000) * TG_NS_PER_MS;
        default:
                return between(sim, 20000, 70000) * TG_NS_PER_MS;
        }
}

/* Somebody sets another budget, on one node or on all. */
static void draw_reload(struct sim *sim, struct campaign_plan *plan, struct sim_fault *out)
{
        static const int64_t percent[] = { 20, 50, 90, 110, 200, 1000 };
        int64_t budget_us = plan->budget_ns / 100000 * percent[sim_random(sim, sizeof percent / sizeof percent[0])];

        *out = (struct sim_fault){ .kind = sim_fault_find("configure"), .nodes = (UINT64_C(1) << (sim->n - 1)) * 2 - 1 };
        if (one_in(sim, 3))
                out->nodes = UINT64_C(1) << sim_random(sim, sim->n);
        snprintf(out->text, sizeof out->text, "budget %lldus", (long long)budget_us);
}

static void draw_faults(struct sim *sim, struct campaign_plan *plan)
{
        int64_t t = between(sim, 5000, 20000) * TG_NS_PER_MS;
        uint32_t most = sim->n > 16 ? 10 : sim->n > 8 ? 20 : CAMPAIGN_FAULTS_MAX;
        uint32_t slow = one_in(sim, 12) && sim->n <= 8 ? (uint32_t)sim_random(sim, 10) : UINT32_MAX;

        plan->n_faults = (uint32_t)between(sim, 5, most);
        for (uint32_t k = 0; k < plan->n_faults; k++) {
                if (plan->gate_ns && !one_in(sim, 3))
                        sim_fault_draw_gate(sim, plan->gate_ns, &plan->faults[k]);
                else if (one_in(sim, 25))
                        draw_reload(sim, plan, &plan->faults[k]);
                else
                        sim_fault_draw(sim, plan->budget_ns, &plan->faults[k]);
                plan->faults[k].t_ns = t;
                t += draw_gap(sim, plan->gate_ns);
                if (k == slow)
                        t += between(sim, 300, 2400) * TG_NS_PER_S;
        }
        plan->end_ns = t + 30 * TG_NS_PER_S;
        if (!plan->gate_ns)
                return;
        /* the last one; every other has ended by then */
        plan->faults[plan->n_faults - 1] = (struct sim_fault){ .kind = sim_fault_find("heal"), .t_ns = t + 120 * TG_NS_PER_S };
        plan->end_ns = t + 500 * TG_NS_PER_S;
}

struct sim *campaign_draw(uint64_t seed, struct campaign_plan *plan)
{
        struct sim *sim = sim_new(draw_size(seed), seed);

        *plan = (struct campaign_plan){ .seed = seed };
        draw_budget(sim, plan);
        draw_votes(sim, plan);
        draw_network(sim, plan);
        draw_clocks(sim, plan);
        draw_sources(sim, plan);
        draw_tampering(sim, plan);
        draw_gate(sim, plan);
        draw_faults(sim, plan);
        return sim;
}
