/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Faults drawn at random, and written as a story would. Sizes are drawn around the budget, where verdicts are hardest, and lengths on both
   sides of totem's patience. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "fault.h"

static uint64_t one_node(struct sim *sim)
{
        return UINT64_C(1) << sim_random(sim, sim->n);
}

static int64_t sign(struct sim *sim, int64_t value)
{
        return sim_random(sim, 2) ? value : -value;
}

static int64_t offset_near(struct sim *sim, int64_t budget_ns)
{
        static const int64_t percent[] = { 1, 10, 50, 90, 99, 101, 110, 150, 200, 500, 2000 };
        int64_t size = budget_ns / 100 * percent[sim_random(sim, sizeof percent / sizeof percent[0])];

        return sign(sim, size + (int64_t)sim_random(sim, (uint64_t)size / 8 + 1));
}

static void draw_groups(struct sim *sim, struct sim_fault *out)
{
        uint64_t n = 2 + (sim->n > 2 ? sim_random(sim, 2) : 0);

        for (uint32_t i = 0; i < sim->n; i++)
                out->groups[sim_random(sim, n)] |= UINT64_C(1) << i;
}

static void draw_text(struct sim *sim, const char *name, struct sim_fault *out)
{
        static const char *const tampers[] = { "minor", "major", "corrupt", "replay", "forge", "liar" };

        if (!strcmp(name, "tamper"))
                strcpy(out->text, tampers[sim_random(sim, sizeof tampers / sizeof tampers[0])]);
        else if (sim_random(sim, 6))
                snprintf(out->text, sizeof out->text, "s%u", 1 + (unsigned)sim_random(sim, sim->n_servers));
        else
                snprintf(out->text, sizeof out->text, "n%u", 1 + (unsigned)sim_random(sim, sim->n));
}

static int draw_kind(struct sim *sim)
{
        uint64_t sum = 0, at;

        for (int k = 0; k < sim_fault_kinds_n; k++)
                sum += sim_fault_kinds[k].weight;
        at = sim_random(sim, sum);
        for (int k = 0;; k++) {
                if (at < sim_fault_kinds[k].weight)
                        return k;
                at -= sim_fault_kinds[k].weight;
        }
}

static int64_t draw_rate(struct sim *sim, const char *name)
{
        static const int64_t forced_ppm[] = { 10, 100, 1000, 10000, 16000 };

        if (!strcmp(name, "oscillator"))
                return sign(sim, (int64_t)sim_random(sim, 20000));
        return sign(sim, forced_ppm[sim_random(sim, 5)] * 1000);
}

void sim_fault_draw(struct sim *sim, int64_t budget_ns, struct sim_fault *out)
{
        static const int64_t lengths_ms[] = { 200, 900, 2500, 6000, 15000, 40000 };
        const struct sim_fault_kind *kind;

        *out = (struct sim_fault){ .kind = draw_kind(sim) };
        kind = &sim_fault_kinds[out->kind];
        for (const char *form = kind->form; *form; form++)
                switch (*form) {
                case 'N':
                        out->nodes = one_node(sim);
                        break;
                case 'S':
                        out->server = (uint8_t)sim_random(sim, sim->n_servers);
                        break;
                case 'D':
                        out->value = offset_near(sim, budget_ns);
                        break;
                case 'P':
                        out->value = draw_rate(sim, kind->name);
                        break;
                case 'G':
                        draw_groups(sim, out);
                        break;
                case 'T':
                        draw_text(sim, kind->name, out);
                        break;
                }
        if (!strcmp(kind->name, "leap"))
                out->value = sign(sim, TG_NS_PER_S), out->nodes = (UINT64_C(1) << (sim->n - 1)) * 2 - 1;
        if (kind->undo)
                out->for_ns = (lengths_ms[sim_random(sim, 6)] + (int64_t)sim_random(sim, 300)) * TG_NS_PER_MS;
}

/* ---- the gate ---- */

static uint64_t all_nodes(const struct sim *sim)
{
        return (UINT64_C(1) << (sim->n - 1)) * 2 - 1;
}

