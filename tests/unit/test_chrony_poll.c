/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The poll against chronyds of every mood: each ends by itself within 900 ms and so many sends, and only a whole and honest answer
   counts as one. */
#include "chrony_reply.h"

#define SOURCES_MAX 300
#define POLL_NS     (900 * TG_NS_PER_MS)
#define SENDS_MAX   (2 * (2 + 256 + TG_SOURCES_MAX))

struct chronyd {
        uint32_t n;      /* sources */
        uint32_t claims; /* ... that it says it has */
        struct tg_tracking tracking;
        struct tg_source sources[SOURCES_MAX];
        int64_t delay_ns;           /* of each answer */
        uint32_t lost_percent;      /* requests that it never answers */
        uint32_t noise_percent;     /* answers before which others come that nobody waits for */
        unsigned status, status_of; /* error status for this command; 0: none */
        uint32_t vanish_percent;    /* sources gone when they are asked for */
        bool garbles, other_version, newer;
        /* what happened */
        uint32_t sends, lost;
        uint32_t vanished;
};

static void random_chronyd(struct tg_random *r, struct chronyd *c, uint32_t n)
{
        memset(c, 0, sizeof *c);
        c->n = c->claims = n;
        c->delay_ns = random_size(r, TG_NS_PER_MS / 2);
        random_tracking(r, &c->tracking);
        for (uint32_t i = 0; i < n; i++) {
                random_source(r, &c->sources[i]);
                random_word(r, c->sources[i].name, 40);
                put(c->sources[i].addr.bytes, 0, 2, i); /* no two alike */
        }
}

static size_t answer_source_name(const struct chronyd *c, const uint8_t *request, uint32_t sequence, uint8_t *out)
{
        for (uint32_t i = 0; i < c->n; i++) {
                uint8_t addr[20] = { 0 };

                put_addr(addr, 0, &c->sources[i].addr);
                if (!memcmp(addr, request + 20, 20))
                        return put_name(out, sequence, c->sources[i].name);
        }
        return put_error(out, ASK_SOURCE_NAME, STATUS_NO_SOURCE, sequence);
}

static size_t answer(struct tg_random *r, struct chronyd *c, const uint8_t *request, uint8_t *out)
{
        unsigned command = (unsigned)get(request, 4, 2);
        uint32_t sequence = (uint32_t)get(request, 8, 4), index = (uint32_t)get(request, 20, 4);

        if (c->status && c->status_of == command)
                return put_error(out, command, c->status, sequence);
        switch (command) {
        case ASK_TRACKING:
                return put_tracking(out, sequence, &c->tracking);
        case ASK_N_SOURCES:
                return put_n_sources(out, sequence, c->claims);
        case ASK_SOURCE_DATA:
                if (index < c->n && !random_chance(r, c->vanish_percent))
                        return put_source(out, sequence, &c->sources[index]);
                c->vanished++;
                return put_error(out, command, STATUS_NO_SOURCE, sequence);
        default:
                return answer_source_name(c, request, sequence, out);
        }
}

static size_t distort(struct tg_random *r, const struct chronyd *c, uint8_t *reply, size_t len)
{
        if (c->other_version)
                reply[0] = 7;
        if (c->newer)
                len += 4;
        if (c->garbles && random_chance(r, 50))
                return 20 + random_below(r, (uint32_t)len - 20);
        if (c->garbles)
                reply[6] ^= 0x40;
        return len;
}

/* Datagrams that belong to no request of this poll: older ones, of others, no chronyd's at all. */
static void make_noise(struct tg_random *r, struct tg_chrony_poll *poll, int64_t now)
{
        struct tg_chrony_poll before = *poll;
        uint8_t noise[REPLY_MAX];
        size_t len = put_n_sources(noise, (uint32_t)random_u64(r), 5);

        if (random_chance(r, 30))
                random_bytes(r, noise, len = random_below(r, 20));
        else if (random_chance(r, 50))
                put(noise, 16, 4, get(poll->datagram, 8, 4) - 1);
        if (len >= 20 && get(noise, 16, 4) == get(poll->datagram, 8, 4))
                return;
        assert_int_equal(tg_chrony_poll_reply(poll, now, noise, len), TG_POLL_WAIT);
        assert_memory_equal(&before, poll, sizeof before);
}

