/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The agent's executor by hand: the very files of the daemon, in a loop of their own. An order a line on standard input,

     TICKET VERB SCOPE [PRIOR]

   and an answer a line on standard output: the result as JSON, with the milliseconds that it took. Lines that begin with "#" are told by the
   log. Ends at the end of the input, at once.

   drive BACKEND [--command PATH] [--health COLOUR] [UNIT...] */
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "../../agent/gate/words.h"
#include "agent.h"
#include "bus.h"
#include "clock.h"
#include "executor.h"
#include "gate_files.h"
#include "journal.h"

struct drive {
        struct tg_agent agent;
        struct tg_bus *bus;
        struct tg_executor *executor;
        int64_t begin_ns;
        char input[1024];
        size_t len;
};

/* What the daemon's files take from its others. */
void tg_log(int level, const char *format, ...)
{
        va_list args;

        va_start(args, format);
        printf("# %d ", level);
        vprintf(format, args);
        printf("\n");
        va_end(args);
}

int64_t tg_clock_raw_ns(void)
{
        struct timespec now;

        (void)clock_gettime(CLOCK_MONOTONIC_RAW, &now);
        return now.tv_sec * TG_NS_PER_S + now.tv_nsec;
}

const char *tg_agent_node_name(const struct tg_agent *agent, uint32_t node_id, char buf[static TG_NAME_MAX])
{
        (void)agent;
        (void)snprintf(buf, TG_NAME_MAX, "n%u", node_id);
        return buf;
}

static void on_done(void *data, const struct tg_gate_result *result)
{
        struct drive *drive = data;
        struct json_object *object = tg_gate_result_encode(result);

        (void)json_object_object_add(object, "ms", json_object_new_int64((tg_clock_raw_ns() - drive->begin_ns) / TG_NS_PER_MS));
        printf("%s\n", json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN));
        json_object_put(object);
}

static void run_order(struct drive *drive, const char *line)
{
        struct tg_gate_order order = { .reason = "a test" };
        char verb[16], scope[16];
        int n = sscanf(line, "%u %15s %15s %24s", &order.ticket, verb, scope, order.prior);
        int v = n >= 3 ? tg_word_find(tg_gate_verb_words, verb) : -1,
            s = n >= 3 ? tg_word_find(tg_gate_scope_words, scope) : -1;

        if (n >= 3 && strcmp(scope, "record") == 0) {
                s = TG_GATE_CLUSTER;
                order.uuid[0] = 1;
        }
        if (v < 0 || s < 0) {
                printf("# not understood: %s\n", line);
                return;
        }
        order.verb = (enum tg_gate_verb)v;
        order.scope = (enum tg_gate_scope)s;
        if (tg_executor_run(drive->executor, &order) == -EBUSY)
                printf("# busy\n");
        else
                drive->begin_ns = tg_clock_raw_ns();
}

static int32_t on_input(int32_t fd, int32_t revents, void *data)
{
        struct drive *drive = data;
        ssize_t n = read(fd, drive->input + drive->len, sizeof(drive->input) - 1 - drive->len);
        char *line = drive->input, *end;

        (void)revents;
        if (n <= 0) {
                qb_loop_stop(drive->agent.loop);
                return 0;
        }
        drive->len += (size_t)n;
        drive->input[drive->len] = '\0';
        for (; (end = strchr(line, '\n')); line = end + 1) {
                *end = '\0';
                run_order(drive, line);
        }
        drive->len = strlen(line);
        memmove(drive->input, line, drive->len + 1);
        return 0;
}

static void parse(struct drive *drive, int argc, char **argv, int *health)
{
        struct tg_options *options = &drive->agent.options;

        options->gate_backend = argc > 1 ? tg_word_find(tg_gate_backend_words, argv[1]) : TG_BACKEND_AUTO;
        for (int i = 2; i < argc; i++) {
                if (strcmp(argv[i], "--command") == 0)
                        (void)snprintf(options->gate_command, sizeof(options->gate_command), "%s", argv[++i]);
                else if (strcmp(argv[i], "--health") == 0)
                        *health = tg_word_find(tg_gate_health_words, argv[++i]);
                else
                        (void)snprintf(options->gate_units.names[options->gate_units.n++], TG_NAME_MAX, "%s", argv[i]);
        }
}

int main(int argc, char **argv)
{
        struct drive drive = { .agent = { .node_id = 1 } };
        int health = 0, r;

        (void)setvbuf(stdout, NULL, _IOLBF, 0);
        parse(&drive, argc, argv, &health);
        drive.agent.loop = qb_loop_create();
        r = tg_bus_new(&drive.bus, drive.agent.loop, "gate:");
        if (r == 0)
                r = tg_executor_new(&drive.executor, &drive.agent, drive.bus, on_done, &drive);
        if (r < 0) {
                fprintf(stderr, "drive: %s\n", strerror(-r));
                return 1;
        }
        tg_executor_set_health(drive.executor, health);
        (void)qb_loop_poll_add(drive.agent.loop, QB_LOOP_MED, STDIN_FILENO, POLLIN, &drive, on_input);
        qb_loop_run(drive.agent.loop);
        (void)qb_loop_poll_del(drive.agent.loop, STDIN_FILENO);
        tg_executor_free(drive.executor);
        tg_bus_free(drive.bus);
        qb_loop_destroy(drive.agent.loop);
        return 0;
}