void sim_fault_draw_gate(struct sim *sim, int64_t limit_ns, struct sim_fault *out)
{
        static const struct {
                const char *name;
                uint8_t weight;
                bool all; /* nodes */
        } kinds[] = {
                { "step", 12, false },          { "server-step", 8, false },  { "chrony-start", 5, true },
                { "agent-kill-at", 9, true },   { "power-off-at", 6, true },  { "ha-disarm", 5, false },
                { "ha-arm", 4, false },         { "ha-busy", 1, false },      { "ha-stop", 1, false },
                { "gate-hold", 2, false },      { "gate-release", 2, false }, { "executor-fails", 2, false },
                { "executor-hangs", 2, false }, { "disk-full", 1, false },    { "partition", 5, false },
                { "executor-slow", 3, false },  { "agent-kill", 3, false },   { "power-off", 2, false },
                { "rate", 4, false },           { "configure", 4, true },     { "gate-close", 2, false },
                { "agent-freeze", 2, false },   { "qdevice-lost", 1, false }, { "corosync-kill", 2, false },
        };
        static const int64_t lengths_ms[] = { 2000, 10000, 30000, 60000, 90000 };
        uint64_t at = sim_random(sim, 88), k = 0;

        while (at >= kinds[k].weight)
                at -= kinds[k++].weight;
        *out = (struct sim_fault){ .kind = sim_fault_find(kinds[k].name),
                                   .nodes = kinds[k].all ? all_nodes(sim) : one_node(sim),
                                   .value = offset_near(sim, limit_ns) };
        if (sim_random(sim, 2)) /* certainly too much */
                out->value = sign(sim, limit_ns * 2 + (int64_t)sim_random(sim, (uint64_t)limit_ns * 10));
        /* more than chronyd can slew before the source has been asked three times */
        if (!strcmp(kinds[k].name, "server-step") && sim_random(sim, 3))
                out->value = sign(sim, 2 * limit_ns + (5 + (int64_t)sim_random(sim, 500)) * TG_NS_PER_S);
        if (!strcmp(kinds[k].name, "rate"))
                out->value = sign(sim, 80000000);
        if (!strcmp(kinds[k].name, "partition"))
                draw_groups(sim, out);
        if (!strcmp(kinds[k].name, "configure")) {
                snprintf(out->text, sizeof out->text, "gate.mode %s", sim_random(sim, 3) ? "enforce" : "observe");
                if (!sim_random(sim, 4))
                        out->nodes = one_node(sim);
        }
        if (strstr(kinds[k].name, "-at"))
                snprintf(out->text, sizeof out->text, "%s", sim_stage_text(1 + (int)sim_random(sim, (uint64_t)SIM_STAGES - 1)));
        if (sim_fault_kinds[out->kind].timed || (sim_fault_kinds[out->kind].undo && sim_random(sim, 3)))
                out->for_ns = (lengths_ms[sim_random(sim, 5)] + (int64_t)sim_random(sim, 2000)) * TG_NS_PER_MS;
}

/* ---- as text ---- */

struct out {
        char *at;
        size_t room;
};

static void put(struct out *o, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void put(struct out *o, const char *format, ...)
{
        va_list args;
        int n;

        va_start(args, format);
        n = vsnprintf(o->at, o->room, format, args);
        va_end(args);
        if (n < 0 || (size_t)n >= o->room)
                n = o->room ? (int)o->room - 1 : 0;
        o->at += n;
        o->room -= (size_t)n;
}

static void put_nodes(struct out *o, uint64_t nodes, char between)
{
        char before = ' ';

        for (uint32_t i = 0; i < SIM_NODES; i++)
                if (nodes >> i & 1) {
                        put(o, "%cn%u", before, i + 1);
                        before = between;
                }
}

static void put_groups(struct out *o, const struct sim_fault *fault)
{
        for (int g = 0, n = 0; g < 4; g++)
                if (fault->groups[g]) {
                        put(o, n++ ? " |" : "");
                        put_nodes(o, fault->groups[g], ' ');
                }
}

const char *sim_fault_text(const struct sim_fault *fault, char *buf, size_t size)
{
        struct out o = { buf, size };

        put(&o, "at %.6fs %s", (double)fault->t_ns / 1e9, sim_fault_kinds[fault->kind].name);
        for (const char *form = sim_fault_kinds[fault->kind].form; *form; form++)
                switch (*form) {
                case 'N':
                        put_nodes(&o, fault->nodes, ',');
                        break;
                case 'S':
                        put(&o, " s%u", fault->server + 1u);
                        break;
                case 'D':
                        put(&o, " %+.6fs", (double)fault->value / 1e9);
                        break;
                case 'P':
                        put(&o, " %+.3fppm", (double)fault->value / 1e3);
                        break;
                case 'G':
                        put_groups(&o, fault);
                        break;
                case 'T':
                        put(&o, " %s", fault->text);
                        break;
                }
        if (fault->for_ns)
                put(&o, " for %.6fs", (double)fault->for_ns / 1e9);
        return buf;
}
