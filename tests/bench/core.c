/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the core costs on one node of 3 to 64: time of a delivery, an evaluation, a report, its encoding and decoding, and a snapshot;
   memory; bytes of reports. A virtual cluster runs until its windows are full; then a copy of the first node is given what that node
   would hear next, one timed event after the other, its own reports as the others hear them. A second cluster of each size has no two
   nodes that agree: evaluations of it are the dearest. Prints one JSON object a size. Whether a figure is good is left to the reader. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "node_private.h"
#include "samples.h"
#include "world.h"

#define WARM_S     20 /* longer than a link's window and the grace of every alert */
#define REPLAY_S   10
#define REPEATS    10
#define LOOK_NS    (100 * TG_NS_PER_MS)
#define MESSAGES   (2 * REPLAY_S * WORLD_NODES)
#define APART_NS   (10 * TG_NS_PER_S) /* from one node to the next where no two agree */
#define TRANSIT_NS (300 * TG_NS_PER_US)
#define SPACING_NS (10 * TG_NS_PER_US) /* between two deliveries of one instant */

enum kind { DELIVERY, EVALUATION, EVALUATION_APART, REPORT, ENCODE, DECODE, SNAPSHOT, KINDS };

static const char *const names[KINDS] = {
        "delivery", "evaluation", "evaluation_apart", "report", "encode", "decode", "snapshot"
};

struct message {
        int64_t t_ns;
        uint32_t from;
        size_t len;
        uint8_t data[TG_REPORT_BYTES_MAX];
};

static struct world world;
static bool capturing, apart; /* taking notes; playing the cluster in which no two nodes agree */
static size_t n_messages;
static struct message messages[MESSAGES];
static struct samples samples[KINDS];
static struct tg_snapshot snapshot;
static int64_t busy_ns, least_busy_ns; /* in this replay; in the least busy one: the others were interrupted */

static void add(enum kind kind, int64_t ns)
{
        if (!apart || kind == EVALUATION_APART)
                samples_add(&samples[kind], ns);
}

/* The world's hook for tampering hears of every message as it is sent: here it only takes notes. */
static void capture(struct world *w, uint32_t from, uint8_t *data, size_t *len)
{
        struct message *m = &messages[n_messages];

        if (!capturing || n_messages == MESSAGES)
                return;
        n_messages++;
        m->t_ns = w->t_ns;
        m->from = from;
        m->len = *len;
        memcpy(m->data, data, *len);
}

/* The first node's clocks: it was never disturbed, so that its first segment holds. */
static struct tg_look look_at(int64_t t_ns)
{
        const struct world_node *n = &world.nodes[0];
        int64_t raw_ns = n->raw_base_ns + t_ns, real_ns = raw_ns + n->segments[0].c_ns;

        return (struct tg_look){ .raw_ns = raw_ns,
                                 .real_ns = real_ns,
                                 .mono_ns = t_ns,
                                 .boot_ns = t_ns,
                                 .tai_ns = real_ns + 37 * TG_NS_PER_S,
                                 .bracket_ns = 150 };
}

/* Gives the event and drops the actions; returns how long both took. `judged` and `reported` tell what came of it. */
static int64_t give(struct tg_node *node, struct tg_event *event, int64_t t_ns, bool *judged, bool *reported)
{
        int64_t judged_raw_ns = node->judged_raw_ns, begin_ns, took_ns;
        uint32_t seq = node->seq;
        struct tg_action action;

        event->now = look_at(t_ns);
        begin_ns = samples_clock_ns();
        tg_node_handle(node, event);
        while (tg_node_next_action(node, &action))
                ;
        took_ns = samples_clock_ns() - begin_ns;
        *judged = node->judged_raw_ns != judged_raw_ns;
        *reported = node->seq != seq;
        busy_ns += took_ns;
        return took_ns;
}

