/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The agent's asker by itself: asks the sources that are named and prints what it knows, as a line of JSON each time that it changes.
   usage: asker_probe [--port N] [--limit SECONDS] [--stall MS] ADDRESS/POLL...    (the first is chronyd's selected one)
   SIGUSR1 urges. --stall: it does nothing for so long after each poll, so that answers wait in the socket. */
#include <getopt.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "agent.h"
#include "asker.h"
#include "clock.h"
#include "journal.h"

#define POLL_NS (100 * TG_NS_PER_MS)

struct probe {
        struct tg_asker *asker;
        struct tg_chrony_sample sample;
        struct tg_asked told[TG_ASK_SOURCES];
        uint32_t n_told;
        long stall_ms;
};

static volatile sig_atomic_t urged;

/* What the agent's files call beside the asker. */

void tg_log(int level, const char *format, ...)
{
        va_list args;

        (void)level;
        va_start(args, format);
        vfprintf(stderr, format, args);
        va_end(args);
        fputc('\n', stderr);
}

void tg_agent_event(struct tg_agent *agent, struct tg_event *event)
{
        (void)agent, (void)event;
}

void tg_agent_eve(struct tg_agent *agent)
{
        (void)agent;
}

void tg_agent_tick(struct tg_agent *agent)
{
        (void)agent;
}

static void print_one(const struct tg_asked *a)
{
        char text[TG_ADDR_TEXT_MAX];

        printf("{\"address\":\"%s\",\"state\":\"%s\",\"stratum\":%u,\"leap\":%u,\"ref_id\":\"%08X\",\"ref_time_ns\":%" PRId64
               ",\"raw_ns\":%" PRId64 ",\"low_ns\":%" PRId64 ",\"high_ns\":%" PRId64
               ",\"steady_s\":%u,\"side\":%d,\"clear\":%u,\"span_s\":%u}",
               tg_addr_text(&a->addr, text), tg_asked_state_text((enum tg_asked_state)a->state), a->stratum, a->leap, a->ref_id,
               a->ref_time_ns, a->raw_ns, a->ahead_low_ns, a->ahead_high_ns, a->steady_s, a->side, a->clear, a->span_s);
}

static void print_pairs(const char *name, const struct tg_ask *ask, uint32_t n, int64_t raw_ns)
{
        const char *comma = "";

        printf(",\"%s\":[", name);
        for (uint32_t i = 0; i < n; i++)
                for (uint32_t k = 0; k < i; k++)
                        if (name[0] == 's' ? tg_ask_same_server(ask, i, k) : tg_ask_differ(ask, i, k, raw_ns)) {
                                printf("%s[%u,%u]", comma, k, i);
                                comma = ",";
                        }
        printf("]");
}

static void tell(void *data, const struct tg_ask *ask)
{
        struct probe *p = data;
        struct tg_asked list[TG_ASK_SOURCES];
        int64_t raw_ns = tg_clock_raw_ns();
        uint32_t n;

        memset(list, 0, sizeof(list));
        n = tg_ask_list(ask, list);
        if (n == p->n_told && !memcmp(list, p->told, sizeof(list)))
                return;
        p->n_told = n;
        memcpy(p->told, list, sizeof(list));
        printf("{\"raw_ns\":%" PRId64 ",\"asked\":[", raw_ns);
        for (uint32_t i = 0; i < n; i++) {
                printf("%s", i ? "," : "");
                print_one(&list[i]);
        }
        printf("]");
        print_pairs("same", ask, n, raw_ns);
        print_pairs("differ", ask, n, raw_ns);
        printf("}\n");
        fflush(stdout);
}

static void on_alarm(void *data)
{
        struct probe *p = data;
        struct timespec stall = { .tv_sec = p->stall_ms / 1000, .tv_nsec = p->stall_ms % 1000 * TG_NS_PER_MS };
        bool urge = urged;

        urged = 0;
        tg_asker_sources(p->asker, &p->sample);
        tg_asker_poll(p->asker, urge);
        if (p->stall_ms)
                (void)clock_nanosleep(CLOCK_MONOTONIC, 0, &stall, NULL);
}

static void on_signal(int number)
{
        (void)number;
        urged = 1;
}

static void add_source(struct probe *p, char *text)
{
        struct tg_source *source = &p->sample.sources[p->sample.n_sources];
        char *slash = strchr(text, '/');

        if (!slash || p->sample.n_sources == TG_SOURCES_MAX)
                exit(2);
        *slash = 0;
        if (tg_addr_parse(text, &source->addr) < 0)
                exit(2);
        source->poll = (int8_t)atoi(slash + 1);
        source->state = "+*"[p->sample.n_sources == 0];
        p->sample.n_known = ++p->sample.n_sources;
}

int main(int argc, char **argv)
{
        static const struct option longs[] = { { "port", required_argument, NULL, 'p' },
                                               { "limit", required_argument, NULL, 'l' },
                                               { "stall", required_argument, NULL, 's' },
                                               { NULL, 0, NULL, 0 } };
        struct probe p = { .sample.state = TG_CHRONY_OK };
        struct tg_alarm alarm = { 0 };
        qb_loop_t *loop = qb_loop_create();
        int64_t limit_ns = 5 * TG_NS_PER_S;
        uint16_t port = TG_NTP_PORT;
        int c;

        while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
                if (c == 'p')
                        port = (uint16_t)atoi(optarg);
                else if (c == 'l')
                        limit_ns = atoi(optarg) * TG_NS_PER_S;
                else if (c == 's')
                        p.stall_ms = atol(optarg);
                else
                        return 2;
        }
        while (optind < argc)
                add_source(&p, argv[optind++]);
        (void)signal(SIGUSR1, on_signal);
        if (!loop || tg_asker_new(&p.asker, loop, port, limit_ns, tell, &p) < 0 ||
            tg_alarm_open(&alarm, loop, QB_LOOP_MED, on_alarm, &p) < 0)
                return 1;
        tg_alarm_every(&alarm, POLL_NS);
        qb_loop_run(loop);
        return 0;
}
