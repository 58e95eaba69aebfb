/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One poll of chronyd as a state machine: TRACKING, N_SOURCES, SOURCE_DATA of each, then SOURCE_NAME of each that is kept. Time is RAW,
   in ns. Any reply to an earlier request is told from the present one by its sequence number. Which socket is used, and
   draining it before a poll, is the agent's business. */
#include <string.h>

#include "chrony_wire.h"
#include "text.h"

#define TRIES             2
#define POLL_NS           (900 * TG_NS_PER_MS)
#define SOURCES_ASKED_MAX 256 /* a chronyd with more has gone mad, or lies */

static enum tg_poll_step send_request(struct tg_chrony_poll *poll, int64_t raw_ns)
{
        const struct tg_addr none = { 0 };
        const struct tg_addr *addr = poll->command == TG_CHRONY_SOURCE_NAME ? &poll->sample.sources[poll->index].addr : &none;

        poll->sequence++;
        poll->datagram_len = tg_chrony_request(poll->datagram, (enum tg_chrony_command)poll->command, poll->sequence,
                                               poll->attempt, poll->index, addr);
        poll->deadline_raw_ns = raw_ns + TG_CHRONY_TRY_NS;
        if (poll->deadline_raw_ns > poll->give_up_raw_ns)
                poll->deadline_raw_ns = poll->give_up_raw_ns;
        return TG_POLL_SEND;
}

static enum tg_poll_step finish(struct tg_chrony_poll *poll, enum tg_chrony_state state)
{
        poll->sample.state = (uint8_t)state;
        return TG_POLL_DONE;
}

/* Half a list of sources would look like a lost source. */
static enum tg_poll_step give_up(struct tg_chrony_poll *poll)
{
        return finish(poll, poll->command == TG_CHRONY_SOURCE_NAME ? TG_CHRONY_OK : TG_CHRONY_SILENT);
}

static enum tg_poll_step ask(struct tg_chrony_poll *poll, int64_t raw_ns, enum tg_chrony_command command, uint32_t index)
{
        poll->command = (uint16_t)command;
        poll->index = index;
        poll->attempt = 0;
        return raw_ns < poll->give_up_raw_ns ? send_request(poll, raw_ns) : give_up(poll);
}

/* The names come last: a source without one keeps its address, a source without data would be missing. */
static enum tg_poll_step ask_next(struct tg_chrony_poll *poll, int64_t raw_ns, uint32_t index)
{
        if (poll->command == TG_CHRONY_SOURCE_DATA && index < poll->count)
                return ask(poll, raw_ns, TG_CHRONY_SOURCE_DATA, index);
        if (poll->command == TG_CHRONY_SOURCE_DATA)
                index = 0;
        while (index < poll->sample.n_sources && poll->sample.sources[index].mode == TG_SOURCE_REFCLOCK)
                index++;
        if (index < poll->sample.n_sources)
                return ask(poll, raw_ns, TG_CHRONY_SOURCE_NAME, index);
        return finish(poll, TG_CHRONY_OK);
}

static void keep_source(struct tg_chrony_sample *sample, const struct tg_source *source)
{
        if (source->reach && sample->n_reachable < UINT8_MAX)
                sample->n_reachable++;
        if (source->state != '*' && source->state != '+')
                return;
        if (sample->n_sources < TG_SOURCES_MAX)
                sample->sources[sample->n_sources++] = *source;
        else if (source->state == '*')
                sample->sources[TG_SOURCES_MAX - 1] = *source;
}

static enum tg_poll_step take(struct tg_chrony_poll *poll, int64_t raw_ns, const union tg_chrony_reply *reply)
{
        switch ((enum tg_chrony_command)poll->command) {
        case TG_CHRONY_TRACKING:
                poll->sample.tracking = reply->tracking;
                return ask(poll, raw_ns, TG_CHRONY_N_SOURCES, 0);
        case TG_CHRONY_N_SOURCES:
                poll->sample.n_known = (uint8_t)(reply->n_sources < UINT8_MAX ? reply->n_sources : UINT8_MAX);
                poll->count = reply->n_sources < SOURCES_ASKED_MAX ? reply->n_sources : SOURCES_ASKED_MAX;
                poll->command = TG_CHRONY_SOURCE_DATA;
                return ask_next(poll, raw_ns, 0);
        case TG_CHRONY_SOURCE_DATA:
                keep_source(&poll->sample, &reply->source);
                return ask_next(poll, raw_ns, poll->index + 1);
        case TG_CHRONY_SOURCE_NAME:
                tg_copy(poll->sample.sources[poll->index].name, TG_NAME_MAX, reply->name);
                return ask_next(poll, raw_ns, poll->index + 1);
        }
        return finish(poll, TG_CHRONY_GARBLED);
}

enum tg_poll_step tg_chrony_poll_begin(struct tg_chrony_poll *poll, int64_t raw_ns, uint32_t seed)
{
        *poll = (struct tg_chrony_poll){ .sequence = seed, .give_up_raw_ns = raw_ns + POLL_NS, .sample.raw_ns = raw_ns };
        return ask(poll, raw_ns, TG_CHRONY_TRACKING, 0);
}

enum tg_poll_step tg_chrony_poll_reply(struct tg_chrony_poll *poll, int64_t raw_ns, const uint8_t *data, size_t len)
{
        union tg_chrony_reply reply;
        enum tg_chrony_fault fault =
                tg_chrony_read_reply(data, len, (enum tg_chrony_command)poll->command, poll->sequence, &reply);

        if (fault == TG_CHRONY_OTHER)
                return TG_POLL_WAIT;
        if (fault == TG_CHRONY_GOOD)
                return take(poll, raw_ns, &reply);
        if (fault == TG_CHRONY_NO_SUCH && poll->command == TG_CHRONY_SOURCE_DATA)
                return ask_next(poll, raw_ns, poll->index + 1);
        /* chronyd 3 and older has no names to ask for: what else was told is sound. */
        if (poll->command == TG_CHRONY_SOURCE_NAME)
                return ask_next(poll, raw_ns, poll->index + 1);
        return finish(poll, fault == TG_CHRONY_DENIED ? TG_CHRONY_REFUSED : TG_CHRONY_GARBLED);
}

enum tg_poll_step tg_chrony_poll_timeout(struct tg_chrony_poll *poll, int64_t raw_ns)
{
        if (++poll->attempt < TRIES && raw_ns < poll->give_up_raw_ns)
                return send_request(poll, raw_ns);
        return give_up(poll);
}

enum tg_poll_step tg_chrony_poll_refused(struct tg_chrony_poll *poll, int64_t raw_ns)
{
        poll->deadline_raw_ns = raw_ns;
        return finish(poll, TG_CHRONY_SILENT);
}
