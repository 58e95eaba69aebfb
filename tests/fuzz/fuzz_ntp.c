/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Servers that answer anything: the input is what happens to one who asks, move by move. No address is asked twice within 16 s, what is no
   answer changes nothing that is told, and what is told is always in its range. */
#include <stdlib.h>
#include <string.h>

#include <timeguard/ntp.h>
#include <timeguard/report.h>

#include "fuzz.h"
#include "wire.h"

#define BEGIN_NS  (1000 * TG_NS_PER_S)
#define C_NS      (INT64_C(1795000000) * TG_NS_PER_S)
#define ADDRESSES TG_ASK_SLOTS
#define BYTES_MAX 80
#define LATEST_NS ((INT64_C(1) << 32) * TG_NS_PER_S)

enum move {
        MOVE_SECONDS, /* go by, and what is due is sent */
        MOVE_ANSWER,  /* an honest server's */
        MOVE_FIELDS,  /* the right origin, anything else */
        MOVE_RAW,     /* any bytes */
        MOVE_FAIL,
        MOVE_SOURCES,
        MOVE_URGE,
        MOVE_STEP,
        MOVE_TIMELINE, /* a suspend, or RAW goes back */
        MOVE_LIMIT,
        MOVES
};

struct game {
        struct fuzz_input in;
        struct tg_ask ask;
        int64_t raw_ns, c_ns, slept_ns;
        struct tg_chrony_sample sample;
        uint64_t cookie;
        int64_t sent_ns[ADDRESSES]; /* 0: never */
        uint64_t cookies[ADDRESSES];
};

static struct tg_look look(struct game *g)
{
        return (struct tg_look){ .raw_ns = g->raw_ns,
                                 .real_ns = g->raw_ns + g->c_ns,
                                 .mono_ns = g->raw_ns,
                                 .boot_ns = g->raw_ns + g->slept_ns,
                                 .bracket_ns = (int64_t)fuzz_pick(&g->in, 200) * fuzz_pick(&g->in, 200) * 100 };
}

static struct tg_addr address(uint32_t i)
{
        struct tg_addr addr = { .family = i % 2 ? TG_ADDR_IPV6 : TG_ADDR_IPV4, .bytes = { 10, [3] = (uint8_t)i } };

        return addr;
}

static void send_due(struct game *g)
{
        struct tg_ask_request request;
        unsigned n = 0;

        while (tg_ask_due(&g->ask, g->raw_ns, g->cookie + 1, &request)) {
                uint8_t i = request.addr.bytes[3];

                g->cookie++;
                FUZZ_REQUIRE(++n <= TG_ASK_SOURCES, "%u requests at once", n);
                FUZZ_REQUIRE(i < ADDRESSES && (g->sent_ns[i] == 0 || g->raw_ns - g->sent_ns[i] >= TG_ASK_MIN_NS),
                             "address %u is asked again after %lld ns", i, (long long)(g->raw_ns - g->sent_ns[i]));
                FUZZ_REQUIRE(request.datagram[0] == 0x23, "a request that begins with 0x%02x", request.datagram[0]);
                g->sent_ns[i] = g->raw_ns;
                g->cookies[i] = g->cookie;
        }
}

static void poll_chronyd(struct game *g)
{
        struct tg_look now = look(g);

        tg_ask_sources(&g->ask, &g->sample, &now);
}

static void pass_time(struct game *g)
{
        g->raw_ns += (1 + (int64_t)fuzz_pick(&g->in, 64) * fuzz_pick(&g->in, 32)) * TG_NS_PER_S;
        poll_chronyd(g);
        send_due(g);
}

static uint64_t stamp(int64_t real_ns)
{
        return (uint64_t)(real_ns / TG_NS_PER_S + INT64_C(2208988800)) << 32 |
               ((uint64_t)(real_ns % TG_NS_PER_S) << 32) / (uint64_t)TG_NS_PER_S;
}

