/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Asking the sources: whom, never too often, and what the answers prove. */
#include "ask_game.h"

#define FAR_NS (GAME_C_NS + 60 * TG_NS_PER_S) /* a server that is a minute ahead */

/* ---- whom ---- */

static void expect_sources(const struct game *g, size_t n, const char *const want[])
{
        struct tg_asked list[TG_ASK_SOURCES];

        assert_int_equal(tg_ask_list(&g->ask, list), n);
        for (size_t i = 0; i < n; i++) {
                char text[TG_ADDR_TEXT_MAX];

                assert_string_equal(tg_addr_text(&list[i].addr, text), want[i]);
        }
}

#define EXPECT_SOURCES(GAME, ...)                                                                                              \
        expect_sources(GAME, COUNT_OF(((const char *const[]){ __VA_ARGS__ })), (const char *const[]){ __VA_ARGS__ })

static void the_selected_one_first(void **state)
{
        struct game g;

        (void)state;
        game_begin(&g);
        expect_sources(&g, 0, NULL);
        game_add(&g, "10.0.0.2", '+', 6);
        game_add(&g, "refclock:PPS0", '+', 4);
        game_add(&g, "fe80::1", '+', 6);
        game_add(&g, "10.0.0.1", '*', 6);
        game_add(&g, "fd00::1", '+', 6);
        game_add(&g, "10.0.0.2", '+', 6);
        game_poll_chronyd(&g);
        EXPECT_SOURCES(&g, "10.0.0.1", "10.0.0.2", "fd00::1");
        game_add(&g, "10.0.0.3", '+', 6);
        g.sample.sources[g.sample.n_sources - 1].mode = TG_SOURCE_REFCLOCK;
        game_add(&g, "10.0.0.4", '+', 6);
        game_add(&g, "10.0.0.5", '+', 6);
        game_poll_chronyd(&g);
        EXPECT_SOURCES(&g, "10.0.0.1", "10.0.0.2", "fd00::1", "10.0.0.4");
}

static void what_is_lost_is_asked_on(void **state)
{
        struct game g;
        struct tg_ask_request request;

        (void)state;
        game_begin(&g);
        game_add(&g, "10.0.0.1", '*', 6);
        game_round(&g, GAME_C_NS);
        g.sample.n_sources = 0; /* known, but neither selected nor combined any more */
        assert_true(game_wait(&g, &request, 70));
        EXPECT_SOURCES(&g, "10.0.0.1");
        g.sample.state = TG_CHRONY_SILENT;
        game_drop_all(&g);
        game_poll_chronyd(&g);
        EXPECT_SOURCES(&g, "10.0.0.1");
        g.sample.state = TG_CHRONY_OK; /* it has no source at all */
        game_poll_chronyd(&g);
        expect_sources(&g, 0, NULL);
        assert_false(game_wait(&g, &request, 200));
        game_add(&g, "refclock:GPS", '*', 4);
        game_poll_chronyd(&g);
        expect_sources(&g, 0, NULL);
}

static void what_stays_is_remembered(void **state)
{
        struct game g;
        struct tg_asked before;

        (void)state;
        game_begin(&g);
        game_add(&g, "10.0.0.1", '*', 6);
        game_round(&g, GAME_C_NS + 7);
        before = game_asked(&g, 0);
        game_drop_all(&g);
        game_add(&g, "10.0.0.2", '*', 6);
        game_add(&g, "10.0.0.1", '+', 6);
        game_poll_chronyd(&g);
        assert_int_equal(game_asked(&g, 0).state, TG_ASKED_NEVER);
        assert_true(game_asked(&g, 0).raw_ns == 0 && game_asked(&g, 0).ahead_high_ns == 0);
        assert_int_equal(game_asked(&g, 1).state, TG_ASKED_OK);
        assert_true(game_asked(&g, 1).raw_ns == before.raw_ns && game_asked(&g, 1).ahead_low_ns == before.ahead_low_ns);
}

/* All slots are taken, and the one that could be asked again the soonest belongs to a source that stays. */
static void a_newcomer_takes_the_place_of_none_that_stays(void **state)
{
        struct game g;
        char text[20];

        (void)state;
        game_begin(&g);
        for (int i = 0; i < TG_ASK_SLOTS; i++) {
                game_drop_all(&g);
                snprintf(text, sizeof text, "10.0.0.%d", i);
                game_add(&g, text, '*', 6);
                game_round(&g, GAME_C_NS + i);
        }
        game_drop_all(&g);
        game_add(&g, "10.0.0.9", '*', 6);
        game_add(&g, "10.0.0.0", '+', 6);
        game_poll_chronyd(&g);
        EXPECT_SOURCES(&g, "10.0.0.9", "10.0.0.0");
        assert_int_equal(game_asked(&g, 0).state, TG_ASKED_NEVER);
        assert_int_equal(game_asked(&g, 1).state, TG_ASKED_OK);
}

