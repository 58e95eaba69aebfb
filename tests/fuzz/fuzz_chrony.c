/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A chronyd that answers anything: the input is what comes back in one poll, datagram by datagram. The poll ends, within its tries and
   its time; what is not its answer changes nothing; and whatever it makes of the answers can be put into a report. */
#include <stdlib.h>
#include <string.h>

#include "check_report.h"
#include "chrony_wire.h"
#include "fuzz.h"
#include "wire.h"

#define BEGIN_NS     (1000 * TG_NS_PER_S)
#define POLL_MAX_NS  (900 * TG_NS_PER_MS)
#define REQUESTS_MAX (2 * (2 + 256 + TG_SOURCES_MAX))
#define SEQUENCE_AT  16
#define COMMAND_AT   4
#define REPLY_HEADER 28

enum move {
        MOVE_RAW,     /* bytes as they are */
        MOVE_REPLY,   /* a body of the input behind the right header */
        MOVE_SHIFTED, /* the right header, and one byte of it made wrong; the body is cut or too long */
        MOVE_ERROR,   /* a status of the input */
        MOVE_AGAIN,   /* the last reply once more */
        MOVE_TIMEOUT,
        MOVE_REFUSED,
        MOVES
};

struct talk {
        struct fuzz_input in;
        struct tg_chrony_poll poll;
        int64_t raw_ns;
        size_t requests;
        uint8_t reply[TG_CHRONY_DATAGRAM_MAX];
        size_t reply_len;
};

/* What chronyd would send: version, type, command, code, status, sequence. */
static void put_header(struct talk *t, uint16_t status)
{
        static const struct {
                uint16_t command, code, len;
        } forms[] = { { 33, 5, 104 }, { 14, 2, 32 }, { 15, 3, 76 }, { 65, 19, 284 } };
        struct tg_writer w = { .data = t->reply, .size = sizeof t->reply };
        size_t i = 0;

        memset(t->reply, 0, sizeof t->reply);
        while (i < 3 && forms[i].command != t->poll.command)
                i++;
        tg_write_be(&w, 0x06020000, 4);
        tg_write_be(&w, t->poll.command, 2);
        tg_write_be(&w, forms[i].code, 2);
        tg_write_be(&w, status, 2);
        tg_write_be(&w, 0, 6);
        tg_write_be(&w, t->poll.sequence, 4);
        t->reply_len = forms[i].len;
}

static void put_body(struct talk *t)
{
        size_t len;
        const uint8_t *body = fuzz_bytes(&t->in, t->reply_len - REPLY_HEADER, &len);

        memcpy(t->reply + REPLY_HEADER, body, len);
}

static void make_reply(struct talk *t, enum move move)
{
        const uint8_t *bytes;
        size_t at;

        if (move == MOVE_RAW) {
                bytes = fuzz_bytes(&t->in, fuzz_take(&t->in, 1) * 2, &t->reply_len);
                memcpy(t->reply, bytes, t->reply_len);
        } else if (move == MOVE_ERROR) {
                put_header(t, (uint16_t)fuzz_pick(&t->in, 32));
                t->reply_len = REPLY_HEADER;
        } else if (move != MOVE_AGAIN) {
                put_header(t, 0);
                put_body(t);
        }
        if (move == MOVE_SHIFTED) {
                at = fuzz_pick(&t->in, REPLY_HEADER);
                t->reply[at] ^= (uint8_t)fuzz_take(&t->in, 1);
                t->reply_len = (t->reply_len + fuzz_pick(&t->in, 16) - 8) % sizeof t->reply;
        }
}

static void check_request(struct talk *t)
{
        const struct tg_chrony_poll *poll = &t->poll;

        t->requests++;
        FUZZ_REQUIRE(t->requests <= REQUESTS_MAX, "%zu requests in one poll", t->requests);
        FUZZ_REQUIRE(poll->datagram_len >= REPLY_HEADER && poll->datagram_len <= sizeof poll->datagram,
                     "a request of %zu bytes", poll->datagram_len);
        FUZZ_REQUIRE(poll->deadline_raw_ns >= t->raw_ns && poll->deadline_raw_ns <= BEGIN_NS + POLL_MAX_NS,
                     "at %lld it waits until %lld", (long long)(t->raw_ns - BEGIN_NS),
                     (long long)(poll->deadline_raw_ns - BEGIN_NS));
}

static uint64_t wire(const struct talk *t, size_t at, size_t n)
{
        struct tg_reader r = { .data = t->reply, .size = t->reply_len, .pos = at };

        return tg_read_be(&r, n);
}

/* Whether the bytes claim to answer the request: type, command and sequence. */
static bool is_answer(const struct talk *t)
{
        return t->reply_len >= SEQUENCE_AT + 4 && t->reply[1] == 2 && wire(t, COMMAND_AT, 2) == t->poll.command &&
               wire(t, SEQUENCE_AT, 4) == t->poll.sequence;
}

