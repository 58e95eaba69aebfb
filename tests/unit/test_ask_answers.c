/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the answers of a source prove: bounds that hold the truth, rows of answers beyond the step limit, one server or two. */
#include "ask_game.h"

#define AHEAD_NS  (GAME_C_NS + 60 * TG_NS_PER_S)
#define BEHIND_NS (GAME_C_NS - 60 * TG_NS_PER_S)

/* ---- bounds ---- */

/* A server with any rate within 500 ppm, any clock grain, any delays: the truth is inside, at once and for as long as the bound is valid. */
static void bounds_hold_the_truth(void **state)
{
        struct property p = property_begin(20000, 1000);
        struct tg_random r;

        (void)state;
        while (property_next(&p, &r)) {
                int64_t out_ns = random_size(&r, 300 * TG_NS_PER_MS), held_ns = random_size(&r, 100 * TG_NS_PER_MS);
                int64_t back_ns = random_size(&r, 300 * TG_NS_PER_MS), age_ns = random_size(&r, TG_ASK_VALID_NS);
                int64_t ahead_ns = GAME_C_NS + random_signed(&r, TG_NS_PER_S * 1000),
                        rate_ppb = random_range(&r, -499000, 499000);
                int precision = -(int)random_below(&r, 31);
                int64_t noise_ns = 1000000000 >> -precision, low_ns, high_ns, truth_ns, t1_ns, received_ns, sent_ns;
                struct tg_ask_request request;
                struct tg_asked asked;
                struct ntp_reply reply;
                struct game g;

                game_begin(&g);
                game_add(&g, "10.0.0.1", '*', 6);
                assert_true(game_wait(&g, &request, 2));
                t1_ns = g.raw_ns + random_size(&r, 1000000);
                received_ns = t1_ns + out_ns;
                sent_ns = received_ns + held_ns;
                g.raw_ns = sent_ns + back_ns;
#define SERVER(RAW) ((RAW) + ahead_ns + (int64_t)((double)((RAW)-GAME_BEGIN_NS) * 1e-9 * (double)rate_ppb))
                reply = ntp_good(g.cookie, SERVER(received_ns) + random_range(&r, -noise_ns, noise_ns),
                                 SERVER(sent_ns) + random_range(&r, -noise_ns, noise_ns));
                reply.precision = precision;
                if (g.raw_ns - t1_ns > 900 * TG_NS_PER_MS || reply.receive > reply.transmit)
                        continue;
                assert_int_equal(game_reply(&g, &request.addr, &reply, t1_ns), TG_NTP_GOOD);
                asked = game_asked(&g, 0);
                truth_ns = SERVER(g.raw_ns) - g.raw_ns;
                assert_true(asked.raw_ns == g.raw_ns);
                assert_true(asked.ahead_low_ns <= truth_ns && truth_ns <= asked.ahead_high_ns);
                assert_true(asked.ahead_high_ns - asked.ahead_low_ns <= out_ns + back_ns + 4 * noise_ns + 2 * TG_NS_PER_MS);
                assert_true(tg_asked_ahead(&asked, g.raw_ns + age_ns, &low_ns, &high_ns));
                truth_ns = SERVER(g.raw_ns + age_ns) - (g.raw_ns + age_ns);
                assert_true(low_ns <= truth_ns && truth_ns <= high_ns);
#undef SERVER
        }
}

static void a_bound_has_its_time(void **state)
{
        struct tg_asked asked = { .raw_ns = 5, .ahead_low_ns = -3, .ahead_high_ns = 3 };
        int64_t low_ns = 77, high_ns = 77;

        (void)state;
        assert_false(tg_asked_ahead(&asked, 4, &low_ns, &high_ns));
        assert_false(tg_asked_ahead(&asked, 5 + TG_ASK_VALID_NS + 1, &low_ns, &high_ns));
        assert_true(low_ns == 77 && high_ns == 77);
        assert_true(tg_asked_ahead(&asked, 5 + TG_ASK_VALID_NS, &low_ns, &high_ns));
        assert_in_range(high_ns, 3 + 1024 * TG_NS_PER_MS, 4 + 1024 * TG_NS_PER_MS);
        assert_true(low_ns == -high_ns);
        asked.raw_ns = 0; /* nobody answered yet */
        assert_false(tg_asked_ahead(&asked, 5, &low_ns, &high_ns));
}