/* ---- when ---- */

static void once_in_chronys_interval(void **state)
{
        static const struct {
                int poll;
                int64_t s;
        } cases[] = { { -6, 16 }, { 0, 16 }, { 4, 16 }, { 5, 32 }, { 6, 64 }, { 10, 1024 }, { 17, 1024 } };

        (void)state;
        for (size_t i = 0; i < COUNT_OF(cases); i++) {
                struct game g;

                game_begin(&g);
                game_add(&g, "10.0.0.1", '*', cases[i].poll);
                assert_true(game_round(&g, GAME_C_NS) == 1 * TG_NS_PER_S); /* the first one soon */
                for (int k = 0; k < 3; k++)
                        assert_true(game_round(&g, GAME_C_NS) == cases[i].s * TG_NS_PER_S);
        }
}

static void sooner_when_urged(void **state)
{
        struct game g;
        struct tg_ask_request request;
        int64_t sent_ns;

        (void)state;
        game_begin(&g);
        game_add(&g, "10.0.0.1", '*', 10);
        game_round(&g, GAME_C_NS);
        sent_ns = g.raw_ns - 2 * TG_NS_PER_MS;
        tg_ask_urge(&g.ask);
        assert_true(game_wait(&g, &request, 100));
        assert_true(g.raw_ns >= sent_ns + TG_ASK_MIN_NS && g.raw_ns < sent_ns + TG_ASK_MIN_NS + TG_NS_PER_S);
        assert_int_equal(game_answer(&g, &request, GAME_C_NS), TG_NTP_GOOD);
        assert_false(game_wait(&g, &request, 1000)); /* once */
        tg_ask_urge(&g.ask);
        assert_true(game_wait(&g, &request, 0));
}

static void a_lost_one_soon_again(void **state)
{
        struct game g;
        struct tg_ask_request request;
        int64_t sent_ns;

        (void)state;
        game_begin(&g);
        game_add(&g, "10.0.0.1", '*', 8);
        game_round(&g, GAME_C_NS);
        assert_true(game_wait(&g, &request, 300));
        assert_int_equal(game_asked(&g, 0).state, TG_ASKED_OK);
        for (int i = 0; i < 4; i++) { /* nobody answers */
                sent_ns = g.raw_ns;
                g.raw_ns += TG_ASK_ANSWER_NS;
                assert_false(game_wait(&g, &request, 0));
                assert_int_equal(game_asked(&g, 0).state, i ? TG_ASKED_SILENT : TG_ASKED_OK);
                g.raw_ns++;
                assert_false(game_wait(&g, &request, 0));
                assert_int_equal(game_asked(&g, 0).state, TG_ASKED_SILENT);
                assert_true(game_asked(&g, 0).raw_ns > 0); /* what it said last stays */
                assert_true(game_wait(&g, &request, 300));
                assert_true((g.raw_ns - sent_ns) / TG_NS_PER_S == (i < 2 ? 16 : 256) + (i < 0));
        }
        assert_int_equal(game_answer(&g, &request, GAME_C_NS), TG_NTP_GOOD);
        assert_int_equal(game_asked(&g, 0).state, TG_ASKED_OK);
}

static void refused(void **state)
{
        struct game g;
        struct tg_ask_request request;
        struct tg_addr other = game_addr("10.9.9.9");

        (void)state;
        game_begin(&g);
        game_add(&g, "10.0.0.1", '*', 8);
        tg_ask_failed(&g.ask, &other, TG_ASKED_REFUSED); /* of nobody that was asked */
        assert_true(game_wait(&g, &request, 2));
        tg_ask_failed(&g.ask, &request.addr, TG_ASKED_REFUSED);
        assert_int_equal(game_asked(&g, 0).state, TG_ASKED_REFUSED);
        g.raw_ns += 10 * TG_NS_PER_S;
        game_poll_chronyd(&g);
        assert_false(game_due(&g, &request));
        tg_ask_failed(&g.ask, &request.addr, TG_ASKED_SILENT); /* nothing is asked just now */
        assert_int_equal(game_asked(&g, 0).state, TG_ASKED_REFUSED);
}

