/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The administrator's own program, run with one argument: status, close or open. Its standard input is the request as JSON (request.h): scope,
   nodes, prior and the evidence. Its own limits and rights are a drop-in of timeguard-gate@.service.

   status  prints one line and exits with 0: open, closing, closed, opening or unused, then any of the words whole, master, armed, busy,
           fencing, each meaning the flag of that name. Anything else means that the state is not known.
   close, open   exit with 0 when it is done or under way, with anything else when nothing was changed; the first line of standard
           output is shown, in a failure the last one of standard error. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <timeguard/limits.h>

#include "backend.h"
#include "run.h"
#include "words.h"

#define NO_LIMIT_NS (3600 * TG_NS_PER_S) /* the run's deadline counts */

/* What root runs nobody else may write. */
static bool is_safe(const char *path, struct tg_gate_result *result)
{
        struct stat st;

        if (path[0] != '/')
                tg_gate_failed(result, "gate.command is not set to an absolute path");
        else if (stat(path, &st) < 0)
                tg_gate_failed(result, "%s: %s", path, strerror(errno));
        else if (!S_ISREG(st.st_mode) || !(st.st_mode & S_IXUSR))
                tg_gate_failed(result, "%s is no executable file", path);
        else if (st.st_uid != 0 || (st.st_mode & (S_IWGRP | S_IWOTH)))
                tg_gate_failed(result, "%s may be written by others than root: not run", path);
        else
                return true;
        return false;
}

/* Runs it with the verb. The caller frees nothing; the command's argv is static until the next call. */
static bool run_program(struct tg_gate_run *run, const char *verb, struct tg_command *command, const char *argv[static 3],
                        struct tg_gate_result *result)
{
        struct json_object *input;

        if (!is_safe(run->request->command, result))
                return false;
        input = tg_gate_request_encode(run->request);
        if (!input) {
                tg_gate_failed(result, "out of memory");
                return false;
        }
        argv[0] = run->request->command;
        argv[1] = verb;
        argv[2] = NULL;
        command->argv = argv;
        command->limit_ns = NO_LIMIT_NS;
        command->input = json_object_to_json_string_ext(input, JSON_C_TO_STRING_PLAIN);
        tg_gate_run_command(run, command, result);
        json_object_put(input);
        return result->outcome == TG_GATE_DONE;
}

static bool parse_flags(char *words, uint32_t *flags)
{
        for (char *rest = NULL, *word = strtok_r(words, " \t", &rest); word; word = strtok_r(NULL, " \t", &rest)) {
                int bit = tg_word_find(tg_gate_flag_words, word);

                if (bit < 0)
                        return false;
                *flags |= 1U << bit;
        }
        return true;
}

static void look(struct tg_gate_run *run, struct tg_gate_result *result)
{
        const char *argv[3];
        struct tg_command command;
        uint32_t flags = TG_GATE_READY;
        char *line, *rest;
        int state;

        if (!run_program(run, "status", &command, argv, result))
                return;
        line = tg_first_line(command.output);
        rest = line + strcspn(line, " \t");
        if (*rest)
                *rest++ = '\0';
        state = tg_word_find(tg_ha_state_words, line);
        if (state <= TG_HA_UNKNOWN || !parse_flags(rest, &flags)) {
                tg_gate_failed(result, "%s status printed \"%.60s\", which is no state", argv[0], line);
                return;
        }
        result->state = (enum tg_ha_state)state;
        result->flags = flags;
        (void)snprintf(result->prior, sizeof(result->prior), "%s", tg_ha_state_words[state]);
        (void)snprintf(result->command, sizeof(result->command), "%s close", argv[0]);
        tg_gate_done(result, "%s says %s", argv[0], tg_ha_state_words[state]);
}

static void act(struct tg_gate_run *run, struct tg_gate_result *result)
{
        const char *argv[3];
        struct tg_command command;
        char *line;

        if (!run_program(run, tg_gate_verb_words[run->request->verb], &command, argv, result))
                return;
        line = tg_first_line(command.output);
        tg_gate_done(result, "%s", line[0] ? line : "accepted");
}

const struct tg_backend tg_backend_command = { .look = look, .close = act, .open = act };