/* What no chronyd sends: numbers that have no room in a sample. */
static bool is_absurd(const struct talk *t)
{
        if (t->poll.command == TG_CHRONY_TRACKING)
                return wire(t, 52, 2) > 16 || wire(t, 54, 2) > 3 || wire(t, 64, 4) >= TG_NS_PER_S;
        if (t->poll.command == TG_CHRONY_SOURCE_DATA)
                return wire(t, 50, 2) > 16 || wire(t, 52, 2) > 5 || wire(t, 54, 2) > 2 || wire(t, 58, 2) > 0xff ||
                       llabs((int16_t)wire(t, 48, 2)) > 32;
        return false;
}

static enum tg_poll_step play(struct talk *t)
{
        enum move move = (enum move)fuzz_pick(&t->in, MOVES);
        struct tg_chrony_poll before = t->poll;
        enum tg_poll_step step;
        bool answer, absurd;

        if (move == MOVE_REFUSED) {
                step = tg_chrony_poll_refused(&t->poll, t->raw_ns);
                FUZZ_REQUIRE(step == TG_POLL_DONE && t->poll.sample.state == TG_CHRONY_SILENT, "refused, it goes on");
                return step;
        }
        if (move == MOVE_TIMEOUT || !fuzz_left(&t->in)) {
                t->raw_ns = t->poll.deadline_raw_ns + fuzz_pick(&t->in, 4);
                return tg_chrony_poll_timeout(&t->poll, t->raw_ns);
        }
        make_reply(t, move);
        t->raw_ns += fuzz_take(&t->in, 1) * TG_NS_PER_US * 10;
        if (t->raw_ns >= t->poll.deadline_raw_ns)
                t->raw_ns = t->poll.deadline_raw_ns - 1;
        answer = is_answer(t);
        absurd = answer && move == MOVE_REPLY && is_absurd(t);
        step = tg_chrony_poll_reply(&t->poll, t->raw_ns, t->reply, t->reply_len);
        FUZZ_REQUIRE((step != TG_POLL_WAIT) == answer, "%zu bytes that are %s answer", t->reply_len, answer ? "an" : "no");
        FUZZ_REQUIRE(!absurd || (step == TG_POLL_DONE && t->poll.sample.state == TG_CHRONY_GARBLED),
                     "absurd numbers are taken");
        FUZZ_REQUIRE(step != TG_POLL_WAIT || !memcmp(&before, &t->poll, sizeof before), "what is no answer changed the poll");
        return step;
}

static void same_tracking(const struct tg_tracking *a, const struct tg_tracking *b)
{
        FUZZ_REQUIRE(a->ref_id == b->ref_id && tg_addr_equal(&a->addr, &b->addr) && a->stratum == b->stratum &&
                             a->leap == b->leap && a->ref_time_ns == b->ref_time_ns &&
                             !memcmp(&a->correction_s, &b->correction_s, 9 * sizeof a->correction_s),
                     "tracking of 0x%08x changed on the way", a->ref_id);
}

static void same_source(const struct tg_source *a, const struct tg_source *b)
{
        FUZZ_REQUIRE(tg_addr_equal(&a->addr, &b->addr) && a->mode == b->mode && a->state == b->state && a->reach == b->reach &&
                             a->poll == b->poll && a->stratum == b->stratum && a->since_sample_s == b->since_sample_s &&
                             !strcmp(a->name, b->name),
                     "source '%s' changed on the way to '%s'", a->name, b->name);
}

static void goes_into_a_report(const struct tg_chrony_sample *sample)
{
        struct tg_report report = { .node_id = 1, .seq = 1, .raw_ns = sample->raw_ns, .chrony = *sample }, read;
        uint8_t bytes[TG_REPORT_BYTES_MAX];
        int n = tg_report_encode(&report, bytes);

        FUZZ_REQUIRE(n > 0, "a report with this sample cannot be written");
        FUZZ_REQUIRE(tg_report_decode(bytes, (size_t)n, &read, NULL) == TG_REPORT_OK,
                     "a report with this sample cannot be read");
        fuzz_check_report(&read);
        same_tracking(&sample->tracking, &read.chrony.tracking);
        for (size_t i = 0; i < read.chrony.n_sources; i++)
                same_source(&sample->sources[i], &read.chrony.sources[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        struct talk t = { .in = { .data = data, .size = size }, .raw_ns = BEGIN_NS };
        enum tg_poll_step step = tg_chrony_poll_begin(&t.poll, t.raw_ns, (uint32_t)fuzz_take(&t.in, 2));

        FUZZ_REQUIRE(step == TG_POLL_SEND, "a poll begins with %d", step);
        while (step != TG_POLL_DONE) {
                if (step == TG_POLL_SEND)
                        check_request(&t);
                step = play(&t);
        }
        FUZZ_REQUIRE(t.raw_ns <= BEGIN_NS + POLL_MAX_NS + 4, "a poll of %lld ns", (long long)(t.raw_ns - BEGIN_NS));
        FUZZ_REQUIRE(t.poll.sample.raw_ns == BEGIN_NS, "the sample's time");
        FUZZ_REQUIRE(t.poll.sample.state != TG_CHRONY_UNKNOWN, "a poll that was done knows nothing");
        fuzz_check_sample(&t.poll.sample);
        goes_into_a_report(&t.poll.sample);
        return 0;
}