static void deliver(struct tg_node *node, const struct message *m, int64_t t_ns)
{
        struct tg_event event = { .type = TG_EVENT_DELIVERY };
        bool judged, reported;
        int64_t took_ns;

        event.delivery.node_id = event.delivery.pid = m->from + 1;
        event.delivery.data = m->data;
        event.delivery.len = m->len;
        took_ns = give(node, &event, t_ns, &judged, &reported);
        if (!judged && !reported)
                add(DELIVERY, took_ns);
}

static void look(struct tg_node *node, int64_t t_ns)
{
        struct tg_event event = { .type = TG_EVENT_LOOK };
        bool judged, reported;
        int64_t took_ns = give(node, &event, t_ns, &judged, &reported);

        if (judged && !reported)
                add(apart ? EVALUATION_APART : EVALUATION, took_ns);
}

static void poll_chrony(struct tg_node *node, int64_t t_ns)
{
        struct tg_chrony_sample sample = world.nodes[0].chrony;
        struct tg_event event = { .type = TG_EVENT_CHRONY, .chrony = &sample };
        bool judged, reported;

        sample.raw_ns = look_at(t_ns).raw_ns;
        sample.tracking.ref_time_ns = look_at(t_ns).real_ns - TG_NS_PER_S;
        give(node, &event, t_ns, &judged, &reported);
}

/* A look just before leaves the tick nothing to judge: what remains is the report. */
static void tick(struct tg_node *node, int64_t t_ns)
{
        struct tg_event event = { .type = TG_EVENT_TICK };
        bool judged, reported;
        int64_t took_ns;

        poll_chrony(node, t_ns - TG_NS_PER_MS);
        took_ns = give(node, &event, t_ns, &judged, &reported);
        if (reported && !judged)
                add(REPORT, took_ns);
}

static void take_snapshot(const struct tg_node *node, int64_t t_ns)
{
        struct tg_look now = look_at(t_ns);
        int64_t begin_ns = samples_clock_ns();

        tg_node_snapshot(node, &now, &snapshot);
        add(SNAPSHOT, samples_clock_ns() - begin_ns);
}

/* Hears all messages sent up to an instant, each a little after the one before. */
static size_t hear(struct tg_node *node, size_t next, int64_t until_ns, int64_t *t_ns)
{
        for (; next < n_messages && messages[next].t_ns + TRANSIT_NS <= until_ns; next++) {
                int64_t due_ns = messages[next].t_ns + TRANSIT_NS;

                *t_ns = due_ns > *t_ns + SPACING_NS ? due_ns : *t_ns + SPACING_NS;
                deliver(node, &messages[next], *t_ns);
        }
        return next;
}

static void replay(const struct tg_node *start, int64_t begin_ns)
{
        struct tg_node *node = malloc(sizeof *node);
        int64_t t_ns = begin_ns;
        size_t next = 0;

        if (!node)
                abort();
        memcpy(node, start, sizeof *node);
        for (int64_t at_ns = begin_ns + LOOK_NS; at_ns < begin_ns + REPLAY_S * TG_NS_PER_S; at_ns += LOOK_NS) {
                next = hear(node, next, at_ns - 20 * TG_NS_PER_MS, &t_ns);
                if (at_ns % TG_NS_PER_S == 0)
                        tick(node, at_ns);
                else
                        look(node, at_ns);
                t_ns = at_ns;
                if (at_ns % TG_NS_PER_S == 5 * LOOK_NS)
                        take_snapshot(node, at_ns);
        }
        if (node->reports_bad || node->verdict.cluster != (apart ? TG_CLUSTER_SPLIT : TG_CLUSTER_AGREED)) {
                fprintf(stderr, "the replayed node is not well: %s\n", node->verdict.reason);
                exit(EXIT_FAILURE);
        }
        free(node);
}

static size_t touched_bytes(const void *memory, size_t size)
{
        size_t page = (size_t)sysconf(_SC_PAGESIZE), n = 0;
        uintptr_t begin = (uintptr_t)memory / page * page, end = (uintptr_t)memory + size;
        unsigned char resident;

        for (uintptr_t at = begin; at < end; at += page)
                if (mincore((void *)at, page, &resident) == 0 && (resident & 1))
                        n++;
        return n * page;
}

