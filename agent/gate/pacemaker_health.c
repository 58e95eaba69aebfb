/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See pacemaker_health.h. Only a minority is ever found red at one time (lib/verdict.c), but who was found so before may not have told that
   it is over: the others' values are read before red is set. */
#include <stdio.h>
#include <string.h>

#include <timeguard/limits.h>

#include "pacemaker_health.h"
#include "run.h"
#include "words.h"

#define ATTRIBUTE    "#health-time"
#define TOOL_NS      (5 * TG_NS_PER_S)
#define EXIT_NO_SUCH 105 /* CRM_EX_NOSUCH: nobody has set it */

static void complain(const struct tg_command *command)
{
        char fault[TG_GATE_TEXT_MAX];

        fprintf(stderr, "timeguard-gate: %s: %s\n", ATTRIBUTE, tg_command_fault(command, fault, sizeof(fault)));
}

/* Of lines such as: name="#health-time" host="n2" value="red" */
static uint32_t count_other_reds(char *text, const char *node)
{
        char own[TG_NAME_MAX + 16], *rest = NULL;
        uint32_t n = 0;

        (void)snprintf(own, sizeof(own), "host=\"%s\"", node);
        for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
                n += strstr(line, "value=\"red\"") && !strstr(line, own);
        return n;
}

static bool may_be_red(struct tg_gate_run *run, const char *node)
{
        static const char *const argv[] = { "attrd_updater", "--name", ATTRIBUTE, "--query", "--all", NULL };
        struct tg_command command = { .argv = argv, .limit_ns = TOOL_NS };
        int status = tg_command_run(&command, run->deadline_ns);

        if (status == EXIT_NO_SUCH)
                return true;
        if (status != 0) {
                complain(&command);
                return false;
        }
        /* what was cut off may be red */
        if (strlen(command.output) + 1 >= sizeof(command.output))
                return false;
        return 2 * (count_other_reds(command.output, node) + 1) <= run->request->n_nodes;
}

void tg_pacemaker_tell_health(struct tg_gate_run *run, const char *node)
{
        enum tg_gate_health colour = run->request->health;
        const char *argv[] = { "attrd_updater", "--name", ATTRIBUTE, "--update-both", NULL, "--delay", "5s", NULL };
        struct tg_command command = { .argv = argv, .limit_ns = TOOL_NS };

        if (colour == TG_HEALTH_LEAVE)
                return;
        if (colour == TG_HEALTH_RED && !may_be_red(run, node)) {
                fprintf(stderr, "timeguard-gate: %s: yellow instead of red, which would make a majority of the nodes\n",
                        ATTRIBUTE);
                colour = TG_HEALTH_YELLOW;
        }
        argv[4] = tg_gate_health_words[colour];
        if (tg_command_run(&command, run->deadline_ns) != 0)
                complain(&command);
}