/* Stamps further apart than the whole exchange took were not given in it. */
static void no_time_for_so_much(void **state)
{
        struct game g;
        struct tg_ask_request request;
        struct ntp_reply reply;
        int64_t t1_ns;

        (void)state;
        for (int extra = 0; extra < 2; extra++) {
                game_begin(&g);
                game_add(&g, "10.0.0.1", '*', 6);
                assert_true(game_wait(&g, &request, 2));
                t1_ns = g.raw_ns;
                g.raw_ns += TG_NS_PER_MS;
                reply = ntp_good(g.cookie, GAME_C_NS + t1_ns, GAME_C_NS + g.raw_ns + extra * 5000);
                assert_int_equal(game_reply(&g, &request.addr, &reply, t1_ns), extra ? TG_NTP_ORDER : TG_NTP_GOOD);
                assert_int_equal(game_asked(&g, 0).state, extra ? TG_ASKED_BAD : TG_ASKED_OK);
                assert_true((game_asked(&g, 0).raw_ns == 0) == extra);
        }
}

static void stray_datagrams(void **state)
{
        struct game g;
        struct tg_ask_request request;
        struct ntp_reply reply;
        struct tg_addr other = game_addr("10.9.9.9");
        int64_t t1_ns;

        (void)state;
        game_begin(&g);
        game_add(&g, "10.0.0.1", '*', 6);
        assert_true(game_wait(&g, &request, 2));
        t1_ns = g.raw_ns;
        g.raw_ns += TG_NS_PER_MS;
        reply = ntp_good(g.cookie - 1, GAME_C_NS + t1_ns, GAME_C_NS + t1_ns);
        assert_int_equal(game_reply(&g, &request.addr, &reply, t1_ns), TG_NTP_ORIGIN);
        assert_int_equal(game_bytes(&g, &request.addr, request.datagram, 48, t1_ns), TG_NTP_MODE); /* an echo */
        assert_int_equal(game_bytes(&g, &request.addr, request.datagram, 3, t1_ns), TG_NTP_SHORT);
        reply.origin = g.cookie;
        assert_int_equal(game_reply(&g, &other, &reply, t1_ns), TG_NTP_ORIGIN);
        assert_int_equal(game_asked(&g, 0).state, TG_ASKED_NEVER);
        assert_int_equal(game_reply(&g, &request.addr, &reply, t1_ns), TG_NTP_GOOD);   /* the answer after them */
        assert_int_equal(game_reply(&g, &request.addr, &reply, t1_ns), TG_NTP_ORIGIN); /* once */

        assert_true(game_wait(&g, &request, 70)); /* nothing but noise: that is not silence */
        assert_int_equal(game_bytes(&g, &request.addr, request.datagram, 48, g.raw_ns), TG_NTP_MODE);
        g.raw_ns += TG_ASK_ANSWER_NS + 1;
        assert_false(game_due(&g, &request));
        assert_int_equal(game_asked(&g, 0).state, TG_ASKED_BAD);
}

static void too_late(void **state)
{
        struct game g;
        struct tg_ask_request request;
        struct ntp_reply reply;

        (void)state;
        game_begin(&g);
        game_add(&g, "10.0.0.1", '*', 6);
        assert_true(game_wait(&g, &request, 2));
        reply = ntp_good(g.cookie, GAME_C_NS + g.raw_ns, GAME_C_NS + g.raw_ns);
        g.raw_ns += TG_ASK_ANSWER_NS + 1;
        assert_int_equal(game_reply(&g, &request.addr, &reply, g.raw_ns - TG_ASK_ANSWER_NS), TG_NTP_ORIGIN);
        assert_false(game_due(&g, &request));
        assert_int_equal(game_asked(&g, 0).state, TG_ASKED_SILENT);
        assert_true(game_asked(&g, 0).raw_ns == 0);
}

