/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Carries the datagrams of tg_chrony_poll, which holds the protocol and its time limits. Both loopback addresses are tried, first
   the one that answered last; the better of the two samples counts. Nothing blocks. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent.h"
#include "asker.h"
#include "chronyd.h"
#include "clock.h"

#define ADDRESSES     2
#define DATAGRAMS_MAX 32 /* read in one turn of the loop */

struct tg_chronyd {
        struct tg_agent *agent;
        uint16_t port;
        int fds[ADDRESSES]; /* 127.0.0.1, ::1; -1: closed */
        int first;          /* the address that answered last */
        int current;        /* the address being asked */
        bool running;
        struct tg_chrony_poll poll;
        struct tg_chrony_sample kept; /* what the first address said, while the second is being asked */
        struct tg_alarm deadline;
};

static void carry_on(struct tg_chronyd *c, enum tg_poll_step step);

static int connect_to(int address, uint16_t port)
{
        struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
        struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = htons(port), .sin6_addr = IN6ADDR_LOOPBACK_INIT };
        const struct sockaddr *to = address == 0 ? (const struct sockaddr *)&v4 : (const struct sockaddr *)&v6;
        socklen_t len = address == 0 ? sizeof(v4) : sizeof(v6);
        int fd = socket(to->sa_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

        if (fd < 0)
                return -errno;
        if (connect(fd, to, len) < 0) {
                int r = -errno;

                (void)close(fd);
                return r;
        }
        return fd;
}

static void close_address(struct tg_chronyd *c, int address)
{
        if (c->fds[address] < 0)
                return;
        (void)qb_loop_poll_del(c->agent->loop, c->fds[address]);
        (void)close(c->fds[address]);
        c->fds[address] = -1;
}

static int address_of(const struct tg_chronyd *c, int fd)
{
        return fd == c->fds[0] ? 0 : 1;
}

/* One datagram: true when there may be another. A refusal (ICMP) arrives as an error of the socket and is taken like a reply. */
static bool receive(struct tg_chronyd *c, int fd)
{
        uint8_t data[TG_CHRONY_DATAGRAM_MAX + 1];
        ssize_t n = recv(fd, data, sizeof(data), MSG_DONTWAIT);
        bool wanted = c->running && address_of(c, fd) == c->current;

        if (n < 0 && errno == EINTR)
                return true;
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
                return false;
        if (wanted && n < 0)
                carry_on(c, tg_chrony_poll_refused(&c->poll, tg_clock_raw_ns()));
        else if (wanted)
                carry_on(c, tg_chrony_poll_reply(&c->poll, tg_clock_raw_ns(), data, (size_t)n));
        return n >= 0;
}

static int32_t on_datagram(int32_t fd, int32_t revents, void *data)
{
        struct tg_chronyd *c = data;

        (void)revents;
        for (int i = 0; i < DATAGRAMS_MAX && receive(c, fd); i++)
                ;
        return 0;
}

static int open_address(struct tg_chronyd *c, int address)
{
        int fd = c->fds[address] >= 0 ? c->fds[address] : connect_to(address, c->port);

        if (fd < 0 || c->fds[address] == fd)
                return fd;
        if (qb_loop_poll_add(c->agent->loop, QB_LOOP_MED, fd, POLLIN, c, on_datagram) < 0) {
                (void)close(fd);
                return -ENOMEM;
        }
        c->fds[address] = fd;
        return fd;
}

static void drain(int fd)
{
        uint8_t data[64];

        for (int i = 0; i < DATAGRAMS_MAX; i++)
                if (recv(fd, data, sizeof(data), MSG_DONTWAIT) < 0 && errno != EINTR)
                        return;
}

static void ask(struct tg_chronyd *c, int address)
{
        uint32_t seed = 0;
        int64_t now_ns = tg_clock_raw_ns();
        enum tg_poll_step step;
        int fd = open_address(c, address);

        c->current = address;
        if (getrandom(&seed, sizeof(seed), GRND_NONBLOCK) != sizeof(seed))
                seed = (uint32_t)now_ns;
        step = tg_chrony_poll_begin(&c->poll, now_ns, seed);
        if (fd >= 0)
                drain(fd);
        carry_on(c, fd >= 0 ? step : tg_chrony_poll_refused(&c->poll, now_ns));
}