static enum tg_ntp_fault kiss(struct game *g, const struct tg_ask_request *request, const char *code)
{
        struct ntp_reply reply = { .leap = 3, .version = 4, .mode = 4, .origin = g->cookie };
        int64_t t1_ns = g->raw_ns;

        reply.ref_id = (uint32_t)ntp_get((const uint8_t *)code, 0, 4);
        g->raw_ns += TG_NS_PER_MS;
        return game_reply(g, &request->addr, &reply, t1_ns);
}

static void rate_doubles_and_is_remembered(void **state)
{
        struct game g;
        struct tg_ask_request request;
        int64_t want_s = 16, sent_ns;

        (void)state;
        game_begin(&g);
        game_add(&g, "10.0.0.1", '*', 4);
        assert_true(game_wait(&g, &request, 2));
        for (int i = 0; i < 10; i++) {
                sent_ns = g.raw_ns;
                assert_int_equal(kiss(&g, &request, "RATE"), TG_NTP_GOOD);
                assert_int_equal(game_asked(&g, 0).state, TG_ASKED_KOD);
                want_s = want_s * 2 < 3600 ? want_s * 2 : 3600;
                tg_ask_urge(&g.ask); /* does not overrule it */
                assert_true(game_wait(&g, &request, 4000));
                assert_in_range((g.raw_ns - sent_ns) / TG_NS_PER_S, want_s, want_s + 1);
        }
        assert_int_equal(game_answer(&g, &request, GAME_C_NS), TG_NTP_GOOD);
        sent_ns = g.raw_ns - 2 * TG_NS_PER_MS;
        game_drop_all(&g); /* it goes and comes back */
        game_add(&g, "10.0.0.2", '*', 4);
        game_round(&g, GAME_C_NS);
        game_drop_all(&g);
        game_add(&g, "10.0.0.1", '*', 4);
        assert_true(game_wait(&g, &request, 4000));
        assert_in_range((g.raw_ns - sent_ns) / TG_NS_PER_S, 3600, 3601);
}

static void deny_is_obeyed_for_an_hour(void **state)
{
        static const char *const codes[] = { "DENY", "RSTR" };

        (void)state;
        for (size_t i = 0; i < COUNT_OF(codes); i++) {
                struct game g;
                struct tg_ask_request request;

                game_begin(&g);
                game_add(&g, "10.0.0.1", '*', 4);
                game_add(&g, "10.0.0.2", '+', 4);
                assert_true(game_wait(&g, &request, 2));
                assert_int_equal(kiss(&g, &request, codes[i]), TG_NTP_GOOD);
                for (int64_t end_ns = g.raw_ns + 3599 * TG_NS_PER_S; g.raw_ns < end_ns; g.raw_ns += TG_NS_PER_S) {
                        tg_ask_urge(&g.ask);
                        game_poll_chronyd(&g);
                        while (game_due(&g, &request))
                                assert_int_equal(request.addr.bytes[3], 2);
                }
                assert_int_equal(game_asked(&g, 0).state, TG_ASKED_KOD);
                for (int k = 0; k < 20 && (!game_wait(&g, &request, 20) || request.addr.bytes[3] != 1); k++)
                        ;
                assert_int_equal(request.addr.bytes[3], 1);
        }
}

static void an_unknown_kiss_is_no_answer(void **state)
{
        struct game g;
        struct tg_ask_request request;

        (void)state;
        game_begin(&g);
        game_add(&g, "10.0.0.1", '*', 6);
        assert_true(game_wait(&g, &request, 2));
        assert_int_equal(kiss(&g, &request, "CRYP"), TG_NTP_GOOD);
        assert_int_equal(game_asked(&g, 0).state, TG_ASKED_KOD);
        assert_true(game_asked(&g, 0).raw_ns == 0);
        assert_false(game_wait(&g, &request, 63));
        assert_true(game_wait(&g, &request, 1));
}