static void a_bad_answer_ends_it(void **state)
{
        struct game g;
        struct tg_ask_request request;
        struct ntp_reply reply;

        (void)state;
        game_begin(&g);
        game_add(&g, "10.0.0.1", '*', 6);
        game_round(&g, AHEAD_NS);
        assert_true(game_wait(&g, &request, 20));
        reply = ntp_good(g.cookie, GAME_C_NS, GAME_C_NS);
        reply.version = 5;
        assert_int_equal(game_reply(&g, &request.addr, &reply, g.raw_ns), TG_NTP_VERSION);
        assert_int_equal(game_asked(&g, 0).state, TG_ASKED_BAD);
        assert_int_equal(game_asked(&g, 0).clear, 0);
        assert_true(game_asked(&g, 0).raw_ns > 0); /* what it said last stays */
}

/* ---- rows ---- */

static void expect_row(const struct game *g, int side, unsigned clear, unsigned span_s)
{
        struct tg_asked asked = game_asked(g, 0);

        assert_int_equal(asked.side, side);
        assert_int_equal(asked.clear, clear);
        assert_in_range(asked.span_s, span_s, span_s + clear);
}

static void begin_row_game(struct game *g, int poll)
{
        game_begin(g);
        game_add(g, "10.0.0.1", '*', poll);
}

/* Three in half a minute, however seldom chronyd polls; after that no more often than it. */
static void a_pending_step_is_known_in_time(void **state)
{
        struct game g;

        (void)state;
        begin_row_game(&g, 10);
        game_round(&g, AHEAD_NS);
        expect_row(&g, 1, 1, 0);
        assert_true(game_round(&g, AHEAD_NS) <= 17 * TG_NS_PER_S);
        expect_row(&g, 1, 2, 16);
        assert_true(game_round(&g, AHEAD_NS) <= 17 * TG_NS_PER_S);
        expect_row(&g, 1, 3, 32);
        assert_true(game_round(&g, AHEAD_NS) > 1000 * TG_NS_PER_S);
        expect_row(&g, 1, 4, 1056);
        game_round(&g, BEHIND_NS); /* the other side: another step */
        expect_row(&g, -1, 1, 0);
        game_round(&g, BEHIND_NS);
        expect_row(&g, -1, 2, 16);
        game_round(&g, GAME_C_NS);
        expect_row(&g, 0, 0, 0);
}

/* The whole bound must be beyond the limit. */
static void near_the_limit(void **state)
{
        static const struct {
                int64_t offset_ns;
                int side;
        } cases[] = {
                { GAME_LIMIT_NS - 2000000, 0 }, { GAME_LIMIT_NS + 500000, 0 },    { GAME_LIMIT_NS + 1100000, 1 },
                { -GAME_LIMIT_NS - 500000, 0 }, { -GAME_LIMIT_NS - 1100000, -1 }, { 0, 0 },
        };

        (void)state;
        for (size_t i = 0; i < COUNT_OF(cases); i++) {
                struct game g;

                begin_row_game(&g, 6);
                game_round(&g, GAME_C_NS + cases[i].offset_ns);
                expect_row(&g, cases[i].side, cases[i].side != 0, 0);
        }
}