static void put_fields(struct game *g, uint32_t i, bool honest, uint8_t bytes[static BYTES_MAX])
{
        struct tg_writer w = { .data = bytes, .size = BYTES_MAX };
        int64_t ahead_ns = fuzz_number(&g->in, -100 * TG_NS_PER_S, 100 * TG_NS_PER_S);
        uint64_t receive = stamp(g->raw_ns + g->c_ns + ahead_ns), transmit = receive + 5000;

        if (!honest) {
                receive += (uint64_t)fuzz_number(&g->in, -5000000000, 5000000000);
                transmit = fuzz_pick(&g->in, 4) ? transmit : fuzz_take(&g->in, 8);
        }
        tg_write_be(&w,
                    honest                 ? 0x24
                    : fuzz_pick(&g->in, 4) ? (uint64_t)fuzz_pick(&g->in, 4) << 6 | 0x24
                                           : fuzz_take(&g->in, 1),
                    1);
        tg_write_be(&w, honest ? 3 : fuzz_pick(&g->in, 18), 1);
        tg_write_be(&w, 6, 1);
        tg_write_be(&w, honest ? 0xe7 : fuzz_take(&g->in, 1), 1);
        tg_write_be(&w, 0, 8);
        tg_write_be(&w, fuzz_pick(&g->in, 4) ? 0xc0000200 + fuzz_pick(&g->in, 3) : fuzz_take(&g->in, 4), 4);
        tg_write_be(&w, fuzz_pick(&g->in, 4) ? UINT64_C(0xea00000000000000) + fuzz_pick(&g->in, 3) : fuzz_take(&g->in, 8), 8);
        tg_write_be(&w, g->cookies[i], 8);
        tg_write_be(&w, receive, 8);
        tg_write_be(&w, transmit, 8);
}

static bool told_the_same(const struct tg_asked *a, const struct tg_asked *b)
{
        return a->state == b->state && a->raw_ns == b->raw_ns && a->ahead_low_ns == b->ahead_low_ns && a->clear == b->clear &&
               a->ref_id == b->ref_id && a->steady_s == b->steady_s;
}

static void reply(struct game *g, enum move move)
{
        uint32_t i = fuzz_pick(&g->in, ADDRESSES), n, m;
        struct tg_addr addr = address(i);
        uint8_t bytes[BYTES_MAX] = { 0 };
        struct tg_ask_arrival arrival = { .data = bytes, .len = TG_NTP_BYTES, .t1_raw_ns = g->raw_ns };
        struct tg_asked before[TG_ASK_SOURCES], after[TG_ASK_SOURCES];
        struct tg_look sent = look(g);
        enum tg_ntp_fault fault;
        const uint8_t *raw;

        if (move == MOVE_RAW) {
                raw = fuzz_bytes(&g->in, fuzz_pick(&g->in, BYTES_MAX), &arrival.len);
                memcpy(bytes, raw, arrival.len);
        } else {
                put_fields(g, i, move == MOVE_ANSWER, bytes);
        }
        g->raw_ns += (int64_t)fuzz_pick(&g->in, 255) * (move == MOVE_ANSWER ? 100000 : 5000000);
        arrival.t4_raw_ns = g->raw_ns;
        g->raw_ns += (int64_t)fuzz_pick(&g->in, 50) * 10000;
        poll_chronyd(g); /* so that no step is noticed by the reply itself */
        n = tg_ask_list(&g->ask, before);
        arrival.look = look(g);
        tg_ask_sharpen(&arrival, &sent, sent.real_ns + (int64_t)fuzz_take(&g->in, 2) * 100,
                       arrival.look.real_ns - (int64_t)fuzz_take(&g->in, 2) * 100);
        FUZZ_REQUIRE(arrival.t1_raw_ns <= arrival.t4_raw_ns, "came %lld ns before it left",
                     (long long)(arrival.t1_raw_ns - arrival.t4_raw_ns));
        fault = tg_ask_reply(&g->ask, &addr, &arrival);
        FUZZ_REQUIRE(fault < TG_NTP_FAULTS, "fault %d", fault);
        m = tg_ask_list(&g->ask, after);
        FUZZ_REQUIRE(n == m, "an answer made %u sources %u", n, m);
        for (uint32_t k = 0; k < n; k++)
                FUZZ_REQUIRE((tg_addr_equal(&after[k].addr, &addr) && (fault == TG_NTP_GOOD || fault > TG_NTP_ORIGIN)) ||
                                     told_the_same(&before[k], &after[k]),
                             "source %u changed by what is no answer of it", k);
}