/* Plays a poll to its end; the clock stands in *now. */
static void play(struct tg_random *r, struct chronyd *c, struct tg_chrony_poll *poll, int64_t *now)
{
        const int64_t start = *now;
        enum tg_poll_step step = tg_chrony_poll_begin(poll, *now, (uint32_t)random_u64(r));
        uint64_t sequence = ~UINT64_C(0);

        while (step != TG_POLL_DONE) {
                uint8_t reply[REPLY_MAX];
                size_t len;

                assert_int_equal(step, TG_POLL_SEND);
                assert_true(++c->sends <= SENDS_MAX);
                assert_true(get(poll->datagram, 8, 4) !=
                            sequence); /* else a late answer would pass for that to the next request */
                sequence = get(poll->datagram, 8, 4);
                assert_true(*now < start + POLL_NS && poll->deadline_raw_ns > *now);
                assert_true(poll->deadline_raw_ns <= start + POLL_NS && poll->deadline_raw_ns <= *now + TG_CHRONY_TRY_NS);
                len = answer(r, c, poll->datagram, reply);
                assert_true(poll->datagram_len >= len); /* else chronyd refuses it */
                if (random_chance(r, c->noise_percent))
                        make_noise(r, poll, *now);
                if (random_chance(r, c->lost_percent) || *now + c->delay_ns > poll->deadline_raw_ns) {
                        c->lost++;
                        *now = poll->deadline_raw_ns;
                        step = tg_chrony_poll_timeout(poll, *now);
                        continue;
                }
                *now += c->delay_ns;
                step = tg_chrony_poll_reply(poll, *now, reply, distort(r, c, reply, len));
        }
        assert_true(*now <= start + POLL_NS);
        assert_true(poll->sample.raw_ns == start);
}

/* By their encoding: padding means nothing. */
static void assert_same_tracking(const struct tg_tracking *a, const struct tg_tracking *b)
{
        uint8_t one[REPLY_MAX], other[REPLY_MAX];

        put_tracking(one, 0, a);
        put_tracking(other, 0, b);
        assert_memory_equal(one, other, REPLY_MAX);
}

static void assert_same_source(const struct tg_source *a, const struct tg_source *b)
{
        uint8_t one[REPLY_MAX], other[REPLY_MAX];

        put_source(one, 0, a);
        put_source(other, 0, b);
        assert_memory_equal(one, other, REPLY_MAX);
        assert_int_equal(a->addr.family, b->addr.family);
        assert_string_equal(a->name, b->name);
}

static void check_whole(const struct chronyd *c, const struct tg_chrony_sample *s, uint32_t n)
{
        uint32_t kept = 0, reachable = 0;

        assert_int_equal(s->state, TG_CHRONY_OK);
        assert_same_tracking(&s->tracking, &c->tracking);
        assert_int_equal(s->n_known, n < 255 ? n : 255);
        for (uint32_t i = 0; i < n; i++) {
                struct tg_source want = c->sources[i];

                reachable += want.reach != 0;
                if ((want.state != '*' && want.state != '+') || kept == TG_SOURCES_MAX)
                        continue;
                if (want.mode == TG_SOURCE_REFCLOCK)
                        memset(want.name, 0, sizeof want.name);
                assert_same_source(&s->sources[kept++], &want);
        }
        assert_int_equal(s->n_sources, kept);
        assert_int_equal(s->n_reachable, reachable);
}