/* Truth and side over many random answers: clear only when the offset of that moment is. */
static void never_clear_within_the_limit(void **state)
{
        struct property p = property_begin(20000, 500);
        struct tg_random r;

        (void)state;
        while (property_next(&p, &r)) {
                int64_t near_ns = GAME_LIMIT_NS + random_signed(&r, 20 * TG_NS_PER_MS);
                int64_t offset_ns = random_chance(&r, 50) ? near_ns : -near_ns, late_ns = random_size(&r, 100 * TG_NS_PER_MS);
                int64_t slew_ppb = random_range(&r, -TG_SLEW_MAX_PPB, TG_SLEW_MAX_PPB), t4_ns;
                struct tg_ask_request request;
                struct tg_ask_arrival arrival;
                struct ntp_reply reply;
                uint8_t buf[ANSWER_SIZE];
                struct game g;

                begin_row_game(&g, 6);
                g.bracket_ns = random_size(&r, TG_NS_PER_MS);
                assert_true(game_wait(&g, &request, 2));
                t4_ns = g.raw_ns + 1 + random_size(&r, TG_NS_PER_MS);
                reply = ntp_good(g.cookie, GAME_C_NS + offset_ns + t4_ns, GAME_C_NS + offset_ns + t4_ns);
                ntp_write(&reply, buf);
                g.raw_ns = t4_ns + late_ns;
                g.c_ns += late_ns / 1000 * slew_ppb / 1000000 + random_range(&r, -g.bracket_ns / 2, g.bracket_ns / 2);
                arrival = (struct tg_ask_arrival){ .data = buf, .len = sizeof buf, .t1_raw_ns = t4_ns - 1, .t4_raw_ns = t4_ns };
                arrival.look = game_look(&g);
                arrival.look.boot_ns = arrival.look.real_ns - GAME_C_NS;
                arrival.look.mono_ns = arrival.look.boot_ns;
                assert_int_equal(tg_ask_reply(&g.ask, &request.addr, &arrival), TG_NTP_GOOD);
                if (game_asked(&g, 0).side)
                        assert_true(game_asked(&g, 0).side * offset_ns > GAME_LIMIT_NS);
                else
                        assert_true(llabs(offset_ns) < GAME_LIMIT_NS + 2 * TG_NS_PER_MS + late_ns / 5);
        }
}

static void an_own_step_ends_a_row(void **state)
{
        struct game g;

        (void)state;
        begin_row_game(&g, 10);
        game_round(&g, AHEAD_NS);
        game_round(&g, AHEAD_NS);
        expect_row(&g, 1, 2, 16);
        tg_ask_stepped(&g.ask);
        expect_row(&g, 0, 0, 0);
        assert_true(game_round(&g, AHEAD_NS) <= 17 * TG_NS_PER_S);
        game_round(&g, AHEAD_NS);
        g.c_ns += 2 * TG_NS_PER_MS; /* nobody said so; the looks show it */
        assert_true(game_round(&g, AHEAD_NS) <= 17 * TG_NS_PER_S);
        expect_row(&g, 1, 1, 0);
        game_round(&g, AHEAD_NS);
        expect_row(&g, 1, 2, 16);
        g.c_ns += 60 * TG_NS_PER_S; /* the step that was pending */
        assert_true(game_round(&g, AHEAD_NS) <= 17 * TG_NS_PER_S);
        expect_row(&g, 0, 0, 0);
}

static void another_limit_counts_anew(void **state)
{
        struct game g;

        (void)state;
        begin_row_game(&g, 6);
        game_round(&g, AHEAD_NS);
        tg_ask_limit(&g.ask, GAME_LIMIT_NS);
        expect_row(&g, 1, 1, 0);
        tg_ask_limit(&g.ask, 100 * TG_NS_PER_S);
        expect_row(&g, 0, 0, 0);
        game_round(&g, AHEAD_NS);
        expect_row(&g, 0, 0, 0);
}

/* A server that stands still, or a replay of what it once said, is counted once. */
static void the_same_answer_counts_once(void **state)
{
        struct game g;
        struct ntp_reply reply = ntp_good(0, AHEAD_NS + GAME_BEGIN_NS, AHEAD_NS + GAME_BEGIN_NS);

        (void)state;
        begin_row_game(&g, 4);
        for (int i = 0; i < 4; i++) {
                struct tg_ask_request request;

                assert_true(game_wait(&g, &request, 20));
                reply.origin = g.cookie;
                assert_int_equal(game_reply(&g, &request.addr, &reply, g.raw_ns), TG_NTP_GOOD);
                expect_row(&g, 1, 1, 0);
        }
        game_round(&g, AHEAD_NS);
        expect_row(&g, 1, 2, 64);
}

static void the_same_cookie_counts_once(void **state)
{
        struct game g;

        (void)state;
        begin_row_game(&g, 4);
        for (int i = 0; i < 3; i++) {
                g.cookie = 41; /* nothing is random here any more */
                game_round(&g, AHEAD_NS);
                expect_row(&g, 1, 1, 0);
        }
}

