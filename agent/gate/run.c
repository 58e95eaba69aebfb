/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Spawned, never forked: no handler, lock or buffer of ours comes along. A command has a process group of its own, so that all of it can be
   killed, and its signals as at login. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "child.h"
#include "run.h"

struct pipes {
        int ours[3], theirs[3];
};

static void close_all(const int fds[static 3])
{
        for (size_t i = 0; i < 3; i++)
                if (fds[i] >= 0)
                        (void)close(fds[i]);
}

/* Our ends do not block; theirs do, as programs expect. */
static int open_pipes(struct pipes *pipes)
{
        for (size_t i = 0; i < 3; i++)
                pipes->ours[i] = pipes->theirs[i] = -1;
        for (size_t i = 0; i < 3; i++) {
                int ends[2];

                if (pipe2(ends, O_CLOEXEC) < 0)
                        return -errno;
                pipes->ours[i] = ends[i == 0 ? 1 : 0];
                pipes->theirs[i] = ends[i == 0 ? 0 : 1];
                if (fcntl(pipes->ours[i], F_SETFL, O_NONBLOCK) < 0)
                        return -errno;
        }
        return 0;
}

static int spawn(const char *const *argv, const struct pipes *pipes, pid_t *pid)
{
        posix_spawn_file_actions_t actions;
        posix_spawnattr_t attributes;
        sigset_t none, all;
        int r = posix_spawn_file_actions_init(&actions);

        if (r != 0)
                return -r;
        r = posix_spawnattr_init(&attributes);
        if (r != 0) {
                (void)posix_spawn_file_actions_destroy(&actions);
                return -r;
        }
        (void)sigemptyset(&none);
        (void)sigfillset(&all);
        (void)posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
        (void)posix_spawnattr_setpgroup(&attributes, 0);
        (void)posix_spawnattr_setsigmask(&attributes, &none);
        (void)posix_spawnattr_setsigdefault(&attributes, &all);
        for (int i = 0; i < 3 && r == 0; i++)
                r = posix_spawn_file_actions_adddup2(&actions, pipes->theirs[i], i);
        if (r == 0)
                r = posix_spawnp(pid, argv[0], &actions, &attributes, (char *const *)argv, environ);
        (void)posix_spawnattr_destroy(&attributes);
        (void)posix_spawn_file_actions_destroy(&actions);
        return -r;
}

static int start_and_finish(struct tg_command *command, struct pipes *pipes, int64_t deadline_ns)
{
        struct tg_gathered output = { .text = command->output, .size = sizeof(command->output) };
        struct tg_gathered errors = { .text = command->errors, .size = sizeof(command->errors) };
        int64_t own_ns = tg_monotonic_ns() + command->limit_ns;
        struct tg_child child = {
                .in = pipes->ours[0],
                .out = pipes->ours[1],
                .err = pipes->ours[2],
                .input = command->input ? command->input : "",
                .input_len = command->input ? strlen(command->input) : 0,
                .output = &output,
                .errors = &errors,
        };
        int r = spawn(command->argv, pipes, &child.pid);

        close_all(pipes->theirs);
        if (r < 0) {
                close_all(pipes->ours);
                return r;
        }
        return tg_child_finish(&child, own_ns < deadline_ns ? own_ns : deadline_ns);
}

int tg_command_run(struct tg_command *command, int64_t deadline_ns)
{
        struct pipes pipes;

        command->output[0] = command->errors[0] = '\0';
        command->status = open_pipes(&pipes);
        if (command->status < 0) {
                close_all(pipes.ours);
                close_all(pipes.theirs);
        } else {
                command->status = start_and_finish(command, &pipes, deadline_ns);
        }
        return command->status;
}

char *tg_first_line(char *text)
{
        char *end;

        text += strspn(text, " \t\r\n");
        text[strcspn(text, "\r\n")] = '\0';
        for (end = text + strlen(text); end > text && (end[-1] == ' ' || end[-1] == '\t'); end--)
                end[-1] = '\0';
        return text;
}

/* What programs complain of stands in their last line: what they tried before it is told above. */
static char *last_line(char *text)
{
        char *end = text + strlen(text), *line;

        while (end > text && strchr(" \t\r\n", end[-1]))
                end--;
        *end = '\0';
        line = strrchr(text, '\n');
        return tg_first_line(line ? line : text);
}

const char *tg_command_fault(const struct tg_command *command, char *buf, size_t size)
{
        bool complains = command->errors[strspn(command->errors, " \t\r\n")] != '\0';
        char said[TG_COMMAND_OUTPUT_MAX], how[64];
        const char *line;

        (void)snprintf(said, sizeof(said), "%s", complains ? command->errors : command->output);
        line = complains ? last_line(said) : tg_first_line(said);
        (void)snprintf(buf, size, "%s: %s%s%s", command->argv[0], tg_child_text(command->status, how, sizeof(how)),
                       line[0] ? ": " : "", line);
        return buf;
}

bool tg_command_exists(const char *name)
{
        const char *path = getenv("PATH");
        char file[512];

        while (path && *path) {
                size_t len = strcspn(path, ":");

                (void)snprintf(file, sizeof(file), "%.*s/%s", (int)len, path, name);
                if (access(file, X_OK) == 0)
                        return true;
                path += len + (path[len] == ':');
        }
        return false;
}