static void honest(void **state)
{
        struct property p = property_begin(10000, 300);
        static struct chronyd c;
        struct tg_random r;

        (void)state;
        while (property_next(&p, &r)) {
                struct tg_chrony_poll poll;
                int64_t now = random_size(&r, INT64_C(1) << 60);

                random_chronyd(&r, &c, random_below(&r, 16));
                c.noise_percent = random_below(&r, 60);
                play(&r, &c, &poll, &now);
                check_whole(&c, &poll.sample, c.n);
        }
}

/* One answer in ten is lost: mostly the second try helps, and what is told is whole or nothing. */
static void lossy(void **state)
{
        struct property p = property_begin(10000, 300);
        static struct chronyd c;
        struct tg_random r;

        (void)state;
        while (property_next(&p, &r)) {
                struct tg_chrony_poll poll;
                int64_t now = 0;

                random_chronyd(&r, &c, random_below(&r, 8));
                for (uint32_t i = 0; i < c.n; i++)
                        c.sources[i].mode = TG_SOURCE_REFCLOCK, c.sources[i].addr.family = TG_ADDR_REFCLOCK,
                        memset(c.sources[i].addr.bytes + 4, 0, 12), memset(c.sources[i].name, 0, TG_NAME_MAX);
                c.lost_percent = random_below(&r, 30);
                play(&r, &c, &poll, &now);
                if (poll.sample.state == TG_CHRONY_OK)
                        check_whole(&c, &poll.sample, c.n);
                else
                        assert_int_equal(poll.sample.state, TG_CHRONY_SILENT);
                if (!c.lost)
                        assert_int_equal(poll.sample.state, TG_CHRONY_OK);
        }
}

static enum tg_chrony_state state_after(struct tg_random *r, struct chronyd *c, int64_t *took)
{
        struct tg_chrony_poll poll;

        *took = 0;
        play(r, c, &poll, took);
        return (enum tg_chrony_state)poll.sample.state;
}

static void silent_or_late(void **state)
{
        static struct chronyd c;
        struct tg_random r = { 1 };
        int64_t took;

        (void)state;
        random_chronyd(&r, &c, 3);
        c.lost_percent = 100;
        assert_int_equal(state_after(&r, &c, &took), TG_CHRONY_SILENT);
        assert_int_equal(c.sends, 2);
        assert_true(took == 2 * TG_CHRONY_TRY_NS);
        random_chronyd(&r, &c, 3);
        c.delay_ns = TG_CHRONY_TRY_NS + 1;
        assert_int_equal(state_after(&r, &c, &took), TG_CHRONY_SILENT);
        random_chronyd(&r, &c, 100);
        c.delay_ns = 140 * TG_NS_PER_MS; /* every answer in time, and all together too late */
        assert_int_equal(state_after(&r, &c, &took), TG_CHRONY_SILENT);
        assert_true(took == POLL_NS);
}

static void refused_or_garbled(void **state)
{
        static const unsigned asked[] = { ASK_TRACKING, ASK_N_SOURCES, ASK_SOURCE_DATA };
        static struct chronyd c;
        struct tg_random r = { 2 };
        int64_t took;

        (void)state;
        for (size_t i = 0; i < COUNT_OF(asked); i++) {
                random_chronyd(&r, &c, 3);
                c.status_of = asked[i];
                c.status = STATUS_UNAUTH;
                assert_int_equal(state_after(&r, &c, &took), TG_CHRONY_REFUSED);
                c.status = STATUS_BAD_LENGTH;
                assert_int_equal(state_after(&r, &c, &took), TG_CHRONY_GARBLED);
        }
        random_chronyd(&r, &c, 3);
        c.other_version = true;
        assert_int_equal(state_after(&r, &c, &took), TG_CHRONY_REFUSED);
        random_chronyd(&r, &c, 3);
        c.newer = true;
        assert_int_equal(state_after(&r, &c, &took), TG_CHRONY_GARBLED);
        for (int i = 0; i < 50; i++) {
                random_chronyd(&r, &c, 3);
                c.garbles = true;
                assert_int_equal(state_after(&r, &c, &took), TG_CHRONY_GARBLED);
        }
}