static void nobody_follows_an_unsynchronised_server(void **state)
{
        static const struct {
                unsigned leap, stratum;
                bool counts;
        } cases[] = { { 0, 3, true }, { 2, 15, true }, { 3, 3, false }, { 0, 0, false }, { 3, 0, false }, { 0, 16, false } };

        (void)state;
        for (size_t i = 0; i < COUNT_OF(cases); i++) {
                struct game g;
                struct tg_ask_request request;
                struct ntp_reply reply;

                begin_row_game(&g, 4);
                game_round(&g, AHEAD_NS);
                assert_true(game_wait(&g, &request, 20));
                reply = ntp_good(g.cookie, AHEAD_NS + g.raw_ns, AHEAD_NS + g.raw_ns);
                reply.leap = cases[i].leap;
                reply.stratum = cases[i].stratum;
                reply.ref_id = 0;
                assert_int_equal(game_reply(&g, &request.addr, &reply, g.raw_ns), TG_NTP_GOOD);
                expect_row(&g, cases[i].counts, cases[i].counts ? 2 : 0, cases[i].counts ? 16 : 0);
                assert_int_equal(game_asked(&g, 0).state, TG_ASKED_OK);
                assert_int_equal(game_asked(&g, 0).leap, cases[i].leap);
                assert_int_equal(game_asked(&g, 0).stratum, cases[i].stratum % 16);
                assert_true(game_asked(&g, 0).raw_ns == g.raw_ns); /* its clock is known all the same */
        }
}

static void silence_does_not_end_a_row(void **state)
{
        struct game g;
        struct tg_ask_request request;

        (void)state;
        begin_row_game(&g, 4);
        game_round(&g, AHEAD_NS);
        assert_true(game_wait(&g, &request, 20));
        game_round(&g, AHEAD_NS);
        expect_row(&g, 1, 2, 32);
        g.sample.state = TG_CHRONY_SILENT;
        g.raw_ns += TG_ASK_VALID_NS; /* but what is as old as that has nothing to do with now */
        game_round(&g, AHEAD_NS);
        expect_row(&g, 1, 1, 0);
}

static void long_rows_saturate(void **state)
{
        struct game g;

        (void)state;
        begin_row_game(&g, 10);
        for (int i = 0; i < 300; i++)
                game_round(&g, AHEAD_NS);
        assert_int_equal(game_asked(&g, 0).clear, UINT8_MAX);
        assert_int_equal(game_asked(&g, 0).span_s, UINT16_MAX);
}

/* ---- steadiness ---- */

/* Answered after 2 ms each: a bound is 1 ms to either side. */
static void a_steady_clock(void **state)
{
        static const int rates_ppm[] = { -490, -100, 0, 300, 490 };

        (void)state;
        for (size_t i = 0; i < COUNT_OF(rates_ppm); i++) {
                struct game g;
                int64_t begin_ns;

                begin_row_game(&g, 6);
                game_round(&g, GAME_C_NS);
                begin_ns = g.raw_ns;
                assert_int_equal(game_asked(&g, 0).steady_s, 0);
                for (int k = 0; k < 50; k++) {
                        game_round(&g, GAME_C_NS + (g.raw_ns + 64 * TG_NS_PER_S - begin_ns) / 1000000 * rates_ppm[i]);
                        assert_int_equal(game_asked(&g, 0).steady_s, (g.raw_ns - begin_ns) / TG_NS_PER_S);
                }
                g.c_ns += 100 * TG_NS_PER_S; /* an own step is nothing to the server */
                game_round(&g, GAME_C_NS + (g.raw_ns + 16 * TG_NS_PER_S - begin_ns) / 1000000 * rates_ppm[i]);
                assert_true(game_asked(&g, 0).steady_s >= 51 * 16);
        }
}

