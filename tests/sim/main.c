/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* tg-sim: stories and the random campaign in a virtual cluster. */
#include <stdio.h>
#include <string.h>

#include "main.h"

static const struct {
        const char *name;
        int (*run)(int argc, char **argv);
} commands[] = {
        { "story", sim_story_main },
        { "campaign", sim_campaign_main },
};

int main(int argc, char **argv)
{
        for (size_t i = 0; argc > 1 && i < sizeof commands / sizeof commands[0]; i++)
                if (!strcmp(argv[1], commands[i].name))
                        return commands[i].run(argc - 1, argv + 1);
        fprintf(stderr, "usage: tg-sim story FILE...\n       tg-sim campaign [OPTION...]\n");
        return 2;
}