/* chronyd 3 has no names; what else it says is sound. */
static void nameless(void **state)
{
        static const unsigned statuses[] = { 3, STATUS_UNAUTH, STATUS_NO_SOURCE, STATUS_BAD_LENGTH };
        static struct chronyd c;
        struct tg_random r = { 3 };

        (void)state;
        for (size_t i = 0; i < COUNT_OF(statuses); i++) {
                struct tg_chrony_poll poll;
                int64_t now = 5;

                random_chronyd(&r, &c, 12);
                c.status_of = ASK_SOURCE_NAME;
                c.status = statuses[i];
                play(&r, &c, &poll, &now);
                for (uint32_t k = 0; k < c.n; k++)
                        memset(c.sources[k].name, 0, TG_NAME_MAX);
                check_whole(&c, &poll.sample, c.n);
        }
}

static void sources_vanish_meanwhile(void **state)
{
        struct property p = property_begin(1000, 200);
        static struct chronyd c;
        struct tg_random r;

        (void)state;
        while (property_next(&p, &r)) {
                struct tg_chrony_poll poll;
                int64_t now = 0;

                random_chronyd(&r, &c, random_below(&r, 12));
                c.vanish_percent = random_below(&r, 101);
                play(&r, &c, &poll, &now);
                assert_int_equal(poll.sample.state, TG_CHRONY_OK);
                assert_int_equal(poll.sample.n_known, c.n);
                assert_true(poll.sample.n_sources <= c.n - c.vanished);
        }
}

static void ten_thousand_sources(void **state)
{
        static struct chronyd c;
        struct tg_random r = { 4 };
        struct tg_chrony_poll poll;
        int64_t now = 0;

        (void)state;
        random_chronyd(&r, &c, SOURCES_MAX);
        c.claims = 10000;
        for (uint32_t i = 0; i < SOURCES_MAX; i++)
                c.sources[i].state = i == 200 ? '*' : '+';
        c.delay_ns = 5000;
        play(&r, &c, &poll, &now);
        assert_int_equal(poll.sample.state, TG_CHRONY_OK);
        assert_int_equal(poll.sample.n_known, 255);
        assert_int_equal(poll.sample.n_sources, TG_SOURCES_MAX);
        assert_int_equal(poll.sample.sources[TG_SOURCES_MAX - 1].state, '*'); /* whoever is left out, not the selected one */
        c.claims = UINT32_MAX;
        c.delay_ns = 10 * TG_NS_PER_MS;
        assert_int_equal(state_after(&r, &c, &now), TG_CHRONY_SILENT);
}

/* An agent that was held up handles an answer after the poll's time: the poll ends, and does not begin to ask anew. */
static void an_answer_after_the_end(void **state)
{
        static struct chronyd c;
        struct tg_random r = { 5 };
        struct tg_chrony_poll poll;
        uint8_t reply[REPLY_MAX];
        size_t len;

        (void)state;
        random_chronyd(&r, &c, 3);
        (void)tg_chrony_poll_begin(&poll, 0, 1);
        len = answer(&r, &c, poll.datagram, reply);
        assert_int_equal(tg_chrony_poll_reply(&poll, POLL_NS, reply, len), TG_POLL_DONE);
        assert_int_equal(poll.sample.state, TG_CHRONY_SILENT);
}

static void nobody_listens(void **state)
{
        struct tg_chrony_poll poll;

        (void)state;
        (void)tg_chrony_poll_begin(&poll, 77, 1);
        assert_int_equal(tg_chrony_poll_refused(&poll, 78), TG_POLL_DONE);
        assert_int_equal(poll.sample.state, TG_CHRONY_SILENT);
}

TESTS_MAIN(TEST(honest), TEST(lossy), TEST(silent_or_late), TEST(refused_or_garbled), TEST(nameless),
           TEST(sources_vanish_meanwhile), TEST(ten_thousand_sources), TEST(an_answer_after_the_end), TEST(nobody_listens))