static void a_clock_that_moves(void **state)
{
        struct game g;

        (void)state;
        begin_row_game(&g, 6);
        game_round(&g, GAME_C_NS);
        game_round(&g, GAME_C_NS + 30 * TG_NS_PER_MS); /* 64 s allow 32 ms and what the bounds are wide */
        assert_int_equal(game_asked(&g, 0).steady_s, 64);
        game_round(&g, GAME_C_NS + 67 * TG_NS_PER_MS); /* 37 */
        assert_int_equal(game_asked(&g, 0).steady_s, 0);
        game_round(&g, GAME_C_NS + 97 * TG_NS_PER_MS);
        assert_int_equal(game_asked(&g, 0).steady_s, 64);
        for (int i = 1; i <= 20; i++) /* 33 ms each time: any two fit, but not all of them */
                game_round(&g, GAME_C_NS + (97 + 33 * i) * TG_NS_PER_MS);
        assert_true(game_asked(&g, 0).steady_s < 10 * 64);
        g.raw_ns += TG_ASK_VALID_NS;
        game_round(&g, GAME_C_NS + (97 + 33 * 20) * TG_NS_PER_MS); /* nobody knows what it did meanwhile */
        assert_int_equal(game_asked(&g, 0).steady_s, 0);
}

/* ---- the own timeline ---- */

static void a_suspend_forgets(void **state)
{
        struct game g;

        (void)state;
        begin_row_game(&g, 10);
        game_round(&g, AHEAD_NS);
        g.slept_ns += 30 * TG_NS_PER_S;
        g.c_ns += 30 * TG_NS_PER_S;
        game_poll_chronyd(&g);
        expect_row(&g, 0, 0, 0);
        assert_int_equal(game_asked(&g, 0).state, TG_ASKED_NEVER);
        assert_true(game_asked(&g, 0).raw_ns == 0 && game_asked(&g, 0).ahead_low_ns == 0 && game_asked(&g, 0).ref_id == 0);
        assert_true(game_round(&g, AHEAD_NS) <= 17 * TG_NS_PER_S);
}

/* A restored virtual machine: RAW is earlier than it was. */
static void a_return_of_raw_forgets(void **state)
{
        struct game g;
        struct tg_ask_request request;

        (void)state;
        begin_row_game(&g, 4);
        for (int i = 0; i < 10; i++)
                game_round(&g, AHEAD_NS);
        assert_true(game_wait(&g, &request, 20));
        g.raw_ns -= 150 * TG_NS_PER_S;
        game_poll_chronyd(&g);
        assert_int_equal(game_asked(&g, 0).state, TG_ASKED_NEVER);
        assert_int_equal(game_answer(&g, &request, AHEAD_NS), TG_NTP_ORIGIN); /* to a request of that other time */
        assert_in_range(game_round(&g, AHEAD_NS), 15 * TG_NS_PER_S, 17 * TG_NS_PER_S);
        expect_row(&g, 1, 1, 0);
}

/* ---- one server or two ---- */

static void the_same_reference_at_the_same_time(void **state)
{
        static const struct {
                uint32_t a_id, b_id;
                int64_t a_ns, b_ns;
                bool same;
        } cases[] = {
                { 0xc0000201, 0xc0000201, 1234567890123, 1234567890123, true },
                { 0xc0000201, 0xc0000201, 1234567890123, 1234567890124, false },
                { 0xc0000201, 0xc0000202, 1234567890123, 1234567890123, false },
                { 0x47505300, 0x47505300, 1234567890123, 1234567890123, true },  /* GPS */
                { 0x7f7f0101, 0x7f7f0101, 1234567890123, 1234567890123, false }, /* chronyd's local mode */
                { 0x7f7f1400, 0x7f7f1400, 1234567890123, 1234567890123, false }, /* 127.127.20.0 */
                { 0x4c4f434c, 0x4c4f434c, 1234567890123, 1234567890123, false }, /* LOCL */
                { 0xc0000201, 0xc0000201, 0, 0, false },
                { 0xc0000201, 0xc0000201, 1234000000000, 1234000000000, false }, /* rounded to seconds */
                { 0, 0, 1234567890123, 1234567890123, false },
        };

        (void)state;
        for (size_t i = 0; i < COUNT_OF(cases); i++) {
                struct tg_ntp_trail a = { 0 }, b = { 0 };

                assert_false(tg_ntp_trail_same(&a, &b));
                tg_ntp_trail_add(&a, cases[i].a_id, cases[i].a_ns);
                assert_false(tg_ntp_trail_same(&a, &b));
                tg_ntp_trail_add(&b, cases[i].b_id, cases[i].b_ns);
                assert_int_equal(tg_ntp_trail_same(&a, &b), cases[i].same);
                for (int k = 0; k < 7; k++) { /* others meanwhile */
                        tg_ntp_trail_add(&a, 0xc0000203, 5001 + k);
                        assert_int_equal(tg_ntp_trail_same(&a, &b), cases[i].same);
                }
                tg_ntp_trail_add(&a, 0xc0000203, 7777);
                assert_false(tg_ntp_trail_same(&a, &b)); /* it was too long ago */
                tg_ntp_trail_add(&b, 0xc0000203, 5003);
                assert_true(tg_ntp_trail_same(&a, &b));
        }
}

