/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One node that asks, and its sources, in virtual time. The truth is known: a server's time is RAW + ahead_ns, its rate against RAW apart. */
#pragma once

#include <timeguard/ntp.h>

#include "ntp_reply.h"

#define GAME_BEGIN_NS (1000 * TG_NS_PER_S)
#define GAME_C_NS     (INT64_C(1795000000) * TG_NS_PER_S)
#define GAME_LIMIT_NS (5 * TG_NS_PER_S)

struct game {
        struct tg_ask ask;
        int64_t raw_ns;
        int64_t c_ns;     /* REALTIME - RAW */
        int64_t slept_ns; /* BOOTTIME - MONOTONIC */
        int64_t bracket_ns;
        struct tg_chrony_sample sample;
        uint64_t cookie; /* the last one given */
};

static inline struct tg_look game_look(const struct game *g)
{
        return (struct tg_look){ .raw_ns = g->raw_ns,
                                 .real_ns = g->raw_ns + g->c_ns,
                                 .mono_ns = g->raw_ns,
                                 .boot_ns = g->raw_ns + g->slept_ns,
                                 .bracket_ns = g->bracket_ns };
}

static inline void game_begin(struct game *g)
{
        struct tg_look now;

        *g = (struct game){ .raw_ns = GAME_BEGIN_NS, .c_ns = GAME_C_NS, .bracket_ns = 200 };
        g->sample.state = TG_CHRONY_OK;
        now = game_look(g);
        tg_ask_begin(&g->ask, GAME_LIMIT_NS, &now);
}

static inline struct tg_addr game_addr(const char *text)
{
        struct tg_addr addr = { 0 };

        assert_int_equal(tg_addr_parse(text, &addr), 0);
        return addr;
}

static inline void game_add(struct game *g, const char *addr, char state, int poll)
{
        struct tg_source *s = &g->sample.sources[g->sample.n_sources++];

        *s = (struct tg_source){ .addr = game_addr(addr), .state = state, .poll = (int8_t)poll };
        if (s->addr.family == TG_ADDR_REFCLOCK)
                s->mode = TG_SOURCE_REFCLOCK;
        g->sample.n_known = g->sample.n_sources;
}

static inline void game_drop_all(struct game *g)
{
        g->sample.n_sources = g->sample.n_known = 0;
}

/* What chronyd says reaches the asker. */
static inline void game_poll_chronyd(struct game *g)
{
        struct tg_look now = game_look(g);

        tg_ask_sources(&g->ask, &g->sample, &now);
}

static inline bool game_due(struct game *g, struct tg_ask_request *request)
{
        bool due = tg_ask_due(&g->ask, g->raw_ns, g->cookie + 1, request);

        if (due) {
                g->cookie++;
                assert_true(ntp_get(request->datagram, 40, 8) == g->cookie);
        }
        return due;
}

/* Seconds go by, with a poll of chronyd in each, until something is to be sent; false after `limit_s`. */
static inline bool game_wait(struct game *g, struct tg_ask_request *request, int limit_s)
{
        for (int i = 0; i <= limit_s; i++) {
                game_poll_chronyd(g);
                if (game_due(g, request))
                        return true;
                if (i < limit_s)
                        g->raw_ns += TG_NS_PER_S;
        }
        return false;
}

static inline enum tg_ntp_fault game_bytes(struct game *g, const struct tg_addr *addr, const uint8_t *bytes, size_t len,
                                           int64_t t1_raw_ns)
{
        struct tg_ask_arrival arrival = {
                .data = bytes, .len = len, .t1_raw_ns = t1_raw_ns, .t4_raw_ns = g->raw_ns, .look = game_look(g)
        };

        return tg_ask_reply(&g->ask, addr, &arrival);
}

static inline enum tg_ntp_fault game_reply(struct game *g, const struct tg_addr *addr, const struct ntp_reply *reply,
                                           int64_t t1_raw_ns)
{
        uint8_t buf[ANSWER_SIZE];

        ntp_write(reply, buf);
        return game_bytes(g, addr, buf, sizeof buf, t1_raw_ns);
}

/* The request of just now is answered 2 ms later by a server whose time is RAW + ahead_ns. */
static inline enum tg_ntp_fault game_answer(struct game *g, const struct tg_ask_request *request, int64_t ahead_ns)
{
        int64_t t1_ns = g->raw_ns, middle_ns = t1_ns + TG_NS_PER_MS;
        struct ntp_reply reply = ntp_good(g->cookie, middle_ns - 1000 + ahead_ns, middle_ns + 1000 + ahead_ns);

        g->raw_ns += 2 * TG_NS_PER_MS;
        return game_reply(g, &request->addr, &reply, t1_ns);
}

static inline struct tg_asked game_asked(const struct game *g, uint32_t rank)
{
        struct tg_asked list[TG_ASK_SOURCES];

        assert_true(tg_ask_list(&g->ask, list) > rank);
        return list[rank];
}

/* Waits for the next request and answers it; returns how long that was. */
static inline int64_t game_round(struct game *g, int64_t ahead_ns)
{
        struct tg_ask_request request;
        int64_t begin_ns = g->raw_ns;

        assert_true(game_wait(g, &request, 4000));
        begin_ns = g->raw_ns - begin_ns;
        assert_int_equal(game_answer(g, &request, ahead_ns), TG_NTP_GOOD);
        return begin_ns;
}
