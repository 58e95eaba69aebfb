/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * tgclock: makes, disturbs and reads the clock file of a test node from outside. `get` prints by how many nanoseconds the
 * node's REALTIME is ahead of the machine's at one instant: the truth that tests compare with.
 */
#include "vkernel.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EXIT_USAGE = 64 };

static int64_t shift_now(const struct clk *clk)
{
        int64_t best_ns = INT64_MAX, shift_ns = 0;

        for (int i = 0; i < 16; i++) {
                int64_t before_ns = clk_kernel_ns(CLOCK_MONOTONIC_RAW);
                int64_t real_ns = clk_kernel_ns(CLOCK_REALTIME);
                int64_t width_ns = clk_kernel_ns(CLOCK_MONOTONIC_RAW) - before_ns;
                struct clk_segment s;
                struct clk_times t;

                if (width_ns >= best_ns)
                        continue;
                best_ns = width_ns;
                clk_at(clk, before_ns, &s);
                clk_eval(&s, before_ns + width_ns / 2, &t);
                shift_ns = t.real_ns - real_ns;
        }
        return shift_ns;
}

static int get(const struct clk *clk, int64_t value)
{
        (void)value;
        printf("%" PRId64 "\n", shift_now(clk));
        return 0;
}

static int show(const struct clk *clk, int64_t value)
{
        struct clk_segment s;
        struct clk_times t;

        (void)value;
        clk_eval(&s, clk_now(clk, &s), &t);
        printf("shift_ns %" PRId64 "\nspeed_ppb %" PRId64 "\nraw_ppb %" PRId64 "\nrate_ppb %" PRId64 "\nfreq %" PRId64
               "\ntick_us %" PRId64 "\nstatus %" PRId64 "\nsteps %" PRId64 "\nchanges %" PRIu64 "\n",
               shift_now(clk), clk_speed_ppb(&s), s.raw_ppb, s.rate_ppb, s.freq, s.tick_us, s.status, s.steps, clk->file->head);
        return 0;
}

static const struct command {
        const char *name;
        int (*run)(const struct clk *clk, int64_t value);
        int values;
} commands[] = {
        { "get", get, 0 }, { "show", show, 0 }, { "step", vk_step, 1 }, { "rate", vk_rate, 1 }, { "raw-rate", vk_raw_rate, 1 },
};

static int usage(void)
{
        fputs("Usage: tgclock FILE init|get|show|step NS|rate PPB|raw-rate PPB\n", stderr);
        return EXIT_USAGE;
}

static int report(const char *path, int result)
{
        if (result >= 0)
                return EXIT_SUCCESS;
        fprintf(stderr, "tgclock: %s: %s\n", path, strerror(-result));
        return EXIT_FAILURE;
}

static int run(const struct command *command, const char *path, const char *text)
{
        struct clk clk;
        char *end = NULL;
        int64_t value = 0;
        int result;

        errno = 0;
        if (command->values)
                value = strtoll(text, &end, 10);
        if (command->values && (errno || end == text || *end))
                return usage();
        result = clk_open(&clk, path);
        return report(path, result < 0 ? result : command->run(&clk, value));
}

int main(int argc, char **argv)
{
        if (argc == 3 && strcmp(argv[2], "init") == 0)
                return report(argv[1], clk_create(argv[1]));
        for (size_t i = 0; argc >= 3 && i < sizeof(commands) / sizeof(commands[0]); i++)
                if (strcmp(argv[2], commands[i].name) == 0 && argc == 3 + commands[i].values)
                        return run(&commands[i], argv[1], argv[3]);
        return usage();
}