static void answer_two(struct game *g, int64_t first_ns, int64_t second_ns, uint64_t ref_time)
{
        for (int i = 0; i < 2; i++) {
                struct tg_ask_request request;
                struct ntp_reply reply;

                assert_true(game_wait(g, &request, 20));
                reply = ntp_good(g->cookie, g->raw_ns + (request.addr.bytes[3] == 1 ? first_ns : second_ns), 0);
                reply.transmit = reply.receive;
                reply.ref_time = ref_time ? ref_time : reply.ref_time + request.addr.bytes[3];
                assert_int_equal(game_reply(g, &request.addr, &reply, g->raw_ns), TG_NTP_GOOD);
        }
}

static void two_addresses(void **state)
{
        struct game g;

        (void)state;
        begin_row_game(&g, 4);
        game_add(&g, "10.0.0.2", '+', 4);
        game_poll_chronyd(&g);
        assert_false(tg_ask_same_server(&g.ask, 0, 1) || tg_ask_differ(&g.ask, 0, 1, g.raw_ns));
        answer_two(&g, GAME_C_NS, GAME_C_NS + 20, 0);
        assert_false(tg_ask_same_server(&g.ask, 0, 1) || tg_ask_differ(&g.ask, 0, 1, g.raw_ns));
        answer_two(&g, GAME_C_NS, GAME_C_NS + 100000000, 0);
        assert_false(tg_ask_same_server(&g.ask, 0, 1));
        assert_true(tg_ask_differ(&g.ask, 0, 1, g.raw_ns) && tg_ask_differ(&g.ask, 1, 0, g.raw_ns));
        assert_true(tg_ask_differ(&g.ask, 0, 1, g.raw_ns + 90 * TG_NS_PER_S));
        assert_false(tg_ask_differ(&g.ask, 0, 1, g.raw_ns + 110 * TG_NS_PER_S)); /* 2 x 500 ppm of it */
        answer_two(&g, GAME_C_NS, GAME_C_NS, ntp_stamp(GAME_C_NS) | 77);
        assert_true(tg_ask_same_server(&g.ask, 0, 1) && tg_ask_same_server(&g.ask, 1, 0) && tg_ask_same_server(&g.ask, 0, 0));
        assert_false(tg_ask_same_server(&g.ask, 0, 2) || tg_ask_differ(&g.ask, 0, 2, g.raw_ns) ||
                     tg_ask_same_server(&g.ask, 7, 7));
}

/* ---- the kernel's stamps ---- */