static void choose_sources(struct game *g)
{
        uint32_t first = fuzz_pick(&g->in, ADDRESSES), n = fuzz_pick(&g->in, 6);

        g->sample = (struct tg_chrony_sample){ .state = fuzz_pick(&g->in, 8) ? TG_CHRONY_OK : TG_CHRONY_SILENT };
        g->sample.n_known = (uint8_t)fuzz_pick(&g->in, 8);
        g->sample.n_sources = (uint8_t)n;
        for (uint32_t i = 0; i < n; i++)
                g->sample.sources[i] =
                        (struct tg_source){ .addr = address((first + i) % ADDRESSES),
                                            .state = "+*"[i == 0],
                                            .mode = (uint8_t)(fuzz_pick(&g->in, 8) == 7 ? TG_SOURCE_REFCLOCK : 0),
                                            .poll = (int8_t)fuzz_take(&g->in, 1) };
        poll_chronyd(g);
}

static void change_timeline(struct game *g)
{
        int64_t by_ns = (int64_t)fuzz_take(&g->in, 2) * TG_NS_PER_MS * 100;

        if (fuzz_pick(&g->in, 2)) {
                g->slept_ns += by_ns;
                poll_chronyd(g);
                return;
        }
        by_ns = by_ns < g->raw_ns - TG_NS_PER_S ? by_ns : g->raw_ns - TG_NS_PER_S;
        g->raw_ns -= by_ns;
        for (size_t i = 0; i < ADDRESSES; i++)
                if (g->sent_ns[i])
                        g->sent_ns[i] -= by_ns;
        poll_chronyd(g);
}

static void check_one(const struct tg_asked *a, int64_t raw_ns)
{
        bool never = a->raw_ns == 0;

        FUZZ_REQUIRE(a->addr.family != TG_ADDR_NONE, "a source without an address");
        FUZZ_REQUIRE(a->state <= TG_ASKED_BAD && a->stratum < 16 && a->leap < 4, "state %u, stratum %u, leap %u", a->state,
                     a->stratum, a->leap);
        FUZZ_REQUIRE(a->raw_ns <= raw_ns && a->raw_ns >= 0, "an answer of the future");
        FUZZ_REQUIRE(a->ahead_low_ns <= a->ahead_high_ns, "an empty bound");
        FUZZ_REQUIRE(a->ref_time_ns >= 0 && a->ref_time_ns < LATEST_NS, "a reference time of %lld", (long long)a->ref_time_ns);
        FUZZ_REQUIRE(a->side >= -1 && a->side <= 1 && (a->side == 0) == (a->clear == 0), "side %d with %u", a->side, a->clear);
        FUZZ_REQUIRE(a->clear < 2 || a->span_s >= (a->clear - 1) * 16, "%u answers within %u s", a->clear, a->span_s);
        FUZZ_REQUIRE(a->clear > 1 || a->span_s == 0, "one answer in %u s", a->span_s);
        FUZZ_REQUIRE(!never || (!a->ahead_low_ns && !a->ahead_high_ns && !a->clear && !a->ref_id && !a->ref_time_ns &&
                                !a->stratum && !a->leap && !a->steady_s && a->state != TG_ASKED_OK),
                     "without an answer it knows something");
}