/* Reads every message and writes it again. */
static void code(void)
{
        static struct tg_report report;
        uint8_t data[TG_REPORT_BYTES_MAX];

        for (size_t i = 0; i < n_messages; i++) {
                const struct message *m = &messages[i];
                int64_t begin_ns = samples_clock_ns(), between_ns;
                enum tg_report_fault fault = tg_report_decode(m->data, m->len, &report, NULL);
                int len;

                between_ns = samples_clock_ns();
                len = tg_report_encode(&report, data);
                add(ENCODE, samples_clock_ns() - between_ns);
                add(DECODE, between_ns - begin_ns);
                if (fault || len != (int)m->len || memcmp(data, m->data, m->len) != 0) {
                        fprintf(stderr, "a report of n%u is not the same again\n", m->from + 1);
                        exit(EXIT_FAILURE);
                }
        }
}

static void print_size(uint32_t n, size_t touched)
{
        size_t total = 0, received = 0, longest = 0;

        for (size_t i = 0; i < n_messages; i++) {
                total += messages[i].len;
                received += messages[i].from ? messages[i].len : 0;
                longest = messages[i].len > longest ? messages[i].len : longest;
        }
        printf("{\"nodes\": %u, \"node_bytes\": %zu, \"touched_bytes\": %zu", n, sizeof(struct tg_node), touched);
        printf(", \"report_bytes_mean\": %zu, \"report_bytes_max\": %zu, \"received_bytes_s\": %zu",
               n_messages ? total / n_messages : 0, longest, received / REPLAY_S);
        printf(", \"busy_ppm\": %lld", (long long)(least_busy_ns / REPLAY_S / 1000));
        for (int kind = 0; kind < KINDS; kind++)
                samples_print(&samples[kind], names[kind]);
        printf("}\n");
        fflush(stdout);
}

/* Runs a cluster, and then its first node again and again; returns how much of that node's memory is in use. */
static size_t play(uint32_t n)
{
        struct tg_node *start = malloc(sizeof *start);
        int64_t begin_ns;
        size_t touched;

        if (!start)
                abort();
        n_messages = 0;
        world_new(&world, n, 1);
        world.tamper = capture;
        for (uint32_t i = 1; apart && i < n; i++)
                world_step(&world, i, i * APART_NS);
        world_run(&world, WARM_S * TG_NS_PER_S + TG_NS_PER_S / 2 - world.t_ns % TG_NS_PER_S);
        touched = touched_bytes(world.nodes[0].core, sizeof *start);
        memcpy(start, world.nodes[0].core, sizeof *start);
        begin_ns = world.t_ns;
        capturing = true;
        world_run(&world, REPLAY_S * TG_NS_PER_S);
        capturing = false;
        least_busy_ns = INT64_MAX;
        for (int i = 0; i < REPEATS; i++) {
                busy_ns = 0;
                replay(start, begin_ns);
                least_busy_ns = busy_ns < least_busy_ns ? busy_ns : least_busy_ns;
        }
        world_free(&world);
        free(start);
        return touched;
}

static void measure(uint32_t n)
{
        size_t touched;

        memset(samples, 0, sizeof samples);
        apart = true;
        play(n);
        apart = false;
        touched = play(n);
        code();
        print_size(n, touched);
}

int main(int argc, char **argv)
{
        static const uint32_t sizes[] = { 3, 8, 16, 32, 64 };

        for (int i = 1; i < argc; i++) {
                long n = strtol(argv[i], NULL, 10);

                if (n < 2 || n > WORLD_NODES) {
                        fprintf(stderr, "Usage: %s [NODES...], of 2 to %d\n", argv[0], WORLD_NODES);
                        return 64;
                }
                measure((uint32_t)n);
        }
        for (size_t i = 0; argc == 1 && i < sizeof sizes / sizeof sizes[0]; i++)
                measure(sizes[i]);
        return EXIT_SUCCESS;
}
