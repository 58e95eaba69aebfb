/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writes inputs to begin with, from messages of this project: reports of clusters in virtual time, polls of a sound chronyd, stories
   for a core and for one who asks. usage: fuzz_seeds DIRECTORY, which holds the directories report, chrony, node and ntp. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chrony_reply.h"
#include "world.h"

#define HEADER 28

static const char *directory;
static unsigned kept;

static void keep(const char *target, const void *bytes, size_t len)
{
        char path[512];
        FILE *out;

        snprintf(path, sizeof path, "%s/%s/seed-%03u", directory, target, kept++);
        out = fopen(path, "wb");
        if (!out || fwrite(bytes, 1, len, out) != len || fclose(out) != 0) {
                perror(path);
                exit(1);
        }
}

/* ---- reports ---- */

/* As a newer writer with more room for sources might send it: sixteen times the first one. */
static void keep_crowded(const uint8_t *data, size_t len)
{
        size_t at = 8 + (data[6] | (size_t)data[7] << 8), source = 1 + (size_t)data[at + 1];
        uint8_t bytes[TG_REPORT_BYTES_MAX];

        if (!data[at] || len + 15 * source > sizeof bytes)
                return;
        memcpy(bytes, data, at);
        bytes[at] = 16;
        for (size_t i = 0; i < 16; i++)
                memcpy(bytes + at + 1 + i * source, data + at + 1, source);
        memcpy(bytes + at + 1 + 16 * source, data + at + 1 + data[at] * source, len - at - 1 - data[at] * source);
        keep("report", bytes, len + (16 - data[at]) * source);
}

static void keep_report(struct world *w, uint32_t from, uint8_t *data, size_t *len)
{
        static unsigned n;

        (void)from;
        if (world_random(w, 8) == 0)
                keep("report", data, *len);
        if (n++ % 16 == 0)
                keep_crowded(data, *len);
}

static void write_reports(uint32_t nodes)
{
        static struct world world;

        world_new(&world, nodes, 1);
        world_run(&world, 2 * TG_NS_PER_S);
        world.tamper = keep_report;
        world_run(&world, 2 * TG_NS_PER_S);
        world_step(&world, 0, -3 * TG_NS_PER_S);
        world_source(&world, 1, "192.0.2.7");
        world_source(&world, 2, NULL);
        world_new_ring(&world);
        world_run(&world, 3 * TG_NS_PER_S);
        world_free(&world);
}

/* ---- polls: two bytes of sequence, then move 1 (a reply) with the body that chronyd sent ---- */

struct talk {
        size_t len;
        uint8_t bytes[4096];
};

static void add_reply(struct talk *t, const uint8_t *reply, size_t len)
{
        t->bytes[t->len++] = 1;
        memcpy(t->bytes + t->len, reply + HEADER, len - HEADER);
        t->len += len - HEADER;
        t->bytes[t->len++] = 3; /* 30 us later */
}

static void write_poll(uint32_t n_sources)
{
        struct talk t = { .len = 2 };
        struct tg_random r = { n_sources };
        struct tg_tracking tracking;
        struct tg_source source;
        uint8_t reply[REPLY_MAX];
        uint32_t names = 0;

        random_tracking(&r, &tracking);
        add_reply(&t, reply, put_tracking(reply, 0, &tracking));
        add_reply(&t, reply, put_n_sources(reply, 0, n_sources));
        for (uint32_t i = 0; i < n_sources; i++) {
                random_source(&r, &source);
                names += source.mode != TG_SOURCE_REFCLOCK && (source.state == '*' || source.state == '+');
                add_reply(&t, reply, put_source(reply, 0, &source));
        }
        for (uint32_t i = 0; i < names; i++)
                add_reply(&t, reply, put_name(reply, 0, "ntp.example"));
        keep("chrony", t.bytes, t.len);
}

/* ---- stories: how many peers, then moves (the table in fuzz_node.c) ---- */

static void write_stories(void)
{
        static const uint8_t stories[][12] = {
                { 0x82, 2, 3, 2, 3 },                         /* all is well */
                { 0x82, 2, 3, 15, 1, 0, 25, 2, 3, 2, 3 },     /* a peer's clock is another */
                { 0x82, 2, 3, 0, 2, 1, 90, 2, 3 },            /* an own step */
                { 0x82, 2, 3, 22, 2, 3, 18, 1, 2, 2, 3 },     /* corosync goes, a ring forms */
                { 0x82, 2, 3, 23, 2, 3, 24, 2, 3, 24, 2 },    /* a stop, and a deaf while */
                { 0x84, 2, 3, 8, 1, 1, 1, 4, 0, 2, 3 },       /* a lie */
                { 0x81, 2, 3, 11, 1, 2, 50, 0, 7, 60, 0, 8 }, /* a garbled report */
                { 0x83, 2, 3, 14, 0, 1, 2, 21, 1, 2, 3 },     /* another source, another budget */
        };

        for (size_t i = 0; i < sizeof stories / sizeof stories[0]; i++)
                keep("node", stories[i], sizeof stories[i]);
}

/* ---- who asks: which sources, then moves (the table in fuzz_ntp.c) ---- */

static void write_asks(void)
{
        /* sources 0 and 1 at poll 4; a look takes two bytes wherever there is one */
        static const uint8_t begin[] = { 9, 9, 0, 2, 7, 2, 0, 4, 0, 4, 9, 9 };
        static const uint8_t rounds[][26] = {
                { 0, 20, 1, 9, 9, 1, 0, 9, 9, 80, 7, 1, 2, 1, 2, 5, 5, 9, 9, 9, 9, 50, 0, 50, 0, 0 }, /* a second goes by, an answer */
                { 0, 20, 1, 9, 9, 2, 1, 9, 9, 30, 70, 1, 1, 3, 231, 1, 2, 1, 2, 5, 5, 9, 9, 9, 9, 50 }, /* fields of its own */
                { 0, 20, 1, 9, 9, 4, 0, 1, 6, 0, 20, 1, 9, 9, 4, 1, 0, 7, 90, 1, 0, 20, 1, 9, 9, 8 },   /* refusals, a step */
                { 0, 20, 1, 9, 9, 3, 0, 9, 9, 48, 0x24, 3, 6, 0xe7, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4 }, /* bytes */
        };
        uint8_t bytes[sizeof begin + 4 * sizeof rounds[0]];

        for (size_t i = 0; i < sizeof rounds / sizeof rounds[0]; i++) {
                memcpy(bytes, begin, sizeof begin);
                for (size_t k = 0; k < 4; k++)
                        memcpy(bytes + sizeof begin + k * sizeof rounds[0], rounds[k < 3 ? i : 0], sizeof rounds[0]);
                keep("ntp", bytes, sizeof bytes);
        }
}

int main(int argc, char **argv)
{
        if (argc != 2) {
                fputs("usage: fuzz_seeds DIRECTORY\n", stderr);
                return 2;
        }
        directory = argv[1];
        write_reports(3);
        write_reports(16);
        for (uint32_t n = 0; n < 12; n += 1 + n / 3)
                write_poll(n);
        write_stories();
        write_asks();
        return 0;
}