/* A source that makes the node's own reports impossible would silence it. */
static void goes_into_a_report(const struct tg_asked *a, int64_t raw_ns)
{
        struct tg_report report = { .minor = TG_REPORT_MINOR, .node_id = 1, .seq = 1, .raw_ns = raw_ns, .asked = *a }, read;
        uint8_t bytes[TG_REPORT_BYTES_MAX];
        const char *field = "none";
        int n = tg_report_encode(&report, bytes);

        FUZZ_REQUIRE(n > 0, "a report with this cannot be written");
        FUZZ_REQUIRE(tg_report_decode(bytes, (size_t)n, &read, &field) == TG_REPORT_OK, "a report with this cannot be read: %s",
                     field);
        if (a->state == TG_ASKED_NEVER)
                return;
        FUZZ_REQUIRE(llabs(a->raw_ns - read.asked.raw_ns) <= 1000 || raw_ns - a->raw_ns > TG_ASK_VALID_NS,
                     "an age changed by %lld ns on the way", (long long)(a->raw_ns - read.asked.raw_ns));
        read.asked.raw_ns = a->raw_ns;
        FUZZ_REQUIRE(told_the_same(a, &read.asked) && a->side == read.asked.side && a->span_s == read.asked.span_s &&
                             a->ahead_high_ns == read.asked.ahead_high_ns && tg_addr_equal(&a->addr, &read.asked.addr),
                     "what a source said changed on the way");
}

static void check(struct game *g)
{
        struct tg_asked list[TG_ASK_SOURCES];
        uint32_t n = tg_ask_list(&g->ask, list);

        FUZZ_REQUIRE(n <= TG_ASK_SOURCES, "%u sources", n);
        for (uint32_t i = 0; i < n; i++) {
                check_one(&list[i], g->raw_ns);
                goes_into_a_report(&list[i], g->raw_ns);
                for (uint32_t k = 0; k < i; k++) {
                        FUZZ_REQUIRE(!tg_addr_equal(&list[i].addr, &list[k].addr), "a source twice");
                        FUZZ_REQUIRE(tg_ask_same_server(&g->ask, i, k) == tg_ask_same_server(&g->ask, k, i),
                                     "the same one way");
                        FUZZ_REQUIRE(tg_ask_differ(&g->ask, i, k, g->raw_ns) == tg_ask_differ(&g->ask, k, i, g->raw_ns),
                                     "different one way");
                }
        }
}

static void play(struct game *g)
{
        enum move move = (enum move)fuzz_pick(&g->in, MOVES);
        struct tg_addr addr;

        switch (move) {
        case MOVE_SECONDS:
                pass_time(g);
                break;
        case MOVE_ANSWER:
        case MOVE_FIELDS:
        case MOVE_RAW:
                reply(g, move);
                break;
        case MOVE_FAIL:
                addr = address(fuzz_pick(&g->in, ADDRESSES));
                tg_ask_failed(&g->ask, &addr, fuzz_pick(&g->in, 2) ? TG_ASKED_REFUSED : TG_ASKED_SILENT);
                break;
        case MOVE_SOURCES:
                choose_sources(g);
                break;
        case MOVE_URGE:
                tg_ask_urge(&g->ask);
                send_due(g);
                break;
        case MOVE_STEP:
                g->c_ns += fuzz_number(&g->in, -200 * TG_NS_PER_S, 200 * TG_NS_PER_S);
                if (fuzz_pick(&g->in, 2))
                        tg_ask_stepped(&g->ask);
                break;
        case MOVE_TIMELINE:
                change_timeline(g);
                break;
        default:
                tg_ask_limit(&g->ask, (int64_t)fuzz_pick(&g->in, 8) * TG_NS_PER_S);
                break;
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        struct game g = { .in = { .data = data, .size = size }, .raw_ns = BEGIN_NS, .c_ns = C_NS };
        struct tg_look now = look(&g);

        tg_ask_begin(&g.ask, 5 * TG_NS_PER_S, &now);
        choose_sources(&g);
        while (fuzz_left(&g.in)) {
                play(&g);
                check(&g);
        }
        return 0;
}