/* REALTIME slewed at will, looks as blurred as may be: what is made of the stamps never says more than is true. */
static void sharper_and_still_true(void **state)
{
        struct property p = property_begin(50000, 500);
        struct tg_random r;

        (void)state;
        while (property_next(&p, &r)) {
                int64_t slew_ppb = random_range(&r, -TG_SLEW_MAX_PPB, TG_SLEW_MAX_PPB), at[4], real[4], brackets[2];
                struct tg_look before, after;
                struct tg_ask_arrival arrival;

                for (int i = 0; i < 2; i++)
                        brackets[i] = random_size(&r, 100000);
                at[0] = GAME_BEGIN_NS;
                at[1] = at[0] + random_size(&r, TG_NS_PER_MS); /* it leaves */
                at[2] = at[1] + random_size(&r, 100 * TG_NS_PER_MS);
                at[3] = at[2] + random_size(&r, TG_NS_PER_MS); /* the second look */
                for (int i = 0; i < 4; i++)
                        real[i] = GAME_C_NS + at[i] + (at[i] - at[0]) / 1000 * slew_ppb / 1000000;
                before = (struct tg_look){ .raw_ns = at[0] + random_range(&r, -brackets[0] / 2, brackets[0] / 2),
                                           .real_ns = real[0],
                                           .boot_ns = real[0] - GAME_C_NS,
                                           .bracket_ns = brackets[0] };
                after = (struct tg_look){ .raw_ns = at[3] + random_range(&r, -brackets[1] / 2, brackets[1] / 2),
                                          .real_ns = real[3],
                                          .boot_ns = real[3] - GAME_C_NS,
                                          .bracket_ns = brackets[1] };
                arrival = (struct tg_ask_arrival){ .t1_raw_ns = at[0] - 100, .t4_raw_ns = at[3] + 100, .look = after };
                tg_ask_sharpen(&arrival, &before, real[1], real[2]);
                assert_true(arrival.t1_raw_ns >= at[0] - 100 && arrival.t1_raw_ns <= at[1]);
                assert_true(arrival.t4_raw_ns <= at[3] + 100 && arrival.t4_raw_ns >= at[2]);
        }
}

static void stamps_that_help_and_stamps_that_lie(void **state)
{
        const int64_t ms = TG_NS_PER_MS;
        struct tg_look before = { .raw_ns = 0, .real_ns = GAME_C_NS, .boot_ns = 0, .bracket_ns = 100 };
        struct tg_look after = { .raw_ns = 50 * ms, .real_ns = GAME_C_NS + 50 * ms, .boot_ns = 50 * ms, .bracket_ns = 100 };
        const struct tg_ask_arrival own = { .t1_raw_ns = 0, .t4_raw_ns = 50 * ms, .look = after };
        struct tg_ask_arrival arrival = own;

        (void)state;
        tg_ask_sharpen(&arrival, &before, GAME_C_NS + 10 * ms, GAME_C_NS + 30 * ms);
        assert_in_range(arrival.t1_raw_ns, 9 * ms, 10 * ms);
        assert_in_range(arrival.t4_raw_ns, 30 * ms, 32 * ms);
        arrival = own; /* none */
        tg_ask_sharpen(&arrival, &before, 0, 0);
        assert_true(arrival.t1_raw_ns == 0 && arrival.t4_raw_ns == 50 * ms);
        /* of times before the one look and after the other */
        tg_ask_sharpen(&arrival, &before, GAME_C_NS - 10 * ms, GAME_C_NS + 60 * ms);
        assert_true(arrival.t1_raw_ns == 0 && arrival.t4_raw_ns == 50 * ms);
        /* left after it came */
        tg_ask_sharpen(&arrival, &before, GAME_C_NS + 45 * ms, GAME_C_NS + 5 * ms);
        assert_true(arrival.t1_raw_ns == 0 && arrival.t4_raw_ns == 50 * ms);
        /* REALTIME was set in between */
        arrival.look.real_ns += 5 * ms;
        tg_ask_sharpen(&arrival, &before, GAME_C_NS + 10 * ms, GAME_C_NS + 30 * ms);
        assert_true(arrival.t1_raw_ns == 0 && arrival.t4_raw_ns == 50 * ms);
}

TESTS_MAIN(TEST(bounds_hold_the_truth), TEST(a_bound_has_its_time), TEST(no_time_for_so_much), TEST(stray_datagrams),
           TEST(too_late), TEST(a_bad_answer_ends_it), TEST(a_pending_step_is_known_in_time), TEST(near_the_limit),
           TEST(never_clear_within_the_limit), TEST(an_own_step_ends_a_row), TEST(another_limit_counts_anew),
           TEST(the_same_answer_counts_once), TEST(the_same_cookie_counts_once), TEST(nobody_follows_an_unsynchronised_server),
           TEST(silence_does_not_end_a_row), TEST(long_rows_saturate), TEST(a_steady_clock), TEST(a_clock_that_moves),
           TEST(a_suspend_forgets), TEST(a_return_of_raw_forgets), TEST(the_same_reference_at_the_same_time),
           TEST(two_addresses), TEST(sharper_and_still_true), TEST(stamps_that_help_and_stamps_that_lie))