/* What an answer is worth, of two addresses: the larger counts. */
static int worth(const struct tg_chrony_sample *sample)
{
        static const int of_state[] = {
                [TG_CHRONY_UNKNOWN] = 0, [TG_CHRONY_SILENT] = 1, [TG_CHRONY_GARBLED] = 2,
                [TG_CHRONY_REFUSED] = 3, [TG_CHRONY_OK] = 4,
        };

        return of_state[sample->state];
}

static void finish(struct tg_chronyd *c)
{
        const struct tg_chrony_sample *best = &c->poll.sample;
        struct tg_event event = { .type = TG_EVENT_CHRONY };

        if (c->current == c->first && best->state != TG_CHRONY_OK) {
                c->kept = *best;
                ask(c, (c->first + 1) % ADDRESSES);
                return;
        }
        if (c->current == c->first)
                c->kept = (struct tg_chrony_sample){ 0 };
        if (best->state == TG_CHRONY_OK)
                c->first = c->current;
        if (worth(&c->kept) > worth(best))
                best = &c->kept;
        c->running = false;
        event.chrony = best;
        tg_agent_event(c->agent, &event);
        if (c->agent->asker)
                tg_asker_sources(c->agent->asker, best);
}

/* Sends what the poll wants sent; a send that fails is left to the poll's own time limit, except that nobody listens. */
static enum tg_poll_step send_request(struct tg_chronyd *c)
{
        ssize_t n = send(c->fds[c->current], c->poll.datagram, c->poll.datagram_len, MSG_NOSIGNAL | MSG_DONTWAIT);

        if (n < 0 && (errno == ECONNREFUSED || errno == EADDRNOTAVAIL || errno == ENETUNREACH))
                return tg_chrony_poll_refused(&c->poll, tg_clock_raw_ns());
        return TG_POLL_WAIT;
}

/* Of the time limit. More than there ever is means that RAW went back: then it is over. */
static int64_t remaining_ns(const struct tg_chronyd *c)
{
        int64_t ns = c->poll.deadline_raw_ns - tg_clock_raw_ns();

        return ns > TG_CHRONY_TRY_NS ? 0 : ns;
}

static void carry_on(struct tg_chronyd *c, enum tg_poll_step step)
{
        if (step == TG_POLL_SEND)
                step = send_request(c);
        if (step == TG_POLL_DONE) {
                tg_alarm_stop(&c->deadline);
                finish(c);
                return;
        }
        tg_alarm_once(&c->deadline, remaining_ns(c));
}

static void on_deadline(void *data)
{
        struct tg_chronyd *c = data;
        int64_t left_ns = remaining_ns(c);

        if (!c->running)
                return;
        /* MONOTONIC may run up to 10 % faster than RAW: too early, wait for the rest. */
        if (left_ns > 0)
                tg_alarm_once(&c->deadline, left_ns);
        else
                carry_on(c, tg_chrony_poll_timeout(&c->poll, tg_clock_raw_ns()));
}

void tg_chronyd_poll(struct tg_chronyd *c)
{
        if (c->running)
                return;
        c->running = true;
        ask(c, c->first);
}

int tg_chronyd_new(struct tg_chronyd **out, struct tg_agent *agent, uint16_t port)
{
        struct tg_chronyd *c = calloc(1, sizeof(*c));
        int r;

        if (!c)
                return -ENOMEM;
        c->agent = agent;
        c->port = port;
        c->fds[0] = c->fds[1] = -1;
        r = tg_alarm_open(&c->deadline, agent->loop, QB_LOOP_MED, on_deadline, c);
        if (r < 0) {
                free(c);
                return r;
        }
        *out = c;
        return 0;
}

struct tg_chronyd *tg_chronyd_free(struct tg_chronyd *c)
{
        if (!c)
                return NULL;
        for (int i = 0; i < ADDRESSES; i++)
                close_address(c, i);
        tg_alarm_close(&c->deadline);
        free(c);
        return NULL;
}
