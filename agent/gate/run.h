/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Commands with bounded time. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TG_COMMAND_OUTPUT_MAX 4096

struct tg_command {
        const char *const *argv; /* argv[0] is searched in PATH; ends with NULL */
        const char *input;       /* for its standard input; NULL: nothing */
        int64_t limit_ns;        /* its time; the run's deadline bounds it too */
        /* filled in: */
        int status; /* as tg_child_finish returns it; -ENOENT: there is no such program */
        char output[TG_COMMAND_OUTPUT_MAX];
        char errors[TG_COMMAND_OUTPUT_MAX];
};

/* Runs a command to its end. Returns its status. */
int tg_command_run(struct tg_command *command, int64_t deadline_ns);

/* One line on how a command failed: its name, its status, and the last line of its standard error or else the first of its standard output.
   Returns buf. */
const char *tg_command_fault(const struct tg_command *command, char *buf, size_t size);

/* The first line of a text without blanks around it; `text` is changed. */
char *tg_first_line(char *text);

/* Whether PATH has such a program. */
bool tg_command_exists(const char *name);