/* Whatever happens, no address is asked twice within 16 s, nor earlier than its kisses allow; and none that is wanted is forgotten. */
static void never_too_often(void **state)
{
        static const char *const codes[] = { "RATE", "RATE", "DENY", "RSTR", "NTSN" };
        struct property p = property_begin(300, 1500);
        struct tg_random r;

        (void)state;
        while (property_next(&p, &r)) {
                int64_t sent_ns[TG_ASK_SLOTS] = { 0 }, barred_ns[TG_ASK_SLOTS] = { 0 }, wanted_ns[TG_ASK_SLOTS] = { 0 };
                int64_t least_s[TG_ASK_SLOTS];
                struct game g;

                game_begin(&g);
                for (size_t i = 0; i < TG_ASK_SLOTS; i++)
                        least_s[i] = 16;
                for (int second = 0; second < 3000; second++) {
                        struct tg_ask_request request;

                        if (second == 0 || random_chance(&r, 2)) {
                                uint32_t n = 1 + random_below(&r, 4), first = random_below(&r, TG_ASK_SLOTS);

                                game_drop_all(&g);
                                for (uint32_t i = 0; i < n; i++) {
                                        char text[20];

                                        snprintf(text, sizeof text, "10.0.0.%u", (first + i) % TG_ASK_SLOTS);
                                        game_add(&g, text, i ? '+' : '*', (int)random_range(&r, -3, 12));
                                }
                        }
                        if (random_chance(&r, 5))
                                tg_ask_urge(&g.ask);
                        if (random_chance(&r, 3))
                                g.c_ns += random_signed(&r, 100 * TG_NS_PER_S);
                        game_poll_chronyd(&g);
                        for (size_t i = 0; i < TG_ASK_SLOTS; i++) {
                                bool now = false;

                                for (size_t k = 0; k < g.sample.n_sources; k++)
                                        now |= g.sample.sources[k].addr.bytes[3] == i;
                                if (!now)
                                        wanted_ns[i] = g.raw_ns;
                        }
                        while (game_due(&g, &request)) {
                                size_t i = request.addr.bytes[3];
                                uint32_t what = random_below(&r, 10);

                                assert_true(sent_ns[i] == 0 || g.raw_ns - sent_ns[i] >= least_s[i] * TG_NS_PER_S);
                                assert_true(g.raw_ns >= barred_ns[i]);
                                sent_ns[i] = g.raw_ns;
                                if (what < 5)
                                        game_answer(&g, &request, random_chance(&r, 50) ? g.c_ns : FAR_NS);
                                else if (what < 6)
                                        tg_ask_failed(&g.ask, &request.addr, TG_ASKED_REFUSED);
                                else if (what < 7) {
                                        const char *said = codes[random_below(&r, COUNT_OF(codes))];

                                        kiss(&g, &request, said);
                                        if (!strcmp(said, "RATE"))
                                                least_s[i] = least_s[i] * 2 < 3600 ? least_s[i] * 2 : 3600;
                                        else if (strcmp(said, "NTSN"))
                                                barred_ns[i] = g.raw_ns + 3600 * TG_NS_PER_S;
                                }
                        }
                        for (size_t i = 0; i < TG_ASK_SLOTS; i++) {
                                int64_t idle_ns = g.raw_ns - (sent_ns[i] > wanted_ns[i] ? sent_ns[i] : wanted_ns[i]);

                                assert_true(idle_ns <= 3700 * TG_NS_PER_S || barred_ns[i] > g.raw_ns);
                                assert_true(least_s[i] > 16 || barred_ns[i] || idle_ns <= 1040 * TG_NS_PER_S);
                        }
                        g.raw_ns += TG_NS_PER_S;
                }
        }
}

/* More sources than are remembered: one that takes another's place waits as long as that had to. */
static void many_sources_in_turn(void **state)
{
        struct game g;
        int sent = 0;

        (void)state;
        game_begin(&g);
        for (int second = 0; second < 400; second++) {
                struct tg_ask_request request;

                game_drop_all(&g);
                for (int i = 0; i < 4; i++) {
                        char text[20];

                        snprintf(text, sizeof text, "10.0.1.%d", (second / 3 * 4 + i) % 240);
                        game_add(&g, text, i ? '+' : '*', 6);
                }
                game_poll_chronyd(&g);
                while (game_due(&g, &request)) {
                        game_answer(&g, &request, GAME_C_NS);
                        sent++;
                }
                g.raw_ns += TG_NS_PER_S;
        }
        assert_in_range(sent, TG_ASK_SLOTS, TG_ASK_SLOTS * (400 / 16 + 1));
}

TESTS_MAIN(TEST(the_selected_one_first), TEST(what_is_lost_is_asked_on), TEST(what_stays_is_remembered),
           TEST(a_newcomer_takes_the_place_of_none_that_stays), TEST(once_in_chronys_interval), TEST(sooner_when_urged),
           TEST(a_lost_one_soon_again), TEST(refused), TEST(rate_doubles_and_is_remembered), TEST(deny_is_obeyed_for_an_hour),
           TEST(an_unknown_kiss_is_no_answer), TEST(never_too_often), TEST(many_sources_in_turn))
