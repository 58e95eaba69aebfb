/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* timeguard-gate VERB-TICKET: one run of the gate, started by timeguard-gate@.service. Takes the request file, acts within its time, writes
   the result file. Exits with 0 when a result was written, whatever it says. It reads no configuration, forks no daemon, keeps no state. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <timeguard/limits.h>

#include "backend.h"
#include "child.h"
#include "result.h"

#define FILE_NAME_MAX     80
#define SECONDS_FALLBACK  16
#define SECONDS_MAX       3600
#define SECONDS_VARIABLE  "TIMEGUARD_GATE_SECONDS"
#define RESULT_MODE       0600
#define RESULT_TEXT_FLAGS (JSON_C_TO_STRING_SPACED | JSON_C_TO_STRING_NOSLASHESCAPE)

static void name_file(char name[static FILE_NAME_MAX], uint32_t ticket, const char *suffix)
{
        (void)snprintf(name, FILE_NAME_MAX, TG_GATE_DIRECTORY "/%u.%s", ticket, suffix);
}

/* "close-17"; false for anything else. */
static bool parse_instance(const char *instance, enum tg_gate_verb *verb, uint32_t *ticket)
{
        for (int i = 0; tg_gate_verb_words[i]; i++) {
                size_t len = strlen(tg_gate_verb_words[i]);
                char *end = NULL;
                unsigned long number;

                if (strncmp(instance, tg_gate_verb_words[i], len) != 0 || instance[len] != '-')
                        continue;
                if (strspn(instance + len + 1, "0123456789") == 0)
                        return false;
                errno = 0;
                number = strtoul(instance + len + 1, &end, 10);
                *verb = (enum tg_gate_verb)i;
                *ticket = (uint32_t)number;
                return errno == 0 && *end == '\0' && number <= UINT32_MAX;
        }
        return false;
}

/* Only what root wrote for root is obeyed. Returns 0 or -errno; `text` ends with NUL. */
static int read_own_file(const char *path, char *text, size_t size)
{
        int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
        size_t len = 0;
        struct stat st;
        ssize_t n = 1;
        int r = 0;

        if (fd < 0)
                return -errno;
        if (fstat(fd, &st) < 0)
                r = -errno;
        else if (!S_ISREG(st.st_mode) || st.st_uid != geteuid() || (st.st_mode & (S_IWGRP | S_IWOTH)))
                r = -EPERM;
        else if (st.st_size >= (off_t)size)
                r = -EFBIG;
        while (r == 0 && n > 0 && len + 1 < size) {
                n = read(fd, text + len, size - 1 - len);
                if (n < 0)
                        r = -errno;
                else
                        len += (size_t)n;
        }
        text[len] = '\0';
        (void)close(fd);
        return r;
}

/* From here on the request is ours alone. */
static int take_request(uint32_t ticket, char *text, size_t size)
{
        char request[FILE_NAME_MAX], taken[FILE_NAME_MAX];

        name_file(request, ticket, "request");
        name_file(taken, ticket, "taken");
        if (rename(request, taken) < 0)
                return -errno;
        return read_own_file(taken, text, size);
}

static int parse_request(uint32_t ticket, enum tg_gate_verb verb, struct tg_gate_request *out,
                         char error[static TG_FIELD_ERROR_MAX])
{
        char *text = malloc(TG_GATE_REQUEST_BYTES_MAX);
        struct json_object *object = NULL;
        int r = text ? take_request(ticket, text, TG_GATE_REQUEST_BYTES_MAX) : -ENOMEM;

        if (r < 0) {
                (void)snprintf(error, TG_FIELD_ERROR_MAX, "%s", strerror(-r));
        } else {
                object = json_tokener_parse(text);
                r = tg_gate_request_decode(object, out, error);
        }
        if (r == 0 && (out->ticket != ticket || out->verb != verb)) {
                (void)snprintf(error, TG_FIELD_ERROR_MAX, "it is for another run");
                r = -EINVAL;
        }
        json_object_put(object);
        free(text);
        return r;
}

static int write_all(int fd, const char *text)
{
        size_t len = strlen(text);

        while (len > 0) {
                ssize_t n = write(fd, text, len);

                if (n < 0 && errno != EINTR)
                        return -errno;
                text += n > 0 ? n : 0;
                len -= n > 0 ? (size_t)n : 0;
        }
        return 0;
}

/* Whole or not at all: the agent may read at any time. */
static int write_result(const struct tg_gate_result *result)
{
        struct json_object *object = tg_gate_result_encode(result);
        char path[FILE_NAME_MAX], unfinished[FILE_NAME_MAX];
        int fd, r;

        if (!object)
                return -ENOMEM;
        name_file(path, result->ticket, "result");
        name_file(unfinished, result->ticket, "unfinished");
        fd = open(unfinished, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, RESULT_MODE);
        r = fd < 0 ? -errno : write_all(fd, json_object_to_json_string_ext(object, RESULT_TEXT_FLAGS));
        if (fd >= 0)
                (void)close(fd);
        if (r == 0 && rename(unfinished, path) < 0)
                r = -errno;
        if (r < 0)
                (void)unlink(unfinished);
        json_object_put(object);
        return r;
}

/* The unit tells how long a run may take, next to the time after which it is killed. */
static int64_t run_seconds(void)
{
        const char *text = getenv(SECONDS_VARIABLE);
        char *end = NULL;
        long seconds = text ? strtol(text, &end, 10) : 0;

        return text && end != text && *end == '\0' && seconds > 0 && seconds <= SECONDS_MAX ? seconds : SECONDS_FALLBACK;
}

int main(int argc, char **argv)
{
        int64_t deadline_ns = tg_monotonic_ns() + run_seconds() * TG_NS_PER_S;
        struct tg_gate_result result = { 0 };
        struct tg_gate_request request;
        char error[TG_FIELD_ERROR_MAX];
        int r;

        if (argc != 2 || !parse_instance(argv[1], &result.verb, &result.ticket)) {
                fprintf(stderr, "Usage: timeguard-gate status-TICKET | close-TICKET | open-TICKET\n"
                                "Started by timeguard-gate@.service for timeguardd; not for use by hand.\n");
                return 2;
        }
        (void)signal(SIGPIPE, SIG_IGN); /* a command that does not read its input is no reason to die */
        r = parse_request(result.ticket, result.verb, &request, error);
        if (r == -ENOENT) {
                /* Withdrawn in time: whoever did that waits for no result. */
                fprintf(stderr, "timeguard-gate: no request %u\n", result.ticket);
                return 1;
        }
        if (r < 0)
                tg_gate_failed(&result, "the request cannot be used: %s", error);
        else
                tg_gate_act(&request, deadline_ns, &result);
        r = write_result(&result);
        if (r < 0)
                fprintf(stderr, "timeguard-gate: result %u: %s\n", result.ticket, strerror(-r));
        return r < 0 ? 1 : 0;
}
